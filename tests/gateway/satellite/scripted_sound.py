"""A microphone and a speaker that do what a test says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from gateway.audio import FRAME_BYTES
from gateway.errors import AudioError
from gateway.events import Sound

BROKEN = AudioError("it is broken")


def frame(number: int) -> bytes:
    """Return a frame that is like no other."""
    return bytes([number]) * FRAME_BYTES


class ScriptedMicrophone:
    """Hears what a test puts in: frames, and errors."""

    dropped_frames = 0

    def __init__(self) -> None:
        self.hears: asyncio.Queue[bytes | AudioError] = asyncio.Queue()
        """Joined when whoever reads has asked for more than there is."""
        self._is_in_use = False
        self.faults: list[AudioError] = []
        """What the next openings fail with."""
        self.opened = self.closed = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        self.opened += 1
        if self.faults:
            raise self.faults.pop(0)
        try:
            yield self
        finally:
            self.closed += 1

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._is_in_use:
            self._is_in_use = False
            self.hears.task_done()
        heard = await self.hears.get()
        self._is_in_use = True
        if isinstance(heard, AudioError):
            raise heard
        return heard


class ScriptedSpeaker:
    """Plays at once, or as soon as it may; notes what it did, in order."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.rates_hz: list[int] = []
        self.did: list[str] = []
        self.may_play = asyncio.Event()
        self.may_play.set()
        self.is_writing = asyncio.Event()
        self.fault: AudioError | None = None
        self.silenced = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        yield self

    async def chime(self) -> None:
        await self._play("chime")

    async def write(self, sound: Sound) -> None:
        self.is_writing.set()
        await self._play("write")
        self.rates_hz.append(sound.rate_hz)
        self.heard += sound.pcm

    async def drain(self) -> None:
        await self._play("drain")

    async def silence(self) -> None:
        self.did.append("silence")
        self.silenced.set()
        if self.fault is not None:
            raise self.fault

    async def _play(self, what: str) -> None:
        await self.may_play.wait()
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault
        self.did.append(what)
