"""The last seconds of a stream, to go back to what was said before the wake word was recognised."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable
from typing import Final

KEPT_MS: Final = 10_000
"""A wake word is found within a second; the rest is for a gateway that is briefly slow to hear what was sent."""
_BYTES_A_MS: Final = 32
"""16 kHz, mono, 16 bits."""

type Chunk = tuple[bytes, int]
"""A piece of sound and its time in ms, as pipelines have them."""


class Tape:
    """A stream that is played once and can be wound back a little.

    The stream goes on to speech recognition afterwards, so it is never broken off in the middle of a chunk.
    """

    def __init__(self, stream: AsyncIterable[Chunk]) -> None:
        """`stream` is read by nobody else until `close`."""
        self._stream = aiter(stream)
        self._kept: deque[Chunk] = deque()
        self._kept_from_ms = 0.0
        self._kept_to_ms = 0.0
        self._reading: asyncio.Task[Chunk | None] | None = None
        self._failure: Exception | None = None

    async def play(self) -> AsyncGenerator[bytes]:
        """Yield the sound as it comes. A stream that fails ends here; `check` says so."""
        while (chunk := await self._read()) is not None:
            yield chunk[0]

    def check(self) -> None:
        """Raise what the stream failed with, if it did."""
        if self._failure is not None:
            raise self._failure

    async def since(self, start_ms: float) -> list[Chunk]:
        """Return what came since then, what is coming just now included."""
        if self._reading is not None:
            await self._read()
        chunks: list[Chunk] = []
        end_ms = self._kept_from_ms
        for chunk in self._kept:
            end_ms += len(chunk[0]) / _BYTES_A_MS
            if end_ms > start_ms:
                chunks.append(chunk)
        return chunks

    async def close(self) -> None:
        """Read no more."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait({self._reading})

    async def _read(self) -> Chunk | None:
        """Return the next chunk; None at the end. Whoever is cancelled here leaves the reading to the next."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._next(), name="local_voice tape")
        chunk = await asyncio.shield(self._reading)
        self._reading = None
        if chunk is not None:
            self._keep(chunk)
        return chunk

    async def _next(self) -> Chunk | None:
        try:
            return await anext(self._stream, None)
        except Exception as error:  # noqa: BLE001 - whatever it is, `check` raises it where the pipeline expects it
            self._failure = error
            return None

    def _keep(self, chunk: Chunk) -> None:
        self._kept.append(chunk)
        self._kept_to_ms += len(chunk[0]) / _BYTES_A_MS
        while self._kept_to_ms - self._kept_from_ms > KEPT_MS:
            self._kept_from_ms += len(self._kept.popleft()[0]) / _BYTES_A_MS
