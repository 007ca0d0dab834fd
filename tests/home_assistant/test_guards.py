"""What the household decided holds, for things and for kinds of them; the stricter decision wins."""

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from custom_components.local_voice.house.guards import Guard, Guards, Level, members, strictest
from tests.home_assistant.decisions import decision, guards
from tests.home_assistant.small_house import SmallHouse

DOOR, KETTLE, LAMP = "lock.front_door", "switch.kettle", "light.kitchen_light"


@pytest.fixture(autouse=True)
async def home(hass: HomeAssistant) -> SmallHouse:
    return await SmallHouse(hass).build()


async def test_without_a_decision_a_door_needs_a_yes_to_be_unlocked_and_a_lamp_nothing(hass: HomeAssistant) -> None:
    usual = guards(hass)
    assert usual.decided(DOOR) is None
    assert usual.needed(DOOR, "unlocked") == Guard(Level.CONFIRM)
    assert usual.needed(DOOR, "locked") is None
    assert usual.needed(LAMP, "on") is None


async def test_a_decision_about_a_kind_holds_for_all_of_it_but_for_what_is_decided_by_name(hass: HomeAssistant) -> None:
    hass.states.async_set("lock.shed", "locked")
    decided = guards(hass, decision("pin", kinds=["lock", "oven"]), decision("free", entities=[DOOR]))
    assert decided.needed("lock.shed", "unlocked") == Guard(Level.PIN)
    assert decided.needed(DOOR, "unlocked") == Guard(Level.FREE)
    assert decided.decided(LAMP) is None


async def test_what_is_never_done_by_voice_is_done_in_neither_direction(hass: HomeAssistant) -> None:
    decided = guards(hass, decision("never", kinds=["lock"]))
    assert decided.needed(DOOR, "locked") == decided.needed(DOOR, "unlocked") == Guard(Level.NEVER)


async def test_of_two_decisions_the_stricter_holds(hass: HomeAssistant) -> None:
    kitchen, both = decision("pin", entities=[KETTLE], areas=["kitchen", "hall"]), decision("free", entities=[KETTLE])
    assert guards(hass, kitchen, both).decided(KETTLE) == Guard(Level.PIN, frozenset({"hall", "kitchen"}))
    hall = decision("confirm", entities=[KETTLE], kinds=["lock"], areas=["hall"])
    assert guards(hass, kitchen, hall).decided(KETTLE) == Guard(Level.PIN, frozenset({"hall"}))
    bedroom = decision("confirm", entities=[KETTLE], kinds=["lock"], areas=["bedroom"])
    found = guards(hass, kitchen, bedroom, hall)
    assert [one and one.level for one in (found.decided(KETTLE), found.decided(DOOR))] == [Level.NEVER] * 2
    assert strictest([]) is None


async def test_a_decision_stays_with_a_thing_that_is_given_another_id(hass: HomeAssistant) -> None:
    registry = er.async_get(hass)
    kettle = registry.async_get(KETTLE)
    assert kettle is not None
    marked = decision("never", entities=[kettle.id, "no such id"])
    registry.async_update_entity(KETTLE, new_entity_id="switch.teapot")
    await hass.async_block_till_done()
    assert guards(hass, marked).decided("switch.teapot") == Guard(Level.NEVER)
    assert guards(hass, marked).things == {"switch.teapot"}


async def test_ovens_are_watched_besides_what_is_decided_about(hass: HomeAssistant) -> None:
    hass.states.async_set("switch.oven", "off", {"friendly_name": "Oven"})
    decided: Guards = guards(hass, decision("pin", entities=[LAMP]))
    assert decided.watched == {LAMP, "switch.oven"}


async def test_what_is_in_a_group_is_found_once_however_groups_hold_each_other(hass: HomeAssistant) -> None:
    hass.states.async_set("group.a", "on", {"entity_id": ("group.b", LAMP)})
    hass.states.async_set("group.b", "on", {"entity_id": ["group.a", KETTLE, "light.gone"]})
    assert sorted(members(hass, "group.a")) == ["group.a", "group.b", "light.gone", LAMP, KETTLE]
    hass.states.async_set("sensor.odd", "on", {"entity_id": LAMP})
    assert [*members(hass, "sensor.odd")] == ["sensor.odd"]
