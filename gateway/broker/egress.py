"""The only way out of the home: one request, once, to the one place that it was approved for.

Every time a connection of its own, by HTTPS, to addresses that are looked up once and looked at before they are
connected to. No proxy, no cookie, no redirection, no second try after a byte has left.
"""

import asyncio
import os
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, cast

from gateway.broker.addresses import wrong_for
from gateway.broker.cloud_answer import AnswerReader
from gateway.broker.cloud_tls import context_for
from gateway.broker.destination import Destination
from gateway.errors import ConfigError, ProtocolError, VoiceError

TOTAL_S: Final = 20.0
"""From the name to the answer's last byte; a person who asked aloud does not wait longer."""
CONNECT_S: Final = 5.0
"""For each address: a service that is there answers within one, and the others get their turn."""
MOST_ADDRESSES: Final = 4
"""That are tried; a service has two or three of each family."""
READ_BYTES: Final = 16 * 1024
"""At a time: what one TLS record holds."""

type SocketAddress = tuple[str, int] | tuple[str, int, int, int]
"""As `socket.getaddrinfo` has them for IPv4, and for IPv6."""
type Resolve = Callable[[str, int], Awaitable[Sequence[SocketAddress]]]
"""Host and port to addresses; raises OSError."""
type Release = Callable[[], bytes]
"""Called once, right before the bytes are written; what it raises gets out unchanged, and nothing is written."""

_LOOKING_UP: Final = ThreadPoolExecutor(max_workers=4, thread_name_prefix="resolve")
"""Not the event loop's own threads: the system's resolver cannot be broken off, and its end would wait for that."""
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER, on and 0 s: what the kernel still holds when the connection is cut is thrown away, not sent."""


class EgressError(VoiceError):
    """A request was not answered; `reason` says why.

    Before anything left: `no_address`, `private_address` (a cloud's name leads into the home), `public_address` (a
    local one's leads out of it), `not_reached`, `certificate`. After: `no_answer`, `redirect`, `status`, `too_large`,
    `broken_answer`. Either: `late`.
    """

    code = "egress"

    def __init__(self, reason: str, message: str, *, status: int = 0, received_bytes: int = 0) -> None:
        """`message` is a sentence for a person."""
        super().__init__(message)
        self.reason = reason
        self.status = status
        """The HTTP status, where there was one."""
        self.received_bytes = received_bytes
        """What came back, inside TLS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a service answered."""

    status: int
    text: str = field(repr=False)
    received_bytes: int


class Egress:
    """Sends."""

    def __init__(self, *, resolve: Resolve | None = None, total_s: float = TOTAL_S) -> None:
        self._resolve = resolve or _looked_up
        self._total_s = total_s

    async def send(self, destination: Destination, release: Release) -> Answer:
        """Connect, write what `release` returns, and return the answer.

        Raises EgressError, and what `release` raises. When it is cancelled the connection is cut at once, and what has
        not left this machine by then never does.
        """
        until_s = asyncio.get_running_loop().time() + self._total_s
        try:
            async with asyncio.timeout_at(until_s):
                stream, writer = await self._connect(destination)
        except TimeoutError as error:
            raise EgressError(
                "late", f"{destination.id}: no connection within {self._total_s:g} s; nothing was sent, try again later"
            ) from error
        try:
            if writer.transport.is_closing():
                raise _not_reached(destination, "it hung up")
            writer.write(release())  # nothing else happens in between: whoever revokes comes before or after
            return await self._answer(destination, stream, until_s)
        finally:
            writer.transport.abort()

    async def _connect(self, destination: Destination) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return a connection on which nothing is said yet. Raises EgressError."""
        try:
            context = context_for(destination)
        except ConfigError as error:
            raise EgressError("certificate", f"{error}; nothing was sent") from error
        addresses = await self._addresses(destination)
        why = ""
        for address in addresses[:MOST_ADDRESSES]:
            try:
                async with asyncio.timeout(CONNECT_S):
                    return await _connected(address, context, destination.host)
            except ssl.SSLCertVerificationError as error:
                raise EgressError(
                    "certificate",
                    f"{destination.id}: its certificate does not prove that it is {destination.host} "
                    f"({error.verify_message}); nothing was sent. If it is signed by an authority of your own, add the "
                    "destination again with that",
                ) from error
            except OSError as error:
                why = _why(error)
        raise _not_reached(destination, why)

    async def _addresses(self, destination: Destination) -> Sequence[SocketAddress]:
        """Look the name up, this once, and return its addresses, all of which may be connected to."""
        host = destination.host
        try:
            addresses = await self._resolve(host, destination.port)
        except (OSError, UnicodeError) as error:
            raise _no_address(destination) from error
        if not addresses:
            raise _no_address(destination)
        reason = wrong_for((address[0] for address in addresses), is_local=destination.is_local)
        if reason == "private_address":
            raise EgressError(
                reason,
                f"{destination.id}: {host} leads to an address that is not on the internet; nothing was sent. "
                "If it is at home, add it again as a local one; if not, ask who answers for names in this network",
            )
        if reason:
            raise EgressError(
                reason,
                f"{destination.id}: {host} leads to an address outside this home; nothing was sent. "
                "If that is meant, add it again, not as a local one",
            )
        return addresses

    async def _answer(self, destination: Destination, stream: asyncio.StreamReader, until_s: float) -> Answer:
        reader = AnswerReader(destination.kind)
        try:
            async with asyncio.timeout_at(until_s):
                await _read(stream, reader)
            return Answer(status=reader.status, text=reader.text(), received_bytes=reader.received_bytes)
        except (TimeoutError, ProtocolError) as error:
            reason, why = "late", f"no whole answer within {self._total_s:g} s; try again later"
            if isinstance(error, ProtocolError):
                reason, why = error.refusal, str(error)
            raise EgressError(
                reason, f"{destination.id}: {why}", status=reader.status, received_bytes=reader.received_bytes
            ) from error


async def _looked_up(host: str, port: int) -> Sequence[SocketAddress]:
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(_LOOKING_UP, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    return cast("list[SocketAddress]", list(dict.fromkeys(address for *_, address in found)))


async def _connected(
    address: SocketAddress, context: ssl.SSLContext, host: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a connection to one address, encrypted, and its certificate checked. Raises OSError."""
    link = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
    try:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        link.setblocking(False)
        await asyncio.get_running_loop().sock_connect(link, address)
    except BaseException:
        link.close()
        raise
    return await asyncio.open_connection(sock=link, ssl=context, server_hostname=host, limit=READ_BYTES)


async def _read(stream: asyncio.StreamReader, reader: AnswerReader) -> None:
    while not reader.is_complete:
        try:
            data = await stream.read(min(READ_BYTES, reader.most_bytes))
        except OSError:  # the connection was lost, which is an end too
            data = b""
        reader.feed(data)


def _no_address(destination: Destination) -> EgressError:
    return EgressError(
        "no_address",
        f"{destination.id}: {destination.host} has no address; nothing was sent. "
        "Check the name, and whether the gateway reaches the internet",
    )


def _not_reached(destination: Destination, why: str) -> EgressError:
    return EgressError(
        "not_reached",
        f"{destination.id}: {destination.host} cannot be reached on port {destination.port} ({why}); nothing was sent. "
        "Check its address, and whether it runs",
    )


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return f"no TLS 1.2 or later: {error.reason or type(error).__name__}"
    if isinstance(error, TimeoutError):
        return "no answer"
    return os.strerror(error.errno) if error.errno else type(error).__name__
