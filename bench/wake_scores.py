"""What either wake engine alone makes of a stream, and the cascade over the very same scores.

The first model listens once; every listener that is compared is given its scores again. So dozens of settings cost
little more than one, and all of them heard the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from pyopen_wakeword import OpenWakeWord

from gateway.audio import FRAME_BYTES, FRAME_MS, SAMPLE_BYTES, frames
from gateway.engines.embedding import CHUNK_SAMPLES, DIMENSIONS, EmbeddingModels, Floats, SpeechEmbedding
from gateway.engines.tflite import check_tflite
from gateway.offer import USUAL_SENSITIVITY
from gateway.turn.stages import SecondOpinion, WakeWord
from gateway.turn.wake import (
    COOLDOWN_MS,
    FIRST_RANGE,
    RING_S,
    SECOND_OPINION_MS,
    SECOND_OPINION_STEP_MS,
    SECOND_RANGE,
    THRESHOLDS,
    TOGETHER_RANGE,
    Thresholds,
    WakeListener,
)  # fmt: skip

NEEDED = 16
"""So many embeddings make one score."""
STEPS = SECOND_OPINION_MS // SECOND_OPINION_STEP_MS
"""How often a listener asks the second model about one candidate after the first time."""
SURE = max(SECOND_RANGE[1], TOGETHER_RANGE[1] - FIRST_RANGE[1])
"""What is asked no further, since the best score is what counts: no setting needs more."""
STEP_FRAMES = SECOND_OPINION_STEP_MS // FRAME_MS
PAST_FRAMES = int(RING_S * 1000 / FRAME_MS) + 1
"""What a listener remembers when something is proposed."""
TOGETHER_MS = 1_000
"""Two engines that hear the same phrase fire within this time of each other."""

type Scores = np.ndarray[tuple[int], np.dtype[np.float32]]
"""One for each frame of a stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A stream, and what both engines say to one phrase in it."""

    frames: tuple[bytes, ...]
    begins: int
    """The frame at which it begins; those before it are its past."""
    first: Scores
    second: Scores

    def wakes_first(self, threshold: float) -> int:
        """Return how often the first engine alone would wake."""
        return _rises(self.first >= threshold)

    def wakes_second(self, threshold: float) -> int:
        """Return how often the second engine alone would wake."""
        return _rises(self.second >= threshold)

    def wakes_both(self, first: float, second: float) -> int:
        """Return how often both would, at the same time."""
        return _rises(_held(self.first >= first) & _held(self.second >= second))


class Engines:
    """Both engines, each following one stream of its own accord."""

    def __init__(self, first: WakeWord, directory: Path, models: Mapping[str, Path]) -> None:
        """`directory` holds the second engine's shared models, `models` its model of each phrase. Raises ModelError."""
        self._first = first
        self._embedding = SpeechEmbedding(EmbeddingModels(directory), per_chunk=1)
        self._models = {word: OpenWakeWord.from_model(check_tflite(path)) for word, path in models.items()}
        self._past: list[bytes] = []
        self._looks: Floats = np.empty((0, DIMENSIONS), np.float32)

    async def reset(self) -> None:
        """Forget the stream: another one follows, after two seconds of silence."""
        await self._first.reset()
        silence = bytes(FRAME_BYTES)
        self._past = [silence] * PAST_FRAMES
        self._looks = self._looks[:0]
        self._embedding.reset()
        self._second(silence * PAST_FRAMES, PAST_FRAMES)

    async def hear(self, pcm: bytes) -> dict[str, Heard]:
        """Return what they say to each phrase in the stream's next stretch."""
        new = list(frames(pcm))
        scores = [await self._first.scores(frame) for frame in new]
        second = self._second(b"".join(new), len(new))
        begins = len(self._past)
        stretch = (*self._past, *new)
        self._past = list(stretch[-PAST_FRAMES:])
        quiet = np.zeros(begins, np.float32)
        return {
            word: Heard(
                frames=stretch,
                begins=begins,
                first=np.concatenate((quiet, np.array([score[word] for score in scores], np.float32))),
                second=np.concatenate((quiet, second[word])),
            )
            for word in self._models
        }

    def _second(self, pcm: bytes, count: int) -> dict[str, Scores]:
        """Return the second engine's scores, each at the frame in which it comes."""
        known = len(self._looks)
        self._looks = np.concatenate((self._looks, self._embedding.push(pcm)))
        found = {word: np.zeros(count, np.float32) for word in self._models}
        late = len(pcm) - (len(self._looks) - known) * CHUNK_SAMPLES * SAMPLE_BYTES
        for last in range(max(known, NEEDED - 1), len(self._looks)):
            come = late + (last + 1 - known) * CHUNK_SAMPLES * SAMPLE_BYTES
            frame = min(max(come // FRAME_BYTES, 0), count - 1)
            for word, model in self._models.items():
                model.reset()
                (score,) = model.process_streaming(self._looks[None, None, last - NEEDED + 1 : last + 1])
                found[word][frame] = max(found[word][frame], score)
        self._looks = self._looks[-(NEEDED - 1) :]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A listener that is compared with others."""

    sensitivity: int = USUAL_SENSITIVITY
    thresholds: Mapping[str, Thresholds] | None = None
    """None for those that ship."""


async def wakes(word: str, heard: Heard, second: SecondOpinion, settings: Iterable[Setting]) -> list[int]:
    """Return how often a listener of each setting wakes to `word` in what was heard; what woke it before is forgotten.

    It is the listener that `serve` uses. The second model is asked once about each place, whoever asks.
    """
    settings = list(settings)
    if float(heard.first.max(initial=0.0)) < FIRST_RANGE[0]:
        return [0] * len(settings)
    looks = _Looks(word, heard.frames, second)
    return [await _wakes(word, heard, setting, looks) for setting in settings]


async def _wakes(word: str, heard: Heard, setting: Setting, looks: _Looks) -> int:
    position = _Position()
    first, second = _Scripted(word, heard.first, position), _View(looks, position)
    thresholds = THRESHOLDS if setting.thresholds is None else setting.thresholds
    listener = WakeListener(first, second, sensitivity=setting.sensitivity, thresholds=thresholds)
    count = 0
    for position.frame, frame in enumerate(heard.frames):
        count += await listener.hear(frame) is not None
    return count


@dataclass(slots=True)
class _Position:
    frame: int = 0


class _Scripted:
    """A first model that says what it once said."""

    def __init__(self, word: str, scores: Scores, position: _Position) -> None:
        self._word = word
        self._scores = scores.tolist()
        self._position = position

    async def scores(self, _frame: bytes) -> Mapping[str, float]:
        return {self._word: self._scores[self._position.frame]}

    async def reset(self) -> None:
        """Nothing to forget."""


class _Looks:
    """What the second model says about each place in a stretch, asked once."""

    def __init__(self, word: str, sound: Sequence[bytes], second: SecondOpinion) -> None:
        self._word = word
        self._sound = sound
        self._second = second
        self._known: dict[int, list[float | None]] = {}

    async def at(self, frame: int) -> list[float | None]:
        """Return its scores where it is first asked at `frame`: at once, and after each further step."""
        if frame not in self._known:
            past = b"".join(self._sound[max(frame + 1 - PAST_FRAMES, 0) : frame + 1])
            steps = (self._sound[i : i + STEP_FRAMES] for i in range(frame + 1, len(self._sound), STEP_FRAMES))
            said = [await self._second.begin(self._word, past)]
            for step in islice(steps, STEPS):
                if said[-1] is None or said[-1] >= SURE:
                    break
                said.append(await self._second.more(b"".join(step)))
            self._known[frame] = said
        return self._known[frame]


class _View:
    """One listener's view of them."""

    def __init__(self, looks: _Looks, position: _Position) -> None:
        self._looks = looks
        self._position = position
        self._said: Iterator[float | None] = iter(())
        self._last: float | None = None

    async def begin(self, _wake_word: str, _pcm: bytes) -> float | None:
        self._said = iter(await self._looks.at(self._position.frame))
        self._last = next(self._said)
        return self._last

    async def more(self, _pcm: bytes) -> float:
        self._last = next(self._said, self._last)
        return self._last or 0.0


def _rises(fires: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    count, rests_until = 0, 0
    for frame in np.flatnonzero(fires).tolist():
        if frame >= rests_until:
            count += 1
            rests_until = frame + COOLDOWN_MS // FRAME_MS
    return count


def _held(fires: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return the same, where each frame that fires is followed by others for `TOGETHER_MS`."""
    held = np.convolve(fires, np.ones(TOGETHER_MS // FRAME_MS))[: len(fires)] > 0
    return np.asarray(held)
