"""Dialling a gateway's port: by its pin, so that no other hears a word, and with every way to fail told apart."""

import asyncio
from collections.abc import Mapping
from typing import Final

from aiohttp import (
    ClientError,
    ClientWebSocketResponse,
    ClientWSTimeout,
    Fingerprint,
    ServerFingerprintMismatch,
    WSServerHandshakeError,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from yarl import URL

from ..errors import GatewayError, NotConnectedError, TrustError
from .codec import LARGEST_MESSAGE_BYTES

SERVER_NAME: Final = "lv-gateway"
"""What every gateway's certificate calls itself; which gateway it is, its fingerprint tells."""
CONNECT_S: Final = 10.0
"""A gateway on the same network answers within milliseconds, one that starts up within seconds."""
CLOSE_S: Final = 2.0
"""For the other side's goodbye."""
_UNTRUSTED: Final = (401, 403)
"""The token is not known any more, or is for another port: only pairing again helps."""
_REFUSALS: Final[Mapping[int, str]] = {429: "paused", 503: "too_many_connections"}


async def websocket_to(
    hass: HomeAssistant, host: str, port: int, path: str, *, pin: bytes, token: str = "", autoping: bool = True
) -> ClientWebSocketResponse:
    """Return a connection to one of a gateway's ports, on which nothing has been said.

    Raises NotConnectedError where it is not reached, TrustError `changed_pin` where it shows another fingerprint than
    `pin` and `unknown_token` where it refuses the token, GatewayError where it answers, but not as a gateway does:
    `too_many_connections`, `paused`, `not_a_gateway`.
    """
    session = async_get_clientsession(hass, verify_ssl=False)  # the pin is compared before a word is said
    try:
        async with asyncio.timeout(CONNECT_S):
            return await session.ws_connect(
                URL.build(scheme="https", host=host, port=port, path=path),
                headers={"Authorization": f"Bearer {token}"} if token else {},
                ssl=Fingerprint(pin),
                server_hostname=SERVER_NAME,
                timeout=ClientWSTimeout(ws_close=CLOSE_S),
                autoping=autoping,
                max_msg_size=LARGEST_MESSAGE_BYTES,
            )
    except ServerFingerprintMismatch as error:
        raise TrustError("changed_pin") from error
    except WSServerHandshakeError as error:
        if error.status in _UNTRUSTED:
            raise TrustError("unknown_token") from error
        raise GatewayError(_REFUSALS.get(error.status, "not_a_gateway")) from error
    except (ClientError, OSError) as error:  # TimeoutError is an OSError
        raise NotConnectedError from error
