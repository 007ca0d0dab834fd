"""Dialling a gateway: TLS, the pin compared before a word is said, the token, and errors that say what to do."""

import asyncio
import hashlib
import socket
import ssl
from asyncio.trsock import TransportSocket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ClientWSTimeout,
    Fingerprint,
    ServerFingerprintMismatch,
    TCPConnector,
    WSServerHandshakeError,
)

from gateway.errors import LinkError, TrustError
from gateway.wire.channel import CLOSE_S, HEARTBEAT_S, Channel
from gateway.wire.identity import SERVER_NAME, client_context
from gateway.wire.messages import LARGEST_MESSAGE_BYTES, Vocabulary

CONNECT_S: Final = 10.0
"""A gateway on the same network answers within milliseconds, one that starts up within seconds."""
LOOK_AGAIN_S: Final = 0.001
_UNAUTHORIZED, _PAUSED, _FULL = 401, 429, 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a port is."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


async def fingerprint_of(address: Address) -> bytes:
    """Return the fingerprint that a port shows now; it proves nothing until a pairing proof covers it.

    Raises LinkError.
    """
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(
                address.host, address.port, ssl=client_context(), server_hostname=SERVER_NAME
            )
    except (OSError, TimeoutError) as error:
        raise unreachable(address, error) from error
    try:
        tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
        certificate = tls.getpeercert(binary_form=True) or b""
        return hashlib.sha256(certificate).digest()
    finally:
        writer.transport.abort()
        await _closed(writer.get_extra_info("socket"))


@asynccontextmanager
async def dial(
    address: Address, path: str, heard: Vocabulary, *, pin: bytes, token: str = ""
) -> AsyncIterator[Channel]:
    """Hold a connection to one of a gateway's ports during the block.

    Raises LinkError where it is not reached, TrustError where it shows another fingerprint than `pin` or refuses the
    token.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connector = TCPConnector(ssl=client_context(), force_close=True)
    timeout = ClientTimeout(total=None, connect=CONNECT_S, sock_connect=CONNECT_S)
    async with ClientSession(connector=connector, timeout=timeout, trust_env=False) as session:
        try:
            async with asyncio.timeout(CONNECT_S):
                websocket = await session.ws_connect(
                    f"https://{address}{path}",
                    headers=headers,
                    ssl=Fingerprint(pin),
                    server_hostname=SERVER_NAME,
                    timeout=ClientWSTimeout(ws_close=CLOSE_S),
                    heartbeat=HEARTBEAT_S,
                    max_msg_size=LARGEST_MESSAGE_BYTES,
                )
        except ServerFingerprintMismatch as error:
            raise TrustError(
                f"{address} is not the gateway this device was paired with: its fingerprint is another one. "
                "If the gateway was set up anew, pair again; if not, something else answers in its place"
            ) from error
        except WSServerHandshakeError as error:
            raise _refused(address, error.status) from error
        except (ClientError, OSError, TimeoutError) as error:
            raise unreachable(address, error) from error

        connected: TransportSocket = websocket.get_extra_info("socket")

        def abort() -> None:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

        channel = Channel(websocket, heard, abort, refuses=False)
        try:
            yield channel
        finally:
            await channel.close()
            await _closed(connected)


async def _closed(connected: TransportSocket) -> None:
    """Return when the event loop has let go of the socket: whoever ends the loop now leaves nothing open."""
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            while connected.fileno() >= 0:  # noqa: ASYNC110 - the event loop tells nobody when it lets go
                await asyncio.sleep(LOOK_AGAIN_S)


def unreachable(address: Address, error: Exception) -> LinkError:
    """Return a LinkError in words for a connection that could not be made."""
    why = "no answer in time" if isinstance(error, TimeoutError) else _reason(error)
    return LinkError(f"{address} is not reached ({why}); is the gateway running, and is this its address?")


def _reason(error: Exception) -> str:
    if isinstance(error, ClientConnectionError) and error.__cause__ is not None:
        error = error.__cause__ if isinstance(error.__cause__, Exception) else error
    return getattr(error, "strerror", None) or type(error).__name__


def _refused(address: Address, status: int) -> LinkError | TrustError:
    if status == _UNAUTHORIZED:
        return TrustError(
            f"{address} does not know this device, or knows it no more; pair it again "
            "with a code that the gateway shows"
        )
    if status == _PAUSED:
        return LinkError(f"{address} was asked with wrong tokens too often and makes a pause of a minute")
    if status == _FULL:
        return LinkError(f"{address} has too many connections of this device; is it running twice?")
    return LinkError(
        f"{address} answered with status {status}; is that a Local Voice gateway, and its version the same?"
    )
