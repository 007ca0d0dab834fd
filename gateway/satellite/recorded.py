"""Files in place of sound devices, at the pace of real life: a recording that is heard, and one of what is played."""

import asyncio
import time
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, Self

from gateway.audio import FRAME_BYTES, FRAME_MS, SAMPLE_BYTES, Clock, Resampler, Sleep, frames
from gateway.errors import AudioError
from gateway.events import Sound

OUT_HZ: Final = 22_050
"""Piper's rate: its voice is written as it is."""
STEP_MS: Final = 20
"""Silence takes effect within this time."""
LONGEST_OUT_S: Final = 3_600
"""What is played after that is not written any more: the file would grow for as long as the program runs."""
_OUT_BYTES_A_S: Final = OUT_HZ * SAMPLE_BYTES


class RecordedMicrophone:
    """Frames of a recording, each at the moment its last sample would have been heard, and then silence for ever."""

    dropped_frames = 0

    def __init__(
        self, pcm: bytes, begins: asyncio.Event, *, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep
    ) -> None:
        """`pcm` is 16 kHz mono s16le; nothing is heard before `begins`, when the schedule starts."""
        self._frames = frames(pcm)
        self._begins = begins
        self._clock = clock
        self._sleep = sleep
        self._due_s = 0.0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        await self._begins.wait()
        self._due_s = (self._due_s or self._clock()) + FRAME_MS / 1000
        await self._sleep(max(self._due_s - self._clock(), 0.0))
        return next(self._frames, bytes(FRAME_BYTES))


@asynccontextmanager
async def recorded_microphone(pcm: bytes, begins: asyncio.Event) -> AsyncIterator[RecordedMicrophone]:
    """Return a recording as a microphone that is open during the block."""
    yield RecordedMicrophone(pcm, begins)


class RecordedSpeaker:
    """Writes what is played into a WAV (mono, 16 bit, `OUT_HZ`), piece by piece when it would have been heard."""

    def __init__(self, out: wave.Wave_write, *, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep) -> None:
        """Play into `out`, whose format is set."""
        self._out = out
        self._clock = clock
        self._sleep = sleep
        self._heard_until_s = 0.0
        self._written_bytes = 0
        self._silences = 0
        self._rate_hz = 0
        self._resampler = Resampler(OUT_HZ, OUT_HZ)

    async def write(self, sound: Sound) -> None:
        """Play `sound` after what was written before; returns when it has been heard, or at once when silenced.

        Raises AudioError where the file cannot be written.
        """
        if sound.rate_hz != self._rate_hz:
            await self.drain()
            self._rate_hz, self._resampler = sound.rate_hz, Resampler(sound.rate_hz, OUT_HZ)
        await self._play(self._resampler.feed(sound.pcm))

    async def drain(self) -> None:
        """Return when everything that was written has been heard. Raises AudioError."""
        if self._rate_hz:
            self._rate_hz = 0
            await self._play(self._resampler.finish())

    async def silence(self) -> None:
        """Stop at once and forget what was not yet heard."""
        self._silences += 1
        self._rate_hz = 0
        self._heard_until_s = 0.0

    async def _play(self, pcm: bytes) -> None:
        silences = self._silences
        step = OUT_HZ * STEP_MS // 1000 * SAMPLE_BYTES
        for start in range(0, len(pcm), step):
            piece = pcm[start : start + step]
            self._heard_until_s = max(self._heard_until_s, self._clock()) + len(piece) / _OUT_BYTES_A_S
            await self._sleep(max(self._heard_until_s - self._clock(), 0.0))
            if silences != self._silences:
                return
            self._keep(piece)

    def _keep(self, piece: bytes) -> None:
        if self._written_bytes >= LONGEST_OUT_S * _OUT_BYTES_A_S:
            return
        try:
            self._out.writeframes(piece)
        except OSError as error:
            raise AudioError(f"what is played cannot be written ({error.strerror}); is the disk full?") from error
        self._written_bytes += len(piece)


@asynccontextmanager
async def recorded_speaker(path: Path) -> AsyncIterator[RecordedSpeaker]:
    """Play into the WAV `path` during the block; it can be read at any time. Raises AudioError."""
    with _wav(path) as out:
        yield RecordedSpeaker(out)


@contextmanager
def _wav(path: Path) -> Iterator[wave.Wave_write]:
    try:
        file = path.open("wb")
    except OSError as error:
        raise AudioError(f"{path}: cannot be written ({error.strerror}); choose another place") from error
    with file, wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(SAMPLE_BYTES)
        out.setframerate(OUT_HZ)
        out.writeframes(b"")
        yield out
