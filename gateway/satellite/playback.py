"""What the gateway wants to be heard, in order, on a speaker: bounded, acknowledged, and silenced at once."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.audio import SAMPLE_BYTES, Clock
from gateway.errors import AudioError, ProtocolError
from gateway.events import Sound
from gateway.wire.messages import Message
from gateway.wire.voice_words import SPEECH_AHEAD_BYTES, Drained, Played, SoundFailed

PIECE_MS: Final = 100
"""What is handed to the speaker at a time, so that `played` is never far behind what is heard."""
REPORT_S: Final = 0.1
"""How often `played` is said at most; the gateway is up to 1.5 s ahead."""
RETRY_S: Final = 30.0
"""A speaker that failed gets nothing for this long: each try may take seconds."""
MOST_QUEUED: Final = 1_024
"""Sounds, chimes and drains that wait; `SPEECH_AHEAD_BYTES` in frames of 4 ms are fewer."""


class Player(Protocol):
    """What is played on. Every method raises AudioError where the speaker fails."""

    async def chime(self) -> None:
        """Play the sound that says "I am listening"; return when it has been heard."""

    async def write(self, sound: Sound) -> None:
        """Play `sound` after what was written before; return when little of it is unheard."""

    async def drain(self) -> None:
        """Return when everything that was written has been heard."""

    async def silence(self) -> None:
        """Stop at once and forget what was not yet heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    sound: Sound
    end_bytes: int
    """All that the gateway had sent with this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chime:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drain:
    number: int


class Playback:
    """The speaker's side of one connection. What it takes is played by `run`, and acknowledged by `report`."""

    def __init__(
        self,
        player: Player,
        say: Callable[[Message], None],
        *,
        changed: Callable[[AudioError | None], None] = lambda _: None,
        heard: Callable[[], None] = lambda: None,
        clock: Clock = time.monotonic,
    ) -> None:
        """`changed` is told why the speaker does not work any more, and with None that it does again.

        `heard` is called when the gateway's sound has been heard to its end: its drain was answered, unsilenced.
        """
        self._player = player
        self._say = say
        self._changed = changed
        self._heard = heard
        self._clock = clock
        self._waiting: asyncio.Queue[_Stretch | _Chime | _Drain] = asyncio.Queue(MOST_QUEUED)
        self._drains: list[int] = []
        self._rate_hz = 0
        self._taken_bytes = self._played_bytes = 0
        self._news = asyncio.Event()
        self._doing: asyncio.Task[None] | None = None
        self._failed_at_s: float | None = None
        self._has_sounded = False

    def begin(self, rate_hz: int) -> None:
        """Take what comes now as sound of this rate."""
        self._rate_hz = rate_hz

    def take(self, pcm: bytes) -> None:
        """Play mono s16le after everything before.

        Raises ProtocolError for sound without a rate, and for more than a satellite keeps.
        """
        if not self._rate_hz:
            raise ProtocolError("out_of_order", "sound of no rate: sound_begin comes first")
        self._taken_bytes += len(pcm)
        if self._taken_bytes - self._played_bytes > SPEECH_AHEAD_BYTES:
            raise ProtocolError("too_much", f"more than {SPEECH_AHEAD_BYTES} bytes of sound that was not yet played")
        self._put(_Stretch(sound=Sound(rate_hz=self._rate_hz, pcm=pcm), end_bytes=self._taken_bytes))

    def chime(self) -> None:
        """Play the chime after everything before. Raises ProtocolError where too much waits."""
        self._put(_Chime())

    def drain(self, number: int) -> None:
        """Say `drained` when everything before has been heard. Raises ProtocolError where too much waits."""
        self._put(_Drain(number=number))
        self._drains.append(number)

    async def silence(self) -> None:
        """Be silent at once, forget what waits, and answer what is open."""
        while not self._waiting.empty():
            self._waiting.get_nowait()
        if self._doing is not None:
            self._doing.cancel()
            await asyncio.wait({self._doing})
        with contextlib.suppress(AudioError):
            await self._player.silence()
        self._has_sounded = False
        self._note(self._taken_bytes)
        self._report_now()
        drains, self._drains = self._drains, []
        for number in drains:
            self._say(Drained(id=number))

    async def run(self) -> None:
        """Play, for ever; silent when cancelled."""
        try:
            while True:
                item = await self._waiting.get()
                self._doing = asyncio.create_task(self._do(item))
                await asyncio.wait({self._doing})
                if not self._doing.cancelled():
                    self._doing.result()
        finally:
            if self._doing is not None:
                self._doing.cancel()
                await asyncio.gather(self._doing, return_exceptions=True)
            with contextlib.suppress(AudioError):
                await self._player.silence()

    async def report(self) -> None:
        """Say `played`, for ever, at most every `REPORT_S`."""
        while True:
            await self._news.wait()
            self._report_now()
            await asyncio.sleep(REPORT_S)

    def _put(self, item: _Stretch | _Chime | _Drain) -> None:
        try:
            self._waiting.put_nowait(item)
        except asyncio.QueueFull as error:
            raise ProtocolError("too_much", f"more than {MOST_QUEUED} things to be played") from error

    async def _do(self, item: _Stretch | _Chime | _Drain) -> None:
        if self._failed_at_s is None or self._clock() - self._failed_at_s >= RETRY_S:
            try:
                await self._sound(item)
            except AudioError as error:
                await self._fail(error)
        if isinstance(item, _Stretch):
            self._note(item.end_bytes)
        elif isinstance(item, _Drain):
            self._answer(item.number)

    async def _sound(self, item: _Stretch | _Chime | _Drain) -> None:
        match item:
            case _Stretch(sound=sound):
                begin_bytes = item.end_bytes - len(sound.pcm)
                step = sound.rate_hz * PIECE_MS // 1000 * SAMPLE_BYTES
                for start in range(0, len(sound.pcm), step):
                    piece = sound.pcm[start : start + step]
                    await self._player.write(Sound(rate_hz=sound.rate_hz, pcm=piece))
                    self._note(begin_bytes + start + len(piece))
                    self._has_sounded = True
            case _Chime():
                await self._player.chime()
            case _Drain():
                await self._player.drain()
        if self._failed_at_s is not None and not isinstance(item, _Drain):  # draining nothing proves nothing
            self._failed_at_s = None
            self._changed(None)

    async def _fail(self, error: AudioError) -> None:
        self._failed_at_s = self._clock()
        self._has_sounded = False
        self._say(SoundFailed(device="speaker"))
        self._changed(error)
        with contextlib.suppress(AudioError):
            await self._player.silence()

    def _answer(self, number: int) -> None:
        self._report_now()
        self._drains.remove(number)
        self._say(Drained(id=number))
        if self._has_sounded:
            self._has_sounded = False
            self._heard()

    def _note(self, played_bytes: int) -> None:
        if played_bytes > self._played_bytes:
            self._played_bytes = played_bytes
            self._news.set()

    def _report_now(self) -> None:
        if self._news.is_set():
            self._news.clear()
            self._say(Played(bytes=self._played_bytes))
