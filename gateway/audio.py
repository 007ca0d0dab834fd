"""Sound inside this program: 16 kHz mono s16le, in frames of 32 ms.

Frames, their pace, what was heard last, how loud, and other rates. Files are `recordings`' business, sound devices are
the satellite's.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import numpy as np
import soxr

from gateway.errors import AudioError

RATE_HZ = 16_000
SAMPLE_BYTES = 2
FRAME_SAMPLES = 512
"""What Silero VAD takes at 16 kHz; everything else is content with it."""
FRAME_BYTES = FRAME_SAMPLES * SAMPLE_BYTES
FRAME_MS = FRAME_SAMPLES * 1000 // RATE_HZ
FULL_SCALE = 32_768
QUIETEST_DBFS = -100.0
"""What digital silence counts as: below one step of 16 bits (-90 dB)."""

type Clock = Callable[[], float]
type Sleep = Callable[[float], Awaitable[None]]


class RingBuffer:
    """The last `seconds` of frames, rounded up to whole frames; older ones fall out."""

    def __init__(self, seconds: float) -> None:
        self._frames: deque[bytes] = deque(maxlen=math.ceil(seconds * 1000 / FRAME_MS))

    def __len__(self) -> int:
        return len(self._frames)

    def push(self, frame: bytes) -> None:
        """Keep one more frame."""
        self._frames.append(frame)

    def snapshot(self) -> bytes:
        """Return everything that is kept, oldest first, as one stretch of 16 kHz mono s16le."""
        return b"".join(self._frames)

    def clear(self) -> None:
        """Forget everything."""
        self._frames.clear()


class Resampler:
    """Mono s16le from one rate to another, piece by piece; a few milliseconds stay inside until `finish`."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._same = from_hz == to_hz
        self._stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="int16", quality="HQ")

    def feed(self, pcm: bytes) -> bytes:
        """Return what can already be said at the new rate."""
        return pcm if self._same else self._chunk(pcm, is_last=False)

    def finish(self) -> bytes:
        """Return the rest; nothing may be fed afterwards."""
        return b"" if self._same else self._chunk(b"", is_last=True)

    def _chunk(self, pcm: bytes, *, is_last: bool) -> bytes:
        return bytes(self._stream.resample_chunk(samples(pcm), last=is_last).tobytes())


def resample(pcm: bytes, from_hz: int, to_hz: int) -> bytes:
    """Return mono s16le `pcm` at another rate."""
    if from_hz == to_hz or not pcm:
        return pcm
    return bytes(soxr.resample(samples(pcm), from_hz, to_hz, quality="HQ").tobytes())


def samples(pcm: bytes) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """Return s16le `pcm` as an array, without copying.

    Raises AudioError for half a sample.
    """
    if len(pcm) % SAMPLE_BYTES:
        raise AudioError(f"{len(pcm)} bytes are not whole 16-bit samples")
    return np.frombuffer(pcm, dtype="<i2")


def level_dbfs(pcm: bytes) -> float:
    """Return how loud s16le `pcm` is: the root mean square in dB of full scale, `QUIETEST_DBFS` at least."""
    if not pcm:
        return QUIETEST_DBFS
    mean_square = float(np.mean(np.square(samples(pcm), dtype=np.float64)))
    return max(10 * math.log10(max(mean_square, 1e-9) / FULL_SCALE**2), QUIETEST_DBFS)


def frames(pcm: bytes) -> Iterator[bytes]:
    """Yield `pcm` in frames of `FRAME_BYTES`; the last one is filled up with silence."""
    for start in range(0, len(pcm), FRAME_BYTES):
        yield pcm[start : start + FRAME_BYTES].ljust(FRAME_BYTES, b"\0")


async def paced(
    pcm: bytes, *, realtime: bool, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep
) -> AsyncIterator[bytes]:
    """Yield `pcm` in frames, each at the moment its last sample would have been heard; or as fast as they are pulled.

    The schedule is absolute: a reader who was late gets the frames that are due at once, and no drift adds up. The
    event loop gets a turn before every frame either way.
    """
    start_s = clock()
    for number, frame in enumerate(frames(pcm), start=1):
        due_s = start_s + number * FRAME_MS / 1000
        await sleep(max(due_s - clock(), 0.0) if realtime else 0.0)
        yield frame
