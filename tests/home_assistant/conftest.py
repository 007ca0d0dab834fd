"""What every test of the integration gets: Home Assistant, and a scripted gateway on the loopback."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

# Before Home Assistant looks for `custom_components` in its own test folder.
import custom_components.local_voice
from custom_components.local_voice.broker import Broker
from custom_components.local_voice.const import (
    CONF_BROKER_PIN,
    CONF_BROKER_TOKEN,
    CONF_GATEWAY_ID,
    CONF_PEER_ID,
    CONF_VOICE_PIN,
    CONF_VOICE_TOKEN,
    DOMAIN,
)
from tests.home_assistant.scripted_gateway import GATEWAY_ID, PEER_ID, ScriptedGateway

assert custom_components.local_voice.__name__.endswith(DOMAIN)

type SetUp = Callable[[], Awaitable[MockConfigEntry]]


async def until(on_change: Callable[[Callable[[], None]], Callable[[], None]], holds: Callable[[], bool]) -> None:
    """Wait until something is so, looking at each change that is told of."""
    news = asyncio.Event()
    stop = on_change(news.set)
    try:
        async with asyncio.timeout(5):
            while not holds():
                news.clear()
                await news.wait()
    finally:
        stop()


async def until_told(broker: Broker, holds: Callable[[Broker], bool]) -> None:
    """Wait until something is so of a broker, looking whenever it tells something."""
    await until(broker.on_change, lambda: holds(broker))


@pytest.fixture(autouse=True)
def _loopback(socket_enabled: None) -> None:
    """Allow sockets; the harness has already allowed no host but 127.0.0.1."""


@pytest.fixture(autouse=True)
def _our_integration(enable_custom_integrations: None) -> None:
    """Let Home Assistant load what is in `custom_components`."""


@pytest.fixture(autouse=True)
def _no_disk(hass_storage: dict[str, Any]) -> None:
    """Let Home Assistant keep in memory what it keeps; the harness's own folder is no place for it."""


@pytest.fixture
async def hass(hass: HomeAssistant) -> HomeAssistant:
    """Home Assistant, with the component that most others need."""
    assert await async_setup_component(hass, "homeassistant", {})
    return hass


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncGenerator[ScriptedGateway]:
    """A gateway that does what the test says, listening on both ports."""
    scripted = ScriptedGateway(tmp_path)
    await scripted.start()
    yield scripted
    await scripted.stop()


@pytest.fixture
def entry(gateway: ScriptedGateway) -> MockConfigEntry:
    """Return the entry of somebody who has paired with `gateway`; it is not set up."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Gateway",
        unique_id=GATEWAY_ID,
        data={
            CONF_HOST: gateway.host,
            CONF_PORT: gateway.port,
            CONF_GATEWAY_ID: GATEWAY_ID,
            CONF_PEER_ID: PEER_ID,
            CONF_VOICE_TOKEN: gateway.voice_token,
            CONF_BROKER_TOKEN: gateway.broker_token,
            CONF_VOICE_PIN: gateway.voice_pin,
            CONF_BROKER_PIN: gateway.broker_pin,
        },
    )


@pytest.fixture
async def setup_entry(hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry) -> AsyncGenerator[SetUp]:
    """Give a function that sets up the entry and waits until that is done, well or not. It is unloaded at the end.

    The broker, which Home Assistant does not wait for, is waited for where it lets anybody in.
    """

    async def set_up() -> MockConfigEntry:
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        if entry.state is ConfigEntryState.LOADED and gateway.lets_watch:
            await until_told(entry.runtime_data.broker, lambda broker: broker.protection is not None)
            if not gateway.consent.is_older:
                await until_told(entry.runtime_data.broker, lambda broker: broker.cloud.latest is not None)
            await hass.async_block_till_done()
        return entry

    yield set_up
    if entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()
