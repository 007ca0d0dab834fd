"""What is forgotten is not to be heard again from Home Assistant's copies of replies."""

from pathlib import Path

import pytest
from homeassistant.components import tts
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed, async_mock_service

from custom_components.local_voice.reply_cache import AGAIN_AFTER
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import ScriptedGateway
from tests.home_assistant.voice import entity_of, until

SOMETHING = {"type": "something_forgotten"}


@pytest.fixture
async def loaded(hass: HomeAssistant, tmp_path: Path, setup_entry: SetUp) -> MockConfigEntry:
    """Set up the entry of a Home Assistant whose files are the test's own."""
    hass.config.config_dir = str(tmp_path)
    return await setup_entry()


async def test_a_spoken_reply_is_in_the_cache_until_something_is_forgotten(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry, tmp_path: Path
) -> None:
    stream = tts.async_create_stream(hass, entity_of(hass, loaded, "tts"), options={tts.ATTR_PREFERRED_FORMAT: "wav"})
    stream.async_set_message("The lamp is on.")
    assert [piece async for piece in stream.async_stream_result()]
    kept = tmp_path / "tts"
    await until(lambda: len(list(kept.iterdir())) == 1)
    await hass.async_block_till_done()
    await gateway.say(SOMETHING)
    await until(lambda: not list(kept.iterdir()))


async def test_it_is_cleared_once_more_when_what_was_being_said_is_over(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry
) -> None:
    cleared = async_mock_service(hass, "tts", "clear_cache")
    await gateway.say(SOMETHING, SOMETHING)
    await until(lambda: len(cleared) == 2)
    async_fire_time_changed(hass, dt_util.utcnow() + AGAIN_AFTER * 1.5)
    await hass.async_block_till_done()
    assert len(cleared) == 3
    async_fire_time_changed(hass, dt_util.utcnow() + AGAIN_AFTER * 3)
    await hass.async_block_till_done()
    assert len(cleared) == 3


async def test_it_is_cleared_at_once_when_the_gateway_goes_before(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry
) -> None:
    cleared = async_mock_service(hass, "tts", "clear_cache")
    await gateway.say(SOMETHING)
    await until(lambda: len(cleared) == 1)
    await hass.config_entries.async_unload(loaded.entry_id)
    await hass.async_block_till_done()
    assert len(cleared) == 2


async def test_without_text_to_speech_there_is_nothing_to_clear(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry
) -> None:
    hass.services.async_remove("tts", "clear_cache")
    forgotten: list[bool] = []
    loaded.runtime_data.ledger.on_forgotten(forgotten.append)
    await gateway.say(SOMETHING)
    await until(lambda: forgotten == [False])
    await hass.async_block_till_done()
