"""All entities, as a household sees them when it has set up a gateway with one satellite."""

import asyncio
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
from syrupy.assertion import SnapshotAssertion

from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import SATELLITE, ScriptedGateway


async def test_all_entities(hass: HomeAssistant, setup_entry: SetUp, snapshot: SnapshotAssertion) -> None:
    with patch.object(Entity, "entity_registry_enabled_default", new=True):
        entry = await setup_entry()
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert entities
    for entity in sorted(entities, key=lambda one: one.entity_id):
        state = hass.states.get(entity.entity_id)
        assert state is not None
        assert snapshot(name=entity.entity_id) == {
            "unique_id": entity.unique_id,
            "category": entity.entity_category,
            "translation_key": entity.translation_key,
            "state": state.state,
            "attributes": {key: value for key, value in state.attributes.items() if key != "last_reset"},
        }


async def test_what_few_people_need_is_disabled(hass: HomeAssistant, setup_entry: SetUp) -> None:
    entry = await setup_entry()
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert sorted(one.unique_id.partition("-")[2] for one in entities if one.disabled_by) == [
        f"{SATELLITE}-false_wakes_today",
        f"{SATELLITE}-latency",
        f"{SATELLITE}-turns_today",
        "version",
    ]


async def test_a_gateway_that_is_away_takes_its_entities_along_but_says_so(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    gone = asyncio.Event()
    entry.runtime_data.on_change(gone.set)
    await gateway.stop()
    async with asyncio.timeout(3):
        await gone.wait()
    await asyncio.sleep(0.1)  # until the connection is closed on our side, too
    ids = [one.entity_id for one in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)]
    states = {state.entity_id: state.state for one in ids if (state := hass.states.get(one)) is not None}
    there = {one: state for one, state in states.items() if state != "unavailable"}
    assert there == {
        "binary_sensor.gateway_connected": "off",
        "binary_sensor.kitchen_satellite_connected": "off",
    }
