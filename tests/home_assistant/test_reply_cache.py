"""What is forgotten is not to be heard again from Home Assistant's copies of replies."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from homeassistant.components import tts
from homeassistant.components.tts.const import DATA_TTS_MANAGER
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed, async_mock_service

from custom_components.local_voice.const import DOMAIN
from custom_components.local_voice.reply_cache import AGAIN_AFTER
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import ScriptedGateway
from tests.home_assistant.voice import entity_of, until


@pytest.fixture
async def loaded(hass: HomeAssistant, tmp_path: Path, setup_entry: SetUp) -> MockConfigEntry:
    """Set up the entry of a Home Assistant whose files are the test's own."""
    hass.config.config_dir = str(tmp_path)
    return await setup_entry()


@pytest.fixture
def cleared(hass: HomeAssistant, loaded: MockConfigEntry) -> list[ServiceCall]:
    """Return how often Home Assistant's text-to-speech was told to clear its cache: from here on it only counts."""
    calls: list[ServiceCall] = async_mock_service(hass, "tts", "clear_cache")
    return calls


@pytest.fixture
def kept(loaded: MockConfigEntry, hass_storage: dict[str, Any]) -> Callable[[], dict[str, Any] | None]:
    """Return what gives what is kept of the gateway's deletions."""

    def get() -> dict[str, Any] | None:
        stored = hass_storage.get(f"{DOMAIN}.replies_{loaded.entry_id}")
        return None if stored is None else stored["data"]

    return get


async def forget(gateway: ScriptedGateway) -> None:
    """Have something forgotten at the gateway, which tells who is connected."""
    gateway.ledger.deletions += 1
    await gateway.say({"type": "something_forgotten"}, gateway.ledger.kept())


async def pass_by(hass: HomeAssistant, times: float) -> None:
    """Wait so many times as long as it takes to clear it once more."""
    async_fire_time_changed(hass, dt_util.utcnow() + AGAIN_AFTER * times)
    await hass.async_block_till_done()


async def test_a_spoken_reply_is_in_the_cache_until_something_is_forgotten(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry, tmp_path: Path
) -> None:
    stream = tts.async_create_stream(hass, entity_of(hass, loaded, "tts"), options={tts.ATTR_PREFERRED_FORMAT: "wav"})
    stream.async_set_message("The lamp is on.")
    assert [piece async for piece in stream.async_stream_result()]
    known = hass.data[DATA_TTS_MANAGER].file_cache  # written to before it is known, and cleared as far as it is known
    await until(lambda: len(known) == 1)
    kept = tmp_path / "tts"
    assert [copy.name for copy in kept.iterdir()] == list(known.values())
    await forget(gateway)
    await until(lambda: not list(kept.iterdir()))


async def test_it_is_cleared_once_more_when_what_was_being_said_is_over(
    hass: HomeAssistant, gateway: ScriptedGateway, cleared: list[ServiceCall], kept: Callable[[], object]
) -> None:
    await forget(gateway)
    await forget(gateway)
    await until(lambda: len(cleared) == 2)
    assert kept() is None, "if it ended here, it would be cleared at the next start"
    await pass_by(hass, 1.5)
    assert (len(cleared), kept()) == (3, {"cleared": 2})
    await pass_by(hass, 3)
    assert len(cleared) == 3


async def test_it_is_cleared_at_once_when_the_gateway_goes_before(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    loaded: MockConfigEntry,
    cleared: list[ServiceCall],
    kept: Callable[[], object],
) -> None:
    await forget(gateway)
    await until(lambda: len(cleared) == 1)
    await hass.config_entries.async_unload(loaded.entry_id)
    assert (len(cleared), kept()) == (2, {"cleared": 1})


async def test_what_was_forgotten_while_home_assistant_was_off_is_cleared_when_it_is_back(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry, cleared: list[ServiceCall]
) -> None:
    await forget(gateway)
    await until(lambda: len(cleared) == 1)
    await hass.config_entries.async_unload(loaded.entry_id)
    cleared.clear()
    await hass.config_entries.async_setup(loaded.entry_id)
    await hass.async_block_till_done()
    assert cleared == [], "it is as it was"
    await hass.config_entries.async_unload(loaded.entry_id)
    gateway.ledger.deletions += 1
    await hass.config_entries.async_setup(loaded.entry_id)
    await until(lambda: len(cleared) == 1)


async def test_what_was_forgotten_while_the_connection_was_lost_is_cleared_when_it_is_back(
    gateway: ScriptedGateway, cleared: list[ServiceCall]
) -> None:
    await gateway.stop()
    gateway.ledger.deletions += 1
    await gateway.start()
    await until(lambda: len(cleared) == 1)


async def test_a_gateway_whose_ledger_is_away_says_nothing_of_deletions(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry, cleared: list[ServiceCall]
) -> None:
    await forget(gateway)
    await until(lambda: len(cleared) == 1)
    await pass_by(hass, 1.5)
    gateway.ledger.is_there, gateway.ledger.deletions = False, 0
    await gateway.say(gateway.ledger.kept())
    await until(lambda: not loaded.runtime_data.ledger.is_there)
    await pass_by(hass, 3)
    assert len(cleared) == 2


@pytest.mark.parametrize("stored", [{"version": 1, "data": {}}, {"version": 99, "data": {"cleared": 7}}])
async def test_where_it_is_not_known_what_was_cleared_it_is_cleared_once_more(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    loaded: MockConfigEntry,
    cleared: list[ServiceCall],
    kept: Callable[[], object],
    hass_storage: dict[str, Any],
    stored: dict[str, Any],
) -> None:
    await hass.config_entries.async_unload(loaded.entry_id)
    gateway.ledger.deletions = 7
    name = f"{DOMAIN}.replies_{loaded.entry_id}"
    hass_storage[name] = {"minor_version": 1, "key": name, **stored}
    await hass.config_entries.async_setup(loaded.entry_id)
    await until(lambda: len(cleared) == 1)
    await pass_by(hass, 1.5)
    assert kept() == {"cleared": 7}


async def test_removing_the_entry_forgets_what_was_kept(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    loaded: MockConfigEntry,
    cleared: list[ServiceCall],
    kept: Callable[[], object],
) -> None:
    await forget(gateway)
    await until(lambda: len(cleared) == 1)
    await hass.config_entries.async_remove(loaded.entry_id)
    await hass.async_block_till_done()
    assert (len(cleared), kept()) == (2, None)


async def test_without_text_to_speech_there_is_nothing_to_clear(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry, kept: Callable[[], object]
) -> None:
    hass.services.async_remove("tts", "clear_cache")
    await forget(gateway)
    await until(lambda: loaded.runtime_data.ledger.kept.deletions == 1)
    await pass_by(hass, 1.5)
    assert kept() == {"cleared": 1}
