"""Listens: waits for the wake word, for speech, and for its end; starts recognition before the end is certain.

How long a pause is the end depends on the words before it (`Standing`). After a complete command it comes so early that
words may still follow: `wait_for_more` tells, and `wait_for_end` then hears all of it.

It pulls its input, so whoever feeds it is held back while it works. Times are milliseconds of audio since the first
frame it ever pulled.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field, replace
from time import monotonic

from gateway.audio import FRAME_MS, frames
from gateway.turn.choice import Choice
from gateway.turn.endpoint import Endpoint, EndpointSettings, Standing, Step
from gateway.turn.stages import Stages
from gateway.turn.tasks import drop
from gateway.turn.wake import Wake, WakeListener

PRE_ROLL_MS = 640
"""How much sound before the first certain frame of speech is recognised too: soft beginnings score low."""
TAIL_MS = 160
"""How much sound after the last frame of speech: soft endings score low. There is as much when recognition begins."""
GLIMPSE_EVERY_MS = 960
"""How often what is said so far is looked at while somebody speaks: at least once in each second."""

type Interpret = Callable[[bytes], Coroutine[None, None, Choice]]
"""Recognises 16 kHz mono s16le and looks for what it means here."""
type Glimpse = Callable[[bytes], Coroutine[None, None, None]]
"""Looks at what is said so far, 16 kHz mono s16le; is cancelled when a pause begins. Raises nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What somebody said, once it is over."""

    choice: Choice
    end_ms: int
    """Audio time of the last speech."""
    ended_s: float
    """Monotonic wall time at which that moment was pulled."""
    reason: str
    pcm: bytes = field(repr=False)
    """What was recognised, 16 kHz mono s16le."""
    may_go_on: bool = False
    """It was taken to be over so early that `Ear.wait_for_more` is to tell whether it was."""

    @property
    def silence_reason(self) -> str | None:
        """Why nothing is to be said; None where something was understood or must be answered.

        Whoever talks on and on and means nothing here is a television, or does not talk to us.
        """
        if self.choice.intent is None and self.reason == "max_length":
            return "noise"
        return self.choice.silence_reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Overheard:
    """A frame that was heard while we were speaking."""

    frame: bytes
    speech_probability: float
    wake_word: str | None
    """The wake word, once it was said; `wait_for_speech` begins with what follows it."""
    may_be_woken: bool
    """The first wake model thinks so, and the second still looks."""


class Ear:
    """One satellite's stream, across turns."""

    def __init__(
        self,
        audio: AsyncIterator[bytes],
        stages: Stages,
        settings: EndpointSettings | None = None,
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`audio` yields frames of 512 samples; `clock` is wall time in seconds."""
        self._audio = audio
        self._clock = clock
        self._vad = stages.vad
        self._wake = WakeListener(stages.wake, stages.second_opinion, sensitivity=stages.wake_sensitivity)
        self._settings = settings or EndpointSettings()
        self._heard: list[bytes] = []
        self._waiting: list[bytes] = []
        self._wake_tail_ms = 0
        self._first_ms = 0
        self._endpoint = Endpoint(self._settings)
        self._pulled_s = self._clock()
        self.now_ms = 0
        """Audio time of everything pulled so far."""

    async def wait_for_wake(self) -> Wake | None:
        """Return the wake word when it was said; None at the end of the audio."""
        await self._wake.reset()
        while (frame := await self._pull()) is not None:
            wake = await self._wake.hear(frame)
            if wake is not None:
                self._woken(wake)
                return wake
        return None

    def woken_elsewhere(self, tail_ms: int) -> None:
        """Know that somebody else heard the wake word: what ends within `tail_ms` from here on may be its own tail."""
        self._wake_tail_ms = tail_ms

    async def wait_for_speech(self, *, no_speech_ms: int | None = None) -> int | None:
        """Return the audio time at which somebody began to speak; None where nobody did in time.

        Begins with what was said right after the wake word. What ends there is the wake word's own last syllable.
        """
        patience_ms = self._settings.no_speech_ms if no_speech_ms is None else no_speech_ms
        given_up_ms = self.now_ms + patience_ms
        await self._vad.reset()
        self._begin(given_up_ms)
        tail_ms, self._wake_tail_ms = self._wake_tail_ms, 0
        while True:
            step = await self._listen()
            if step in (None, Step.NO_SPEECH):
                return None
            if self._endpoint.speech_start_ms is not None and (self._endpoint.speech_end_ms or 0) > tail_ms:
                return self._first_ms + self._endpoint.speech_start_ms
            if step is Step.PAUSED:
                self._begin(given_up_ms)
                tail_ms = 0

    async def wait_for_end(self, interpret: Interpret, glimpse: Glimpse | None = None) -> Utterance:
        """Return what was said when it is over. Recognition starts at the first pause, in case it was the end.

        `glimpse` gets what is said so far about once a second, until a pause begins, and never twice at once.
        """
        attempt: asyncio.Task[Choice] | None = None
        glimpses = _Glimpses(glimpse)
        pcm = b""
        ended_s = self._pulled_s
        reason = "end_of_audio"
        try:
            while (step := await self._listen()) is not None:
                if self._endpoint.silence_ms == 0:
                    ended_s = self._pulled_s
                    glimpses.look(self._endpoint.speech_ms, self._utterance)
                else:
                    await glimpses.stop()
                if step is Step.RESUMED:
                    await drop(attempt)
                    attempt = None
                elif step is Step.PAUSED:
                    pcm = self._utterance()
                    attempt = asyncio.create_task(interpret(pcm))
                elif step is Step.TOO_LONG:
                    reason = "max_length"
                    break
                if ended := await self._ended(attempt):
                    reason = ended
                    break
            if attempt is None:
                await glimpses.stop()
                pcm = self._utterance()
                attempt = asyncio.create_task(interpret(pcm))
            choice = await attempt
        finally:
            await glimpses.stop()
            await drop(attempt)
        return Utterance(
            choice=choice,
            end_ms=self._speech_end_ms,
            ended_s=ended_s,
            reason=reason,
            pcm=pcm,
            may_go_on=reason == "understood" and self._endpoint.silence_ms < self._settings.open_pause_ms,
        )

    async def wait_for_more(self) -> int | None:
        """Return the audio time at which speech went on after an end that came early; None where it was the end.

        Where it went on, `wait_for_end` returns all that was said, from its beginning.
        """
        while not self._endpoint.is_over(Standing.MAY_GO_ON):
            step = await self._listen()
            if step is None:
                return None
            if step is Step.RESUMED:
                return self._speech_end_ms
        return None

    def since(self, end_ms: int) -> bytes:
        """Return what was said after `end_ms`, audio time of the last speech before: 16 kHz mono s16le."""
        return self._cut(end_ms - self._first_ms, (self._endpoint.speech_end_ms or 0) + TAIL_MS)

    async def overhear(self) -> Overheard | None:
        """Take the next frame while we speak ourselves; None at the end of the audio."""
        frame = await self._pull()
        if frame is None:
            return None
        wake = await self._wake.hear(frame)
        if wake is not None:
            self._woken(wake)
        speech_probability = await self._vad.speech_probability(frame)
        return Overheard(
            frame=frame,
            speech_probability=speech_probability,
            wake_word=None if wake is None else wake.wake_word,
            may_be_woken=self._wake.has_candidate,
        )

    async def begin_overhearing(self) -> None:
        """Forget what the models heard before: there is a gap in their stream."""
        await self._wake.reset()
        await self._vad.reset()

    def _woken(self, wake: Wake) -> None:
        self._waiting = list(frames(wake.lead_in))
        self._wake_tail_ms = wake.tail_ms

    def _begin(self, given_up_ms: int) -> None:
        """Begin an utterance with the next frame; without a word it is given up at that audio time."""
        self._heard = []
        self._first_ms = self.now_ms - len(self._waiting) * FRAME_MS
        self._endpoint = Endpoint(replace(self._settings, no_speech_ms=given_up_ms - self._first_ms))

    async def _listen(self) -> Step | None:
        """Take the next frame; return what it changed, None at the end of the audio."""
        frame = self._waiting.pop(0) if self._waiting else await self._pull()
        if frame is None:
            return None
        self._heard.append(frame)
        return self._endpoint.push(await self._vad.speech_probability(frame))

    async def _pull(self) -> bytes | None:
        frame = await anext(self._audio, None)
        self._pulled_s = self._clock()
        if frame is not None:
            self.now_ms += FRAME_MS
        return frame

    async def _ended(self, attempt: asyncio.Task[Choice] | None) -> str:
        """Return why what is said is over by now; empty where it is not."""
        endpoint = self._endpoint
        if endpoint.is_over(Standing.UNKNOWN):
            if attempt is not None:
                await asyncio.wait({attempt})  # only the words can tell whether it is worth while to wait for more
            standing = _standing(attempt)
            return "pause" if standing is not Standing.UNFINISHED or endpoint.is_over(standing) else ""
        standing = _standing(attempt)
        is_understood = standing in (Standing.COMPLETE, Standing.MAY_GO_ON)
        return "understood" if is_understood and endpoint.is_over(standing) else ""

    @property
    def _speech_end_ms(self) -> int:
        return self._first_ms + (self._endpoint.speech_end_ms or 0)

    def _utterance(self) -> bytes:
        start_ms = max((self._endpoint.speech_start_ms or 0) - PRE_ROLL_MS, 0)
        return self._cut(start_ms, (self._endpoint.speech_end_ms or 0) + TAIL_MS)

    def _cut(self, start_ms: int, end_ms: int) -> bytes:
        """Return the sound between two times since the utterance's first frame."""
        return b"".join(self._heard[start_ms // FRAME_MS : end_ms // FRAME_MS])


class _Glimpses:
    """Looks at what is said so far, every now and then."""

    def __init__(self, glimpse: Glimpse | None) -> None:
        self._glimpse = glimpse
        self._looking: asyncio.Task[None] | None = None
        self._next_ms = GLIMPSE_EVERY_MS

    def look(self, speech_ms: int, so_far: Callable[[], bytes]) -> None:
        """Look where it is time to, `speech_ms` after speech began; what is still being looked at comes first."""
        if self._glimpse is None or speech_ms < self._next_ms or not (self._looking is None or self._looking.done()):
            return
        self._next_ms = speech_ms + GLIMPSE_EVERY_MS
        self._looking = asyncio.create_task(self._glimpse(so_far()))

    async def stop(self) -> None:
        """Leave what is being looked at: what counts comes next."""
        looking, self._looking = self._looking, None
        await drop(looking)


def _standing(attempt: asyncio.Task[Choice] | None) -> Standing:
    """Return how what was heard stands, as far as that is known by now."""
    if attempt is None or not attempt.done() or attempt.exception() is not None:
        return Standing.UNKNOWN
    return attempt.result().standing
