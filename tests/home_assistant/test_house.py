"""What the gateway is told of a thing: what is exposed, in the wire's bounds, and nothing else."""

import math

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import floor_registry as fr
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.local_voice.house import house
from custom_components.local_voice.wire.codec import encode
from custom_components.local_voice.wire.house_messages import HousePart
from tests.home_assistant.decisions import decision, guards
from tests.home_assistant.small_house import SmallHouse, expose


@pytest.fixture
async def home(hass: HomeAssistant) -> SmallHouse:
    return await SmallHouse(hass).build()


async def test_a_thing_is_told_with_its_names_its_room_and_its_state(hass: HomeAssistant, home: SmallHouse) -> None:
    er.async_get(hass).async_update_entity(home.lamp.entity_id, aliases=[er.COMPUTED_NAME, "Ceiling", "ceiling"])
    words = house.entity_words(hass, home.lamp.entity_id)
    assert words is not None
    assert (words.id, words.name, words.state) == ("light.kitchen_light", "Kitchen light", "off")
    assert words.aliases == ("Ceiling",)
    assert words.area_id == "kitchen"
    assert words.attributes == {"supported_color_modes": ("brightness",)}


async def test_a_thing_that_is_not_exposed_or_not_there_is_not_told(hass: HomeAssistant, home: SmallHouse) -> None:
    assert house.entity_words(hass, home.secret.entity_id) is None
    assert house.entity_words(hass, "light.none") is None


async def test_a_thing_whose_names_were_taken_away_cannot_be_named(hass: HomeAssistant, home: SmallHouse) -> None:
    er.async_get(hass).async_update_entity(home.lamp.entity_id, aliases=[])
    words = house.entity_words(hass, home.lamp.entity_id)
    assert words is not None
    assert (words.name, words.aliases) == ("", ())
    state = hass.states.get(home.lamp.entity_id)
    assert state is not None
    assert house.spoken_words(hass, state).name == "Kitchen light"  # an answer still has one for it


async def test_a_thing_without_a_room_is_where_its_device_is(hass: HomeAssistant, home: SmallHouse) -> None:
    entry = MockConfigEntry()
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(config_entry_id=entry.entry_id, identifiers={("test", "1")})
    dr.async_get(hass).async_update_device(device.id, area_id="bedroom")
    entities = er.async_get(hass)
    made = entities.async_get_or_create("switch", "test", "1", device_id=device.id, suggested_object_id="fan")
    hass.states.async_set(made.entity_id, "on")
    expose(hass, made.entity_id, True)
    words = house.entity_words(hass, made.entity_id)
    assert words is not None
    assert words.area_id == "bedroom"
    dr.async_get(hass).async_remove_device(device.id)
    hass.states.async_set("light.bare", "on", {"friendly_name": " Bare "})
    expose(hass, "light.bare", True)
    bare = house.entity_words(hass, "light.bare")
    assert bare is not None
    assert (bare.name, bare.area_id) == ("Bare", None)


async def test_only_attributes_that_answers_need_are_told_and_only_as_they_travel(
    hass: HomeAssistant, home: SmallHouse
) -> None:
    attributes = {
        "temperature": 21.5,
        "current_temperature": math.nan,
        "humidity": True,
        "hvac_modes": {"off", "heat"},
        "fan_modes": ["auto", ["nested"], None],
        "fan_mode": {"a": "mapping"},
        "temperature_unit": "°C" * 2_000,
        "media_title": "a private film",
        "latitude": 52.5,
    }
    hass.states.async_set("climate.hall", "heat", attributes)
    expose(hass, "climate.hall", True)
    words = house.entity_words(hass, "climate.hall")
    assert words is not None
    assert words.attributes == {
        "fan_modes": ("auto", None),
        "humidity": True,
        "hvac_modes": ("heat", "off"),
        "temperature": 21.5,
    }


async def test_a_thing_that_is_too_large_keeps_what_it_is(hass: HomeAssistant, home: SmallHouse) -> None:
    attributes = {"device_class": "speaker", "hvac_modes": ["x" * 2_000] * 60}
    hass.states.async_set("climate.hall", "heat", attributes)
    expose(hass, "climate.hall", True)
    words = house.entity_words(hass, "climate.hall")
    assert words is not None
    assert words.attributes == {"device_class": "speaker"}
    assert house.size_bytes(words) < house.ENTITY_BYTES


async def test_rooms_and_storeys_are_told_with_their_other_names(hass: HomeAssistant, home: SmallHouse) -> None:
    assert [(floor.id, floor.name, floor.aliases, floor.level) for floor in house.floor_words(hass)] == [
        ("ground_floor", "Ground floor", ("downstairs",), 0)
    ]
    assert [(area.id, area.name, area.aliases, area.floor_id) for area in house.area_words(hass)] == [
        ("kitchen", "Kitchen", ("galley",), "ground_floor"),
        ("bedroom", "Bedroom", (), None),
    ]


async def test_no_more_rooms_and_storeys_are_told_than_the_gateway_takes(hass: HomeAssistant) -> None:
    for number in range(house.MOST_AREAS + 5):
        ar.async_get(hass).async_create(f"Room {number}")
    for number in range(house.MOST_FLOORS + 5):
        fr.async_get(hass).async_create(f"Floor {number}")
    assert len(house.area_words(hass)) == house.MOST_AREAS
    assert len(house.floor_words(hass)) == house.MOST_FLOORS


async def test_parts_fit_into_messages_however_long_the_names_are(hass: HomeAssistant, home: SmallHouse) -> None:
    for number in range(600):
        hass.states.async_set(f"light.lamp_{number}", "on", {"friendly_name": f"{'ä' * 200} {number}"})
        expose(hass, f"light.lamp_{number}", True)
    words = [each for one in hass.states.async_entity_ids() if (each := house.entity_words(hass, one)) is not None]
    parts = list(house.in_parts((each, house.size_bytes(each)) for each in words))
    assert [each for part in parts for each in part] == words
    assert len(parts) > 2
    for part in parts:
        encode(HousePart(entities=part))  # raises for one that is too large


async def test_parts_have_at_most_as_many_things_as_a_message_may() -> None:
    parts = list(house.in_parts((number, 1) for number in range(1_001)))
    assert [len(part) for part in parts] == [500, 500, 1]
    assert list(house.in_parts([])) == []


async def test_a_scene_that_unlocks_a_door_says_so_and_names_nothing_that_is_not_exposed(
    hass: HomeAssistant, home: SmallHouse
) -> None:
    hass.states.async_set("lock.shed", "locked")
    expose(hass, "lock.shed", False)
    scene = {"name": "Arrive", "entities": {home.door.entity_id: "unlocked", "lock.shed": "unlocked", "light.x": "on"}}
    assert await async_setup_component(hass, "scene", {"scene": scene})
    await hass.async_block_till_done()
    expose(hass, "scene.arrive", True)
    words = house.entity_words(hass, "scene.arrive", guards(hass))
    assert words is not None
    assert words.attributes == {"sets": ("lock=unlocked", "lock.front_door=unlocked")}


async def test_what_the_household_decided_of_a_thing_is_told_with_it(hass: HomeAssistant, home: SmallHouse) -> None:
    marked = guards(hass, decision("pin", entities=["switch.kettle"], areas=["kitchen", "bedroom"]))
    words = house.entity_words(hass, "switch.kettle", marked)
    assert words is not None
    assert (words.guard, words.guard_area_ids) == ("pin", ("bedroom", "kitchen"))
    other = house.entity_words(hass, home.lamp.entity_id, marked)
    assert other is not None
    assert (other.guard, other.guard_area_ids) == ("", ())
