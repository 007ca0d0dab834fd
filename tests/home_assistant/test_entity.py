"""What all entities share: devices, when they are available, and satellites that come and go."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr

from custom_components.local_voice.const import DOMAIN
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import GATEWAY_ID, SATELLITE, ScriptedGateway
from tests.home_assistant.voice import entity_of, until


def device(hass: HomeAssistant, entry: ConfigEntry, identifier: str) -> dr.DeviceEntry:
    """Return a device by our name for it."""
    found = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, identifier), entry.entry_id)
    assert found is not None
    return found


async def test_the_gateway_is_a_device_and_its_satellites_are_reached_by_way_of_it(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    hub = device(hass, entry, GATEWAY_ID)
    assert (hub.manufacturer, hub.model, hub.name, hub.sw_version) == ("Local Voice", "Gateway", entry.title, "1.2.3")
    satellite = device(hass, entry, f"{GATEWAY_ID}_{SATELLITE}")
    assert (satellite.model, satellite.name, satellite.via_device_id) == ("Satellite", "Kitchen satellite", hub.id)


async def test_a_new_satellite_stands_where_it_was_paired_for_if_there_is_such_a_room(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    kitchen = ar.async_get(hass).async_create("Kitchen")
    assert kitchen.id == "kitchen"
    entry = await setup_entry()
    assert device(hass, entry, f"{GATEWAY_ID}_{SATELLITE}").area_id == "kitchen"
    await gateway.pair_satellite("satellite-attic", name="Attic satellite", area_id="unknown")
    await until(lambda: hass.states.get("assist_satellite.attic_satellite") is not None)
    assert device(hass, entry, f"{GATEWAY_ID}_satellite-attic").area_id is None
    assert [area.name for area in ar.async_get(hass).async_list_areas()] == ["Kitchen"]


async def test_entities_are_unavailable_while_the_gateway_is_away_and_come_back(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    ours = [
        entity_of(hass, entry, domain) for domain in ("stt", "tts", "wake_word", "conversation", "assist_satellite")
    ]

    def unavailable() -> list[bool]:
        return [hass.states.is_state(entity_id, STATE_UNAVAILABLE) for entity_id in ours]

    assert unavailable() == [False] * 5
    gateway.drop()
    await until(lambda: all(unavailable()))
    await until(lambda: not any(unavailable()))


async def test_a_satellite_that_is_not_connected_is_unavailable_and_the_gateway_is_not(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.satellites[SATELLITE]["connected"] = False
    entry = await setup_entry()
    assert hass.states.is_state(entity_of(hass, entry, "assist_satellite"), STATE_UNAVAILABLE)
    assert not hass.states.is_state(entity_of(hass, entry, "stt"), STATE_UNAVAILABLE)


async def test_a_satellite_that_is_unpaired_and_paired_again_has_its_entities_again(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    satellite = "assist_satellite.kitchen_satellite"
    await gateway.unpair_satellite(SATELLITE)
    await until(lambda: hass.states.get(satellite) is None)
    await gateway.pair_satellite(SATELLITE, name="Kitchen satellite")
    await until(lambda: hass.states.get(satellite) is not None)
