"""The sound files of announcements, fetched by Home Assistant: a satellite reaches nobody but its gateway.

What Home Assistant has itself is taken from it directly, or from its own web server. Another address is fetched only
because somebody wrote it into the announcement.
"""

import asyncio
from collections.abc import AsyncIterable
from pathlib import Path
from typing import Final

from aiohttp import ClientError
from homeassistant.components import assist_satellite, tts
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.network import is_hass_url
from yarl import URL

from .errors import GatewayError
from .wire.messages import LARGEST_SOUND_FILE_BYTES

FETCH_DEADLINE_S: Final = 30.0
"""From the first byte asked for to the last: a long text takes a voice some seconds."""
_SPEECH: Final = "/api/tts_proxy/"
_PREANNOUNCE: Final = "/api/assist_satellite/static/preannounce.mp3"
_PIECE_BYTES: Final = 64 * 1024


async def fetch_sound(hass: HomeAssistant, address: str) -> bytes:
    """Return the sound file at this address. Raises GatewayError: `sound_too_large`, `sound_not_fetched`."""
    try:
        async with asyncio.timeout(FETCH_DEADLINE_S):
            return await _fetch(hass, URL(address))
    except GatewayError:
        raise
    except ClientError, TimeoutError, OSError, ValueError, HomeAssistantError:
        # Neither the address nor the cause is told: they may hold the text that is spoken.
        raise GatewayError("sound_not_fetched") from None


async def _fetch(hass: HomeAssistant, address: URL) -> bytes:
    is_ours = not address.absolute or is_hass_url(hass, str(address))
    if is_ours and address.path.startswith(_SPEECH):
        stream = tts.async_get_stream(hass, address.path.removeprefix(_SPEECH))
        if stream is None:
            raise GatewayError("sound_not_fetched")
        return await _limited(stream.async_stream_result())
    if is_ours and address.path == _PREANNOUNCE:
        path = Path(assist_satellite.__file__).with_name("preannounce.mp3")
        return await hass.async_add_executor_job(path.read_bytes)
    if is_ours:
        address = _at_own_server(hass, address)
    # Our own server's certificate is made out to the name that people use, not to its address.
    session = async_get_clientsession(hass, verify_ssl=not is_ours)
    async with session.get(address, raise_for_status=True, allow_redirects=not is_ours) as response:
        return await _limited(response.content.iter_chunked(_PIECE_BYTES))


def _at_own_server(hass: HomeAssistant, address: URL) -> URL:
    """Return the address at this Home Assistant itself, so that no request leaves the machine to come back."""
    api = hass.config.api
    if api is None:
        raise GatewayError("sound_not_fetched")
    origin = URL.build(scheme="https" if api.use_ssl else "http", host=api.host, port=api.port)
    return origin.join(address.relative() if address.absolute else address)


async def _limited(pieces: AsyncIterable[bytes]) -> bytes:
    sound = bytearray()
    async for piece in pieces:
        sound += piece
        if len(sound) > LARGEST_SOUND_FILE_BYTES:
            raise GatewayError("sound_too_large", limit=str(LARGEST_SOUND_FILE_BYTES // 1024**2))
    return bytes(sound)
