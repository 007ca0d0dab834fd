"""Whether a wake word was said: the first model proposes, the second decides.

Either model alone trades people it misses for wakes by mistake. Together each may be far more eager than alone, since
what deceives one hardly ever deceives the other: of an hour and a half of speech, noise, music and other wake words,
nothing that the first takes for a phrase scores above 0.01 with the second, "hey jarvis" apart. `bench wake` shows
what the thresholds give, in quiet and in noise, `bench sensitivity` what the sensitivity changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from gateway.audio import FRAME_BYTES, FRAME_MS, RingBuffer
from gateway.offer import HIGHEST_SENSITIVITY, LOWEST_SENSITIVITY, USUAL_SENSITIVITY
from gateway.turn.stages import SecondOpinion, WakeWord

RING_S = 2.0
"""The second model needs about two seconds to see the whole phrase."""
SECOND_OPINION_MS = 600
"""The second model fires up to 300 ms after the first; past twice that it disagrees."""
SECOND_OPINION_STEP_MS = 96
"""It looks at 80 ms at a time: asking more often costs and tells nothing."""
COOLDOWN_MS = 2_000
"""One phrase wakes once; nobody says it twice in two seconds and means both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From which score on a wake word counts, and where the command after it begins."""

    first: float = 0.2
    """The first model proposes from here on: far below its own default, so that it misses nobody across a room."""
    second: float = 0.05
    """The second model agrees from here on: five times what it gives to anything else that is proposed."""
    together: float = 1.0
    """Both scores added: what one model is sure of may be a doubt of the other's, but not of both.

    From 1 on, a wake word is likelier than none, where two models that err independently give chances.
    """
    unaided: float = 0.5
    """The first model decides from here on where there is no second for the word."""
    first_alone: float | None = None
    """The first model needs no second from here on, where the second is known to miss accents."""
    lead_in_ms: int = 64
    """How much sound before the detection belongs to the command: what people said while the model made up its mind."""
    tail_ms: int = 264
    """How long after the detection the wake word may still sound: models fire before its last syllable is over."""

    def agree(self, first: float, second: float | None) -> bool:
        """Tell whether the best scores so far are a wake word; `second` is None where no second model knows it."""
        if second is None:
            return first >= self.unaided
        return second >= self.second and first + second >= self.together

    def at(self, sensitivity: int) -> Thresholds:
        """Return the thresholds at a sensitivity from 0 to 100: these at 50, lower ones above, higher ones below."""
        return replace(
            self,
            first=_shifted(self.first, FIRST_RANGE, sensitivity),
            second=_shifted(self.second, SECOND_RANGE, sensitivity),
            together=_shifted(self.together, TOGETHER_RANGE, sensitivity),
            unaided=_shifted(self.unaided, UNAIDED_RANGE, sensitivity),
            first_alone=None
            if self.first_alone is None
            else _shifted(self.first_alone, FIRST_ALONE_RANGE, sensitivity),
        )


FIRST_RANGE = (0.1, 0.95)
"""How low and how high the first model's threshold goes. Silence and steady noise score below 0.1."""
SECOND_RANGE = (0.02, 0.8)
"""The second model's. What it has no doubt about scores above 0.9."""
TOGETHER_RANGE = (0.5, 1.75)
"""At its strict end, what both ranges above end with."""
UNAIDED_RANGE = (0.2, 0.95)
FIRST_ALONE_RANGE = (0.9, 0.995)


def _shifted(threshold: float, allowed: tuple[float, float], sensitivity: int) -> float:
    """Return `threshold` on its way to the end of the range at which `sensitivity` would be at its own end."""
    lowest, highest = allowed
    if sensitivity >= USUAL_SENSITIVITY:
        way = (min(sensitivity, HIGHEST_SENSITIVITY) - USUAL_SENSITIVITY) / (HIGHEST_SENSITIVITY - USUAL_SENSITIVITY)
        return threshold + way * (min(lowest, threshold) - threshold)
    way = (USUAL_SENSITIVITY - max(sensitivity, LOWEST_SENSITIVITY)) / (USUAL_SENSITIVITY - LOWEST_SENSITIVITY)
    return threshold + way * (max(highest, threshold) - threshold)


