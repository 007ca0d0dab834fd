"""Sound files of announcements, fetched by Home Assistant."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from aiohttp import web
from homeassistant.components import assist_satellite
from homeassistant.components.assist_satellite.const import CONNECTION_TEST_DATA
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.local_voice import sounds
from custom_components.local_voice.errors import GatewayError
from custom_components.local_voice.sounds import fetch_sound
from custom_components.local_voice.wire.messages import LARGEST_SOUND_FILE_BYTES


@pytest.fixture
async def elsewhere() -> AsyncGenerator[str]:
    """Serve files at an address that is not Home Assistant's."""

    async def serve(request: web.Request) -> web.StreamResponse:
        if request.path == "/slow":
            await asyncio.sleep(5)
        if request.path == "/missing":
            raise web.HTTPNotFound
        return web.Response(body=b"x" * (LARGEST_SOUND_FILE_BYTES + (request.path == "/large")))

    app = web.Application()
    app.router.add_get("/{name}", serve)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_file_elsewhere_is_fetched_up_to_the_limit(hass: HomeAssistant, elsewhere: str) -> None:
    assert len(await fetch_sound(hass, f"{elsewhere}/largest")) == LARGEST_SOUND_FILE_BYTES


@pytest.mark.parametrize(
    ("path", "key"), [("/large", "sound_too_large"), ("/missing", "sound_not_fetched"), ("/slow", "sound_not_fetched")]
)
async def test_what_cannot_be_fetched_is_an_error_that_says_so(
    hass: HomeAssistant, elsewhere: str, monkeypatch: pytest.MonkeyPatch, path: str, key: str
) -> None:
    monkeypatch.setattr(sounds, "FETCH_DEADLINE_S", 0.5)
    with pytest.raises(GatewayError) as raised:
        await fetch_sound(hass, elsewhere + path)
    assert raised.value.translation_key == key
    assert elsewhere not in str(raised.value)


async def test_a_file_of_home_assistants_own_server_is_fetched_from_it_directly(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, assist_satellite.DOMAIN, {})
    client = await hass_client_no_auth()
    assert hass.config.api is not None
    assert client.port is not None
    hass.config.api.host, hass.config.api.port = "127.0.0.1", client.port
    hass.config.internal_url = "http://homeassistant.example:8123"
    fetched = hass.data[CONNECTION_TEST_DATA]["this"] = asyncio.Event()
    sound = await fetch_sound(hass, f"{hass.config.internal_url}/api/assist_satellite/connection_test/this")
    assert sound == Path(assist_satellite.__file__).with_name("connection_test.mp3").read_bytes()
    assert fetched.is_set()


async def test_speech_that_is_nobodys_is_not_fetched(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "tts", {})
    with pytest.raises(GatewayError) as raised:
        await fetch_sound(hass, "/api/tts_proxy/unknown.wav")
    assert raised.value.translation_key == "sound_not_fetched"


async def test_home_assistant_without_a_server_fetches_nothing_of_its_own(hass: HomeAssistant) -> None:
    hass.config.api = None
    with pytest.raises(GatewayError) as raised:
        await fetch_sound(hass, "/local/bell.mp3")
    assert raised.value.translation_key == "sound_not_fetched"
