"""Listens: waits for the wake word, for speech, and for its end; starts recognition before the end is certain.

It pulls its input, so whoever feeds it is held back while it works. Times are milliseconds of audio since the first
frame it ever pulled.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, replace
from time import monotonic

from gateway.audio import FRAME_BYTES, FRAME_MS, frames
from gateway.turn.choice import Choice
from gateway.turn.endpoint import Endpoint, EndpointSettings, Step
from gateway.turn.stages import Stages
from gateway.turn.tasks import drop
from gateway.turn.wake import Wake, WakeListener

PRE_ROLL_MS = 640
"""How much sound before the first certain frame of speech is recognised too: soft beginnings score low."""
TAIL_MS = 192
"""How much sound after the last frame of speech: soft endings score low."""

type Interpret = Callable[[bytes], Coroutine[None, None, Choice]]
"""Recognises 16 kHz mono s16le and looks for what it means here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What somebody said, once it is over."""

    choice: Choice
    end_ms: int
    """Audio time of the last speech."""
    ended_s: float
    """Monotonic wall time at which that moment was pulled."""
    reason: str

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

    async def wait_for_end(self, interpret: Interpret) -> Utterance:
        """Return what was said when it is over. Recognition starts at the first pause, in case it was the end."""
        attempt: asyncio.Task[Choice] | None = None
        ended_s = self._pulled_s
        reason = "end_of_audio"
        try:
            while (step := await self._listen()) is not None:
                if self._endpoint.silence_ms == 0:
                    ended_s = self._pulled_s
                if step is Step.RESUMED:
                    await drop(attempt)
                    attempt = None
                elif step is Step.PAUSED:
                    attempt = asyncio.create_task(interpret(self._utterance()))
                elif step in (Step.ENDED, Step.TOO_LONG):
                    reason = "pause" if step is Step.ENDED else "max_length"
                    break
                elif _is_understood(attempt) and self._endpoint.may_end_if_understood:
                    reason = "understood"
                    break
            choice = await (attempt or interpret(self._utterance()))
        finally:
            await drop(attempt)
        end_ms = self._first_ms + (self._endpoint.speech_end_ms or 0)
        return Utterance(choice=choice, end_ms=end_ms, ended_s=ended_s, reason=reason)

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

    def _utterance(self) -> bytes:
        start_ms = max((self._endpoint.speech_start_ms or 0) - PRE_ROLL_MS, 0)
        end_ms = (self._endpoint.speech_end_ms or 0) + TAIL_MS
        pcm = b"".join(self._heard)
        return pcm[start_ms // FRAME_MS * FRAME_BYTES : end_ms // FRAME_MS * FRAME_BYTES]


def _is_understood(attempt: asyncio.Task[Choice] | None) -> bool:
    return (
        attempt is not None and attempt.done() and attempt.exception() is None and attempt.result().intent is not None
    )
