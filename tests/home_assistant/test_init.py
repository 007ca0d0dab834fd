"""Setting an entry up, keeping it in step with its gateway, and letting it go."""

import asyncio
import logging
from unittest.mock import patch

import pytest
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.local_voice import async_unload_entry
from custom_components.local_voice.const import DOMAIN
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import GATEWAY_ID, PEER_ID, SATELLITE, ScriptedGateway

BEDROOM = "satellite-bedroom"


def device_of(hass: HomeAssistant, name: str) -> dr.DeviceEntry | None:
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    return dr.async_get(hass).async_get_device_by_identifier((DOMAIN, name), entry.entry_id)


def satellite(hass: HomeAssistant, satellite_id: str = SATELLITE) -> dr.DeviceEntry | None:
    return device_of(hass, f"{GATEWAY_ID}_{satellite_id}")


async def test_a_gateway_and_its_satellites_are_devices(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()

    assert entry.state is ConfigEntryState.LOADED
    hub, kitchen = device_of(hass, GATEWAY_ID), satellite(hass)
    assert hub is not None
    assert kitchen is not None
    assert (hub.name, hub.manufacturer, hub.sw_version) == ("Gateway", "Local Voice", "1.2.3")
    assert kitchen.via_device_id == hub.id


async def test_unloading_leaves_no_task_no_connection_and_no_listener(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    known = entry.runtime_data

    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()

    assert entry.state is ConfigEntryState.NOT_LOADED
    await gateway.until(lambda: not gateway.is_connected)
    assert not known._on_change
    assert not known._on_turn
    assert not _ours()


async def test_home_assistants_end_is_the_connections(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()

    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()

    await gateway.until(lambda: not gateway.is_connected)
    assert not entry.runtime_data.is_connected


async def test_unloading_when_the_connection_was_lost_just_now_leaves_nothing(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    known = entry.runtime_data
    unloading: list[asyncio.Task[bool]] = []

    def unload() -> None:
        if not known.is_connected and not unloading:
            unloading.append(hass.async_create_task(hass.config_entries.async_unload(entry.entry_id)))

    known.on_change(unload)
    gateway.drop()
    await _soon(hass, lambda: bool(unloading))

    assert await unloading[0]
    assert known._keeper._keeping.done()
    assert not _ours()
    assert await hass.config_entries.async_unload(entry.entry_id), "once more does no harm"


async def test_home_assistants_end_when_the_connection_was_lost_just_now_leaves_nothing(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    known = (await setup_entry()).runtime_data

    def end() -> None:
        if not known.is_connected:  # as it ends: what runs in the background is cancelled, then everybody is told
            for task in list(hass._background_tasks):
                task.cancel()
            hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)

    known.on_change(end)
    gateway.drop()
    await _soon(hass, lambda: known._keeper._keeping.done())

    assert not known.is_connected
    assert not _ours()


async def test_entities_that_do_not_go_keep_their_connection(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()

    with patch.object(hass.config_entries, "async_unload_platforms", return_value=False):
        assert not await async_unload_entry(hass, entry)

    assert entry.runtime_data.is_connected


async def test_a_gateway_that_is_away_is_tried_again(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await gateway.stop()

    entry = await setup_entry()

    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "not_reached"


async def test_a_gateway_that_lets_nobody_in_now_is_tried_again(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.refusal = 503, "too_many_connections"

    entry = await setup_entry()

    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "too_many_connections"


async def test_a_gateway_that_forgot_us_asks_for_a_new_code(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.refusal = 401, "unknown_token"

    entry = await setup_entry()

    assert entry.state is ConfigEntryState.SETUP_ERROR
    flows = hass.config_entries.flow.async_progress()
    assert [(flow["context"]["source"], flow["step_id"]) for flow in flows] == [(SOURCE_REAUTH, "pair")]


async def test_another_in_the_gateways_place_is_told_nothing_and_its_owner_is_asked(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await gateway.be_another()

    entry = await setup_entry()

    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "changed_pin"
    assert [flow["step_id"] for flow in hass.config_entries.flow.async_progress()] == ["moved"]
    assert gateway.heard == []


@pytest.mark.parametrize(("protocol", "key"), [(0, "gateway_too_old"), (2, "integration_too_old")])
async def test_an_old_version_is_an_issue_until_it_is_updated(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, protocol: int, key: str
) -> None:
    gateway.protocol = protocol
    entry = await setup_entry()
    issue_id = f"too_old_{entry.entry_id}"
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_key == key
    state_before = entry.state

    gateway.protocol = 1
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()

    assert (state_before, entry.state) == (ConfigEntryState.SETUP_RETRY, ConfigEntryState.LOADED)
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue_id) is None


async def test_an_updated_gateway_shows_its_new_version(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    gateway.version = "1.3.0"

    await gateway.restart()
    await gateway.until(lambda: gateway.connections == 2)
    await gateway.told("house_end", 2)
    await hass.async_block_till_done()

    hub = device_of(hass, GATEWAY_ID)
    assert entry.runtime_data.is_connected
    assert hub is not None
    assert hub.sw_version == "1.3.0"


async def test_a_satellite_that_is_paired_later_is_a_device_without_a_reload(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()

    await gateway.pair_satellite(BEDROOM, name="Bedroom satellite")
    await _soon(hass, lambda: satellite(hass, BEDROOM) is not None)


async def test_a_satellite_that_is_revoked_is_a_device_no_more(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await gateway.pair_satellite(BEDROOM, name="Bedroom satellite")
    await _soon(hass, lambda: satellite(hass, BEDROOM) is not None)

    await gateway.unpair_satellite(BEDROOM)
    await _soon(hass, lambda: satellite(hass, BEDROOM) is None)

    assert satellite(hass) is not None


async def test_a_satellite_that_was_revoked_while_home_assistant_was_away_is_a_device_no_more(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry, setup_entry: SetUp
) -> None:
    entry.add_to_hass(hass)
    identifiers = {(DOMAIN, f"{GATEWAY_ID}_{BEDROOM}")}
    dr.async_get(hass).async_get_or_create(config_entry_id=entry.entry_id, identifiers=identifiers)

    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()

    assert satellite(hass, BEDROOM) is None
    assert satellite(hass) is not None


async def test_the_gateway_learns_where_a_satellite_stands(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    kitchen, area = satellite(hass), ar.async_get(hass).async_create("Cellar")
    assert kitchen is not None

    dr.async_get(hass).async_update_device(kitchen.id, area_id=area.id)
    await gateway.until(lambda: {"satellite_id": SATELLITE, "area_id": area.id}.items() <= _placed(gateway).items())
    await hass.config_entries.async_reload(entry.entry_id)

    await gateway.until(lambda: gateway.connections == 2 and _placed(gateway).get("area_id") == area.id)


async def test_a_renamed_satellite_is_not_placed_anew(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    kitchen = satellite(hass)
    assert kitchen is not None
    placed = len(gateway.all_told("place_satellite"))

    dr.async_get(hass).async_update_device(kitchen.id, name_by_user="Beside the stove")
    await hass.async_block_till_done()

    assert len(gateway.all_told("place_satellite")) == placed


async def test_only_the_device_of_a_satellite_that_is_gone_can_be_deleted(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(hass, "config", {})
    entry = await setup_entry()
    gone = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, f"{GATEWAY_ID}_{BEDROOM}")}
    )
    client, hub, kitchen = await hass_ws_client(hass), device_of(hass, GATEWAY_ID), satellite(hass)
    assert hub is not None
    assert kitchen is not None

    answers = [await client.remove_device(device.id) for device in (hub, kitchen, gone)]

    assert [answer["success"] for answer in answers] == [False, False, True]


async def test_removing_the_entry_leaves_the_gateway(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()

    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()

    await gateway.told("leave")
    assert er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id) == []


async def test_removing_the_entry_of_a_gateway_that_is_away_says_what_to_do_there(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await setup_entry()
    await gateway.stop()

    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()

    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len([line for line in warnings if f"removes peer {PEER_ID}" in line]) == 1


def _ours() -> list[asyncio.Task[object]]:
    """Return what of the integration still runs."""
    return [task for task in asyncio.all_tasks() if DOMAIN in task.get_name() or DOMAIN in repr(task.get_coro())]


def _placed(gateway: ScriptedGateway) -> dict[str, object]:
    return (gateway.all_told("place_satellite") or [{}])[-1]


async def _soon(hass: HomeAssistant, holds: object) -> None:
    """Wait until something is so in Home Assistant, after the gateway has said something."""
    assert callable(holds)
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.01)
            await hass.async_block_till_done()