THRESHOLDS: Mapping[str, Thresholds] = MappingProxyType(
    {
        "okay_nabu": Thresholds(first_alone=0.97),
        # the second model takes "hey chatterbox" for it, up to 0.43, and who says it across a noisy room scores 0.9
        "hey_jarvis": Thresholds(second=0.6, lead_in_ms=160),
        "hey_mycroft": Thresholds(lead_in_ms=0, tail_ms=514),
        "alexa": Thresholds(lead_in_ms=160),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """A wake word that was said."""

    wake_word: str
    score: float
    second_score: float | None
    lead_in: bytes
    """What was said after the wake word so far."""
    tail_ms: int
    """How much of `lead_in` and what follows may still be the wake word itself."""


@dataclass(slots=True)
class _Candidate:
    """A wake word that the first model proposed."""

    wake_word: str
    thresholds: Thresholds
    score: float
    lead_in: bytes
    is_examined: bool
    """Whether the second model was asked; where there is none, there is nothing to ask."""
    second_score: float | None = None
    frames: list[bytes] = field(default_factory=list)
    unseen: int = 0
    """How many of the last frames the second model has not seen."""

    def is_confirmed(self) -> bool:
        return self.is_examined and self.thresholds.agree(self.score, self.second_score)

    def is_certain_alone(self) -> bool:
        return self.thresholds.first_alone is not None and self.score >= self.thresholds.first_alone


class WakeListener:
    """Follows one stream and says when its wake word was said."""

    def __init__(
        self,
        first: WakeWord,
        second: SecondOpinion | None,
        *,
        sensitivity: int = USUAL_SENSITIVITY,
        thresholds: Mapping[str, Thresholds] = THRESHOLDS,
    ) -> None:
        """`sensitivity` is from 0 to 100; `thresholds` are those at 50."""
        self._first = first
        self._second = second
        self._thresholds = {word: usual.at(sensitivity) for word, usual in thresholds.items()}
        self._default = _DEFAULTS.at(sensitivity)
        self._ring = RingBuffer(RING_S)
        self._candidate: _Candidate | None = None
        self._cooldown_ms = 0

    async def hear(self, frame: bytes) -> Wake | None:
        """Take the stream's next frame; return the wake word that is now certain, if one is."""
        self._ring.push(frame)
        scores = await self._first.scores(frame)
        if self._cooldown_ms > 0:
            self._cooldown_ms -= FRAME_MS
            return None
        if self._candidate is None:
            self._propose(scores)
        else:
            await self._examine(self._candidate, frame, scores)
        return self._decide()

    @property
    def has_candidate(self) -> bool:
        """Whether the first model proposes a wake word that the second has not decided on."""
        return self._candidate is not None

    async def reset(self) -> None:
        """Forget the stream, its cool-down included: another stream follows."""
        await self._first.reset()
        self._ring.clear()
        self._candidate = None
        self._cooldown_ms = 0

    def _propose(self, scores: Mapping[str, float]) -> None:
        """Note a candidate. The second model is asked with the next frame: it takes time, and we may be speaking."""
        wake_word = max(scores, key=lambda word: scores[word] - self._for(word).first, default=None)
        if wake_word is None or scores[wake_word] < self._for(wake_word).first:
            return
        thresholds = self._for(wake_word)
        heard = self._ring.snapshot()
        lead_in_bytes = thresholds.lead_in_ms // FRAME_MS * FRAME_BYTES
        self._candidate = _Candidate(
            wake_word=wake_word,
            thresholds=thresholds,
            score=scores[wake_word],
            lead_in=heard[max(len(heard) - lead_in_bytes, 0) :],
            is_examined=self._second is None,
        )

    async def _examine(self, candidate: _Candidate, frame: bytes, scores: Mapping[str, float]) -> None:
        candidate.frames.append(frame)
        candidate.unseen += 1
        candidate.score = max(candidate.score, scores.get(candidate.wake_word, 0.0))
        if self._second and not candidate.is_examined:
            candidate.second_score = await self._second.begin(candidate.wake_word, self._ring.snapshot())
            candidate.is_examined = True
            candidate.unseen = 0
        elif self._second and candidate.second_score is not None and _is_step(candidate.unseen):
            candidate.second_score = await self._second.more(b"".join(candidate.frames[-candidate.unseen :]))
            candidate.unseen = 0

    def _decide(self) -> Wake | None:
        candidate = self._candidate
        if candidate is None:
            return None
        if not candidate.is_confirmed():
            if len(candidate.frames) * FRAME_MS < SECOND_OPINION_MS:
                return None
            if not candidate.is_certain_alone():
                self._candidate = None
                return None
        self._candidate = None
        self._cooldown_ms = COOLDOWN_MS
        return Wake(
            wake_word=candidate.wake_word,
            score=candidate.score,
            second_score=candidate.second_score,
            lead_in=candidate.lead_in + b"".join(candidate.frames),
            tail_ms=candidate.thresholds.lead_in_ms + candidate.thresholds.tail_ms,
        )

    def _for(self, wake_word: str) -> Thresholds:
        return self._thresholds.get(wake_word, self._default)


def _is_step(frames: int) -> bool:
    return frames * FRAME_MS >= SECOND_OPINION_STEP_MS


_DEFAULTS = Thresholds()
