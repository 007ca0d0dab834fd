"""Our side of `bench e2e`: a real satellite of a gateway, whose microphone hears what the benchmark says.

The satellite is the program's own code; only its sound devices are in memory. It plays at the pace of life.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Self

from gateway.audio import FRAME_MS, SAMPLE_BYTES, frames
from gateway.errors import AudioError, EngineError, VoiceError
from gateway.events import Sound
from gateway.satellite.known_gateways import KnownGateway
from gateway.satellite.satellite import Satellite
from gateway.turn.tasks import drop

CONNECTED_S: Final = 20.0
WAKE_S: Final = 1.5
"""From the end of the wake word to the sign that it listens; it takes 0.3 s."""
WAKE_TRIES: Final = 3
OVER_S: Final = 20.0
"""The longest turn with its answer takes ten."""
FRAME_S: Final = FRAME_MS / 1000


class SpokenMicrophone:
    """Hears what it is told to, and the room otherwise; nothing while it rests. Each frame comes when it would."""

    dropped_frames = 0

    def __init__(self, room: bytes) -> None:
        """`room` is 16 kHz mono s16le, heard over and over."""
        self._room = list(frames(room))
        self._room_at = 0
        self._said: deque[tuple[bytes, asyncio.Future[float] | None]] = deque()
        self._hears = asyncio.Event()
        self._due_s = 0.0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        await self._hears.wait()
        self._due_s += FRAME_S
        await asyncio.sleep(max(self._due_s - time.monotonic(), 0.0))
        if not self._said:
            self._room_at = (self._room_at + 1) % len(self._room)
            return self._room[self._room_at]
        frame, begun = self._said.popleft()
        if begun is not None and not begun.done():
            begun.set_result(self._due_s - FRAME_S)
        return frame

    def rest(self) -> None:
        """Hear nothing any more, not even the room: the other side is measured."""
        self._hears.clear()

    def listen(self) -> None:
        """Hear the room again."""
        if not self._hears.is_set():
            self._due_s = time.monotonic()
            self._hears.set()

    async def say(self, pcm: bytes) -> float:
        """Let 16 kHz mono s16le be heard next; return when it began, on the monotonic clock, as soon as it has."""
        begun: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._said.extend((frame, begun if number == 0 else None) for number, frame in enumerate(frames(pcm)))
        return await begun

    async def hush(self) -> None:
        """Return when all that was said has been heard."""
        while self._said:  # noqa: ASYNC110 - nobody tells, and a frame's length is soon enough
            await asyncio.sleep(FRAME_S)


class SilentSpeaker:
    """Plays to nobody, for as long as it would take, and remembers when each sound began."""

    def __init__(self) -> None:
        self.began_s: list[float] = []
        """On the monotonic clock; bounded by `forget`, which every turn calls."""
        self._until_s = 0.0

    @property
    def is_quiet(self) -> bool:
        """Whether nothing sounds."""
        return time.monotonic() >= self._until_s

    def forget(self) -> None:
        """Remember nothing of what was played."""
        self.began_s.clear()

    async def write(self, sound: Sound) -> None:
        """Play, and return when it has been heard."""
        now_s = time.monotonic()
        self.began_s.append(now_s)
        self._until_s = max(self._until_s, now_s) + len(sound.pcm) / (sound.rate_hz * SAMPLE_BYTES)
        await asyncio.sleep(max(self._until_s - time.monotonic(), 0.0))

    async def drain(self) -> None:
        """Return at once: `write` has waited."""

    async def silence(self) -> None:
        """Stop at once."""
        self._until_s = 0.0


class _Sign:
    """Tells the benchmark how the satellite is."""

    def __init__(self) -> None:
        self.is_connected = asyncio.Event()
        self.listens = asyncio.Event()
        self.rests = asyncio.Event()
        self.rests.set()

    def connected(self, *, again: bool) -> None:  # noqa: ARG002
        self.is_connected.set()

    def lost(self, error: VoiceError) -> None:  # noqa: ARG002
        self.is_connected.clear()

    def muted(self, is_muted: bool) -> None: ...

    def listening(self, is_listening: bool) -> None:
        now, before = (self.listens, self.rests) if is_listening else (self.rests, self.listens)
        before.clear()
        now.set()

    def sound(self, device: str, error: AudioError | None) -> None: ...


class SpokenSatellite:
    """A satellite while it is connected."""

    def __init__(self, room: bytes, wake_word: bytes) -> None:
        """`wake_word` is how it is woken, 16 kHz mono s16le; `room` is heard otherwise."""
        self.microphone = SpokenMicrophone(room)
        self.speaker = SilentSpeaker()
        self.sign = _Sign()
        self._wake_word = wake_word

    async def wake(self) -> bool:
        """Say the wake word until the satellite shows that it listens; tell whether it does."""
        self.microphone.listen()
        for _ in range(WAKE_TRIES):
            await self.microphone.say(self._wake_word)
            await self.microphone.hush()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WAKE_S):
                    await self.sign.listens.wait()
                    return True
        return False

    async def say(self, pcm: bytes) -> float:
        """Say a command to a satellite that is awake; return when it began, on the monotonic clock."""
        return await self.microphone.say(pcm)

    async def finish(self) -> None:
        """Return when the turn is over, and rest."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(OVER_S):
                while not (self.sign.rests.is_set() and self.speaker.is_quiet):  # noqa: ASYNC110 - two who tell nothing
                    await asyncio.sleep(FRAME_S)
        self.microphone.rest()

    def first_sound_s(self, after_s: float) -> float | None:
        """Return when the first sound after a moment began to play; both on the monotonic clock."""
        return next((began_s for began_s in self.speaker.began_s if began_s > after_s), None)


@asynccontextmanager
async def spoken_satellite(gateway: KnownGateway, *, room: bytes, wake_word: bytes) -> AsyncIterator[SpokenSatellite]:
    """Hold a satellite that is connected and rests. Raises EngineError where the gateway is not reached."""
    spoken = SpokenSatellite(room, wake_word)

    @asynccontextmanager
    async def microphone() -> AsyncIterator[SpokenMicrophone]:
        yield spoken.microphone

    @asynccontextmanager
    async def speaker() -> AsyncIterator[SilentSpeaker]:
        yield spoken.speaker

    running = asyncio.create_task(Satellite(gateway, microphone, speaker, spoken.sign).run())
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CONNECTED_S):
                await spoken.sign.is_connected.wait()
        if not spoken.sign.is_connected.is_set():
            raise EngineError(f"the satellite did not reach the gateway within {CONNECTED_S:.0f} s")
        yield spoken
    finally:
        await drop(running)
