"""Between a sound device, which never waits, and a reader, which may: a bounded queue of frames of 32 ms."""

import asyncio
from collections import deque
from typing import Self

from gateway.audio import FRAME_BYTES, FRAME_MS
from gateway.errors import AudioError, VoiceError

QUEUE_FRAMES = 4_000 // FRAME_MS
"""Four seconds: a reader who is busy for that long has lost the conversation anyway."""
STALLED_S = 3.0
"""Sound devices deliver many times a second, a Bluetooth headset that wakes up within two seconds."""


class FrameQueue:
    """An endless iterator of frames (`FRAME_BYTES`, 16 kHz mono s16le); the oldest are dropped when nobody reads.

    Iteration raises AudioError when the device has ended, or gave nothing for `STALLED_S`.
    """

    def __init__(self, *, stalled_s: float | None = STALLED_S) -> None:
        """`stalled_s` is how long silence without frames means a broken device; None where it may be muted."""
        self._stalled_s = stalled_s
        self.dropped_frames = 0
        self._frames: deque[bytes] = deque()
        self._rest = b""
        self._error: VoiceError | None = None
        self._news = asyncio.Event()

    def put(self, pcm: bytes) -> None:
        """Take sound of any length, in the event loop's thread."""
        pcm = self._rest + pcm
        whole_bytes = len(pcm) - len(pcm) % FRAME_BYTES
        self._rest = pcm[whole_bytes:]
        for start in range(0, whole_bytes, FRAME_BYTES):
            if len(self._frames) == QUEUE_FRAMES:
                self._frames.popleft()
                self.dropped_frames += 1
            self._frames.append(pcm[start : start + FRAME_BYTES])
        self._news.set()

    def end(self, error: VoiceError) -> None:
        """Let the reader have what is here, then `error`."""
        self._error = error
        self._news.set()

    async def wait_for_sound(self) -> None:
        """Return as soon as there is a frame to read.

        Raises AudioError where none comes.
        """
        try:
            async with asyncio.timeout(self._stalled_s):
                while not self._frames:
                    if self._error:
                        raise self._error
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as error:
            raise AudioError(
                f"the microphone gave no sound for {self._stalled_s:.0f} seconds; "
                "check that it is plugged in and not in use"
            ) from error

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        await self.wait_for_sound()
        return self._frames.popleft()
