"""Short connections to a gateway, each for one purpose: to look at it, to pair, to ask what it offers, to leave.

The connection that lasts is `gateway.py`'s; this one needs no config entry, and keeps nothing.
"""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import ClientError, ClientWebSocketResponse, WSMsgType
from homeassistant.core import HomeAssistant

from ..errors import GatewayError
from .codec import Vocabulary, WrongMessageError, encode
from .dialling import CONNECT_S, SERVER_NAME, websocket_to
from .messages import PROTOCOL_VERSION, Greeting, Hello, Message, Refused

ANSWER_S: Final = 10.0
"""A gateway answers an errand at once: nobody has to decide anything any more."""
MOST_PASSED_OVER: Final = 500
"""A gateway tells about a hundred satellites before what is waited for; one that goes on for ever is none."""


class ErrandError(Exception):
    """An errand did not succeed; `key` says why, and is one of the config flow's errors."""

    def __init__(self, key: str) -> None:
        """`key` is translated where it is shown."""
        super().__init__(key)
        self.key = key


async def fingerprint_of(host: str, port: int) -> bytes:
    """Return the SHA-256 of the certificate that a port shows now; it proves nothing until a proof or a pin covers it.

    Raises ErrandError `cannot_connect` or `not_a_gateway`.
    """
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, port, ssl=_TLS, server_hostname=SERVER_NAME)
    except ssl.SSLError as error:
        raise ErrandError("not_a_gateway") from error
    except (OSError, ValueError) as error:  # TimeoutError is an OSError; ValueError is a host that cannot be one
        raise ErrandError("cannot_connect") from error
    try:
        certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return hashlib.sha256(certificate).digest()
    finally:
        writer.transport.abort()


class Errand:
    """One such connection, while it is open."""

    def __init__(self, websocket: ClientWebSocketResponse, vocabulary: Vocabulary) -> None:
        """`websocket` is connected, and shows the certificate that it should."""
        self._websocket = websocket
        self._vocabulary = vocabulary

    async def say(self, message: Message) -> None:
        """Say one message."""
        await self._websocket.send_str(encode(message).decode())

    async def greet(self) -> None:
        """Say hello, and hear the greeting. Raises ErrandError."""
        await self.say(Hello(protocol=PROTOCOL_VERSION, version="Home Assistant"))
        await self.hear(Greeting)

    async def hear[Awaited: Message](self, kind: type[Awaited]) -> Awaited:
        """Return the next message of this kind; others are passed over.

        Raises ErrandError: what the gateway refused with, or `not_a_gateway`, `cannot_connect`.
        """
        async with asyncio.timeout(ANSWER_S):
            for _ in range(MOST_PASSED_OVER):
                heard = await self._next()
                if isinstance(heard, kind):
                    return heard
                if isinstance(heard, Refused):
                    raise ErrandError(_REFUSALS.get(heard.code, "unknown"))
        raise ErrandError("not_a_gateway")

    async def ended(self) -> None:
        """Return when the gateway has ended the connection."""
        async with asyncio.timeout(ANSWER_S):
            while (await self._websocket.receive()).type not in _OVER:
                pass

    async def _next(self) -> Message | None:
        received = await self._websocket.receive()
        if received.type in _OVER:
            raise ErrandError("cannot_connect")
        if received.type is not WSMsgType.TEXT:
            return None
        try:
            return self._vocabulary.decode(received.data)
        except WrongMessageError as error:
            raise ErrandError("not_a_gateway") from error


@asynccontextmanager
async def errand(
    hass: HomeAssistant, host: str, port: int, path: str, vocabulary: Vocabulary, *, pin: bytes, token: str = ""
) -> AsyncIterator[Errand]:
    """Hold a connection to one of a gateway's ports during the block; `vocabulary` is what it may say there.

    Raises ErrandError: `cannot_connect`, `not_a_gateway`, `another_gateway` where the port shows another fingerprint
    than `pin`, `unknown_token`, `busy`.
    """
    try:
        websocket = await websocket_to(hass, host, port, path, pin=pin, token=token)
    except GatewayError as error:
        raise ErrandError(_NOT_DIALLED[error.translation_key or ""]) from error
    try:
        yield Errand(websocket, vocabulary)
    except (ClientError, OSError) as error:
        raise ErrandError("cannot_connect") from error
    finally:
        await websocket.close()


def _trusting_no_authority() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the fingerprint is compared, by a pin or by a pairing proof
    return context


_TLS: Final = _trusting_no_authority()
_OVER: Final = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)
_NOT_DIALLED: Final[Mapping[str, str]] = {
    "not_connected": "cannot_connect",
    "changed_pin": "another_gateway",
    "unknown_token": "unknown_token",
    "paused": "busy",
    "too_many_connections": "busy",
    "not_a_gateway": "not_a_gateway",
}
"""Why a port could not be dialled (`dialling.py`), and which error is shown for it."""
_REFUSALS: Final[Mapping[str, str]] = {
    "window_closed": "window_closed",
    "wrong_role": "wrong_role",
    "wrong_code": "wrong_code",
    "too_many_wrong_codes": "too_many_wrong_codes",
    "wrong_version": "wrong_version",
    "too_many": "busy",
    "not_stored": "not_stored",
}
"""What a gateway may refuse an errand with, and which error is shown for it."""
