"""Wyoming events over a socket, read and written within limits; the library's own reader has none.

Reads straight from the socket, no more than the event at hand may need: what a peer sends beyond waits in the kernel.
"""

import asyncio
import contextlib
import socket
from typing import Annotated, Any, Final

import msgspec
from wyoming.event import Event
from wyoming.version import __version__ as wyoming_version

from gateway.errors import LinkError, ProtocolError
from gateway.json_depth import DEEPEST, is_too_deep
from gateway.wyoming.limits import DATA_BYTES, HEADER_BYTES, PAYLOAD_BYTES, Limits


class EventStream:
    """One connection's events."""

    def __init__(self, connected: socket.socket, limits: Limits) -> None:
        """Read and write `connected`, which does not block; closing it is its owner's business."""
        self._socket = connected
        self._limits = limits
        self._buffer = bytearray()
        self._is_new = True

    async def read(self) -> Event | None:
        """Return the next event; None where the peer has ended.

        Raises ProtocolError for what is no event or too large, LinkError where it breaks off or comes too late.
        """
        try:
            async with asyncio.timeout(
                self._limits.first_header_s if self._is_new else self._limits.idle_s
            ) as deadline:
                if not self._buffer and not await self._receive(HEADER_BYTES):
                    return None
                end_s = asyncio.get_running_loop().time() + self._limits.event_s
                if not self._is_new:
                    deadline.reschedule(end_s)
                head = _head(await self._line())
                self._is_new = False
                deadline.reschedule(end_s)
                data = head.data or {}
                if head.data_length:
                    data |= _object(await self._exactly(head.data_length))
                return Event(head.type, data, await self._exactly(head.payload_length or 0) or None)
        except OSError as error:  # TimeoutError is one
            raise LinkError("the connection was lost, or silent for too long") from error

    async def write(self, event: Event) -> None:
        """Hand `event` to the kernel. Raises LinkError where the peer does not take it in time, or is gone."""
        try:
            async with asyncio.timeout(self._limits.write_s):
                await asyncio.get_running_loop().sock_sendall(self._socket, encode(event))
        except OSError as error:
            raise LinkError("the peer does not read, or is gone") from error

    async def end(self) -> None:
        """Say that nothing follows, and let the peer read what did: to close upon unread bytes would take it back."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            async with asyncio.timeout(self._limits.linger_s):
                while await self._receive(HEADER_BYTES):
                    self._buffer.clear()

    async def _line(self) -> bytes:
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched >= HEADER_BYTES:
                raise ProtocolError("too_large", f"a header has at most {HEADER_BYTES} bytes")
            await self._receive_more(HEADER_BYTES - searched)
        return self._take(end + 1)

    async def _exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            await self._receive_more(count - len(self._buffer))
        return self._take(count)

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    async def _receive_more(self, most: int) -> None:
        if not await self._receive(most):
            raise LinkError("the connection ended within an event")

    async def _receive(self, most: int) -> bool:
        """Read at most `most` bytes; return False at the end."""
        await asyncio.sleep(0)  # a socket that always has something would never let the others run
        received = await asyncio.get_running_loop().sock_recv(self._socket, most)
        self._buffer += received
        return bool(received)


def encode(event: Event) -> bytes:
    """Return `event` as it travels."""
    data = msgspec.json.encode(event.data) if event.data else b""
    header: dict[str, str | int] = {"type": event.type, "version": wyoming_version}
    if data:
        header["data_length"] = len(data)
    if event.payload:
        header["payload_length"] = len(event.payload)
    return b"".join((msgspec.json.encode(header), b"\n", data, event.payload or b""))


class _Head(msgspec.Struct):
    type: Annotated[str, msgspec.Meta(max_length=64)]
    data: dict[str, Any] | None = None
    data_length: Annotated[int, msgspec.Meta(ge=0)] | None = None
    payload_length: Annotated[int, msgspec.Meta(ge=0)] | None = None


_HEAD: Final = msgspec.json.Decoder(_Head)
_OBJECT: Final = msgspec.json.Decoder(dict[str, Any])


def _head(line: bytes) -> _Head:
    head = _decoded(_HEAD, line)
    if (head.data_length or 0) > DATA_BYTES:
        raise ProtocolError("too_large", f"the data of an event has at most {DATA_BYTES} bytes")
    if (head.payload_length or 0) > PAYLOAD_BYTES:
        raise ProtocolError("too_large", f"the payload of an event has at most {PAYLOAD_BYTES} bytes")
    return head


def _object(raw: bytes) -> dict[str, Any]:
    return _decoded(_OBJECT, raw)


def _decoded[T](decoder: msgspec.json.Decoder[T], raw: bytes) -> T:
    if is_too_deep(raw):
        raise ProtocolError("too_deep", f"objects and lists lie at most {DEEPEST} deep in each other")
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ProtocolError("malformed", "not an event of this protocol") from error
