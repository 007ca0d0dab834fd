"""One end of a socket pair between two of the gateway's processes: messages in order, all bounded.

What is read carries no descriptors: asyncio receives without room for them, and the kernel closes what was sent along.
"""

import asyncio
import socket
from contextlib import suppress
from time import monotonic
from typing import Final

import msgspec

from gateway.errors import LinkError, ProtocolError
from gateway.processes.words import LARGEST_BYTES
from gateway.wire.messages import Message

MOST_UNSENT_BYTES: Final = 2 * LARGEST_BYTES
"""Whoever reads nothing while this much waits does not work any more."""
CLOSING_S: Final = 1.0


class Link[Heard: Message]:
    """Belongs to the event loop that is running when it is made."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, decoder: msgspec.json.Decoder[Heard]
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._decoder = decoder
        self.heard_s = monotonic()
        """When something was heard last, or it was made."""

    @classmethod
    async def over(cls, end: socket.socket, decoder: msgspec.json.Decoder[Heard]) -> Link[Heard]:
        """Return a link over one end of a pair, which is closed with it; `decoder` knows what may be heard."""
        try:
            reader, writer = await asyncio.open_unix_connection(sock=end, limit=LARGEST_BYTES)
        except BaseException:
            end.close()
            raise
        return cls(reader, writer, decoder)

    def say(self, message: Message) -> None:
        """Say something; to somebody who has gone nothing is said. Raises LinkError for somebody who reads nothing."""
        if self._writer.is_closing():
            return
        self._writer.write(msgspec.json.encode(message) + b"\n")
        if self._writer.transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            self._writer.transport.abort()
            raise LinkError(f"nothing is read, and more than {MOST_UNSENT_BYTES} bytes wait")

    async def hear(self) -> Heard | None:
        """Return what is said next; None when the other side has gone. Raises ProtocolError for what is no message."""
        try:
            line = await self._reader.readline()
            self.heard_s = monotonic()
            return self._decoder.decode(line) if line.endswith(b"\n") else None
        except ConnectionError:
            return None
        except (ValueError, RecursionError) as error:  # msgspec's are ValueErrors, and so is too long a line
            raise ProtocolError("malformed", "one of the gateway's processes says what is no message") from error

    async def close(self) -> None:
        """Send what waits, as long as it is read, and end."""
        self._writer.close()
        closing = asyncio.ensure_future(self._writer.wait_closed())
        await asyncio.wait({closing}, timeout=CLOSING_S)
        self._writer.transport.abort()
        with suppress(ConnectionError):
            await closing
