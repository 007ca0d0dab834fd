"""When a satellite woke last is known from then on, also in an entry that is loaded anew, and after a restart."""

from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.local_voice.last_wakes import KNOWN, last_wake_at, restore
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import SATELLITE, Json, ScriptedGateway
from tests.home_assistant.small_house import until_state
from tests.home_assistant.test_event import TURN, WAKE

BEFORE: Final = "2026-11-22T07:00:00.000+00:00"


def woke(wake_word: str = WAKE, satellite_id: str = SATELLITE) -> Json:
    return {"type": "turn_began", "satellite_id": satellite_id, "wake_word": wake_word}


async def say(hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry, *sayings: Json) -> None:
    """Have the gateway say something, and wait until it has arrived."""
    turns: list[object] = []
    stop = entry.runtime_data.on_turn(turns.append)
    await gateway.say(*sayings)
    while len(turns) < len(sayings):
        await hass.async_block_till_done()
        await gateway.ping()
    stop()


async def test_it_is_known_from_when_it_does_and_while_the_entry_is_loaded_anew(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    assert last_wake_at(hass, entry, SATELLITE) == ""
    began = dt_util.utcnow()
    await say(hass, gateway, entry, woke())
    at = last_wake_at(hass, entry, SATELLITE)
    noted = dt_util.parse_datetime(at, raise_on_error=True)
    assert -0.001 <= (noted - began).total_seconds() <= 10
    await say(hass, gateway, entry, woke(""), woke(satellite_id="nobody's"))
    await hass.config_entries.async_reload(entry.entry_id)
    assert last_wake_at(hass, entry, SATELLITE) == at
    assert last_wake_at(hass, entry, "nobody's") == ""


async def test_what_is_not_paired_or_set_up_any_more_is_forgotten(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    await gateway.pair_satellite("attic")
    await say(hass, gateway, entry, woke(satellite_id="attic"))
    assert hass.data[KNOWN][entry.entry_id].keys() == {"attic"}
    await gateway.unpair_satellite("attic")
    await say(hass, gateway, entry, woke())
    assert hass.data[KNOWN][entry.entry_id].keys() == {SATELLITE}
    await hass.config_entries.async_remove(entry.entry_id)
    assert hass.data[KNOWN] == {}


async def test_after_a_restart_it_is_what_it_was_though_the_satellite_went_away_before(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    await say(hass, gateway, entry, woke())
    at = last_wake_at(hass, entry, SATELLITE)
    await gateway.change_satellite(SATELLITE, connected=False)
    await until_state(hass, TURN, "unavailable")
    await hass.config_entries.async_unload(entry.entry_id)
    hass.data[KNOWN].clear()
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert last_wake_at(hass, entry, SATELLITE) == at


async def test_what_is_restored_is_nothing_beside_what_is_known_and_no_moment_that_is_none(
    hass: HomeAssistant, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    for at, known in ((None, ""), ("soon", ""), (BEFORE, BEFORE), ("2026-11-23T07:00:00.000+00:00", BEFORE)):
        restore(hass, entry, SATELLITE, at)
        assert last_wake_at(hass, entry, SATELLITE) == known
