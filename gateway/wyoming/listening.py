"""What is done with a Wyoming client's sound: it is recognised, or wake words are looked for in it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from time import monotonic
from typing import Final, Protocol

from wyoming.asr import Transcript
from wyoming.event import Eventable
from wyoming.wake import Detection, NotDetected

from gateway.audio import FRAME_BYTES, FRAME_MS, RATE_HZ, SAMPLE_BYTES
from gateway.errors import ProtocolError
from gateway.turn.choice import NO_WORDS, choose
from gateway.turn.spoken import Spoken
from gateway.wyoming.limits import UTTERANCE_S
from gateway.wyoming.services import Services, Turnstile, WakeEars

UTTERANCE_BYTES: Final = UTTERANCE_S * RATE_HZ * SAMPLE_BYTES
AHEAD_S: Final = 5.0
"""How far a wake stream may be ahead of its own pace: a recording at once, but not a day of sound."""

type Say = Callable[[Eventable], Awaitable[None]]


class Listening(Protocol):
    """Takes streams of 16 kHz mono s16le, one after the other."""

    async def begin(self) -> None:
        """Expect a new stream."""

    async def hear(self, pcm: bytes, timestamp_ms: int | None) -> bool:
        """Take the stream's next piece; return whether more of it is wanted."""

    async def end(self) -> None:
        """Answer to the stream, which is over."""


class Transcription:
    """Recognises utterances; where no words were said the text is empty.

    Whoever sends an utterance has found speech in it: single words, which score low, are written down, though a turn
    would take them for noise.
    """

    def __init__(self, services: Services, turnstile: Turnstile, say: Say) -> None:
        self._services = services
        self._turnstile = turnstile
        self._say = say
        self._pcm = bytearray()
        self._at = datetime.now(UTC)

    async def begin(self) -> None:
        """Expect a new utterance."""
        self._pcm.clear()
        self._at = datetime.now(UTC)

    async def hear(self, pcm: bytes, timestamp_ms: int | None) -> bool:  # noqa: ARG002 - only wake words have a time
        """Take the utterance's next piece; no more is wanted after `UTTERANCE_S`."""
        self._pcm += pcm[: UTTERANCE_BYTES - len(self._pcm)]
        return len(self._pcm) < UTTERANCE_BYTES

    async def end(self) -> None:
        """Say what was said. Raises EngineError."""
        pcm = bytes(self._pcm)
        self._pcm.clear()
        text = await self._turnstile.run(lambda: self._recognize(pcm)) if pcm else ""
        await self._say(Transcript(text=text, language=self._services.engines().names.language))

    async def _recognize(self, pcm: bytes) -> str:
        understanding, turns, ended_s = self._services.understanding, self._services.turns, monotonic()
        recognition = await self._services.engines().stt.recognize(pcm, language=understanding.language)
        recognized_ms = (monotonic() - ended_s) * 1000
        choice = await choose(recognition, lambda text: understanding.match(text, area_id=None))
        if choice.best is None or choice.silence_reason == NO_WORDS:
            turns.nothing_heard(self._at, NO_WORDS, is_woken=False)
            return ""
        spoken = Spoken(
            at=self._at,
            ended_s=ended_s,
            text=choice.best.text,
            hypotheses=recognition.hypotheses,
            pcm=pcm,
            audio_ms=len(pcm) // SAMPLE_BYTES * 1000 // RATE_HZ,
            recognized_ms=recognized_ms,
        )
        turns.recognized(spoken.text, spoken)  # what is asked with it says no more than that it is the same text
        return spoken.text


class WakeDetection:
    """Looks for wake words, in a stream without end."""

    def __init__(self, services: Services, turnstile: Turnstile, say: Say, names: list[str] | None) -> None:
        """Look for these words, or any. Raises ProtocolError where none of them is known."""
        known = services.engines().names.wake_words
        self._names = frozenset(names or known)
        if not self._names & set(known):
            raise ProtocolError("unknown_model", "there is no such wake word; ask for `describe` again")
        self._new_wake = services.new_wake
        self._turnstile = turnstile
        self._say = say
        self._ears: WakeEars | None = None
        self._rest = b""
        self._heard_ms = 0
        self._has_woken = False
        self._paid_until_s = 0.0

    async def begin(self) -> None:
        """Expect a new stream. Raises ModelError, EngineError."""
        if self._ears is None:
            self._ears = await self._turnstile.run(self._new_wake)
        await self._ears.reset()
        self._rest = b""
        self._heard_ms = 0
        self._has_woken = False

    async def hear(self, pcm: bytes, timestamp_ms: int | None) -> bool:
        """Say at once which wake word was said, with the time of the piece in which it became certain."""
        pcm = self._rest + pcm
        whole_bytes = len(pcm) - len(pcm) % FRAME_BYTES
        self._rest = pcm[whole_bytes:]
        for start in range(0, whole_bytes, FRAME_BYTES):
            await self._hear_frame(pcm[start : start + FRAME_BYTES], timestamp_ms)
        return True

    async def end(self) -> None:
        """Say so where none was said."""
        if not self._has_woken:
            await self._say(NotDetected())

    async def _hear_frame(self, frame: bytes, timestamp_ms: int | None) -> None:
        await self._keep_pace()
        self._heard_ms += FRAME_MS
        wake = await self._ears.hear(frame) if self._ears else None
        if wake is not None and wake.wake_word in self._names:
            self._has_woken = True
            when_ms = self._heard_ms if timestamp_ms is None else timestamp_ms
            await self._say(Detection(name=wake.wake_word, timestamp=when_ms))

    async def _keep_pace(self) -> None:
        now_s = asyncio.get_running_loop().time()
        self._paid_until_s = max(self._paid_until_s, now_s) + FRAME_MS / 1000
        await asyncio.sleep(max(self._paid_until_s - now_s - AHEAD_S, 0.0))
