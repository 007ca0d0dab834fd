"""What a scene or a script would unlock is read from its configuration."""

from typing import Any

import pytest
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.local_voice.house.guards import Guard, Level
from custom_components.local_voice.house.protected import _Reading, sets, told_guard
from tests.home_assistant.decisions import decision, guards
from tests.home_assistant.small_house import SmallHouse, expose

DOOR = "lock.front_door"


@pytest.fixture(autouse=True)
async def home(hass: HomeAssistant) -> SmallHouse:
    house = await SmallHouse(hass).build()
    hass.states.async_set("cover.garage", "closed", {"device_class": "garage"})
    expose(hass, "cover.garage", True)
    return house


async def script(hass: HomeAssistant, **scripts: Any) -> None:
    config = {name: {"sequence": sequence} for name, sequence in scripts.items()}
    assert await async_setup_component(hass, "script", {"script": config})
    await hass.async_block_till_done()


def set_by(hass: HomeAssistant, entity_id: str, *decisions: ConfigSubentryData) -> tuple[str, ...]:
    return sets(hass, entity_id, guards(hass, *decisions))


async def test_things_that_are_no_scenes_and_scripts_set_nothing(hass: HomeAssistant) -> None:
    assert set_by(hass, DOOR) == ()
    assert set_by(hass, "script.none") == ()


@pytest.mark.parametrize(
    "step",
    [
        {"action": "lock.unlock", "target": {"entity_id": DOOR}},
        {"action": "lock.unlock", "data": {"entity_id": DOOR}},
        {"action": "lock.unlock"},
        {"action": "lock.unlock", "target": {"entity_id": "all"}},
        {"action": "lock.unlock", "target": {"entity_id": "{{ 'lock.front_door' }}"}},
        {"if": "{{ true }}", "then": [{"action": "lock.unlock", "target": {"entity_id": [DOOR]}}]},
        {"choose": [{"conditions": [], "sequence": [{"action": "lock.unlock", "target": {"entity_id": DOOR}}]}]},
        {"repeat": {"count": 1, "sequence": [{"action": "lock.unlock", "target": {"entity_id": DOOR}}]}},
        {"parallel": [{"sequence": [{"action": "lock.unlock", "target": {"entity_id": DOOR}}]}]},
        {"action": "scene.apply", "data": {"entities": {DOOR: {"state": "unlocked"}}}},
        {"action": "scene.apply", "data": {"entities": {DOOR: "unlocked", "light.kitchen_light": "on"}}},
    ],
    ids=lambda step: "-".join(step),
)
async def test_a_script_that_unlocks_a_door_says_so_whatever_branch_it_does_it_in(
    hass: HomeAssistant, step: dict[str, Any]
) -> None:
    await script(hass, leave=[step])
    assert set_by(hass, "script.leave") == (f"{DOOR}=unlocked",)


async def test_a_script_that_locks_a_door_or_switches_a_light_sets_nothing(hass: HomeAssistant) -> None:
    await script(
        hass,
        night=[
            {"action": "lock.lock", "target": {"entity_id": DOOR}},
            {"action": "light.turn_on", "target": {"entity_id": "light.kitchen_light"}},
            {"action": "light.turn_{{ 'on' }}"},
            {"delay": 1},
        ],
    )
    assert set_by(hass, "script.night") == ()


async def test_a_script_that_names_a_room_means_what_stands_in_it(hass: HomeAssistant) -> None:
    er.async_get(hass).async_update_entity(DOOR, area_id="kitchen")
    await script(
        hass,
        kitchen=[{"action": "lock.unlock", "target": {"area_id": "kitchen"}}],
        bedroom=[{"action": "lock.unlock", "target": {"area_id": "bedroom"}}],
    )
    assert set_by(hass, "script.kitchen") == (f"{DOOR}=unlocked",)
    assert set_by(hass, "script.bedroom") == ()


async def test_a_script_that_runs_another_does_what_that_does(hass: HomeAssistant) -> None:
    await script(
        hass,
        inner=[{"action": "cover.open_cover", "target": {"entity_id": "cover.garage"}}],
        direct=[{"action": "script.inner"}],
        turned_on=[{"action": "script.turn_on", "target": {"entity_id": "script.inner"}}],
        by_core=[{"action": "homeassistant.turn_on", "target": {"entity_id": "script.inner"}}],
        itself=[{"action": "script.itself"}, {"action": "script.inner"}],
        triggering=[{"action": "automation.trigger", "target": {"entity_id": "automation.opening"}}],
    )
    opening = {"alias": "Opening", "triggers": [], "actions": [{"action": "script.inner"}]}
    assert await async_setup_component(hass, "automation", {"automation": opening})
    await hass.async_block_till_done()
    for name in ("direct", "turned_on", "by_core", "itself", "triggering"):
        assert set_by(hass, f"script.{name}") == ("cover.garage=open",)


async def test_a_script_that_sets_a_scene_does_what_that_does(hass: HomeAssistant) -> None:
    scene = {"name": "Arrive", "entities": {DOOR: "unlocked", "light.kitchen_light": "on"}}
    assert await async_setup_component(hass, "scene", {"scene": scene})
    await hass.async_block_till_done()
    await script(
        hass,
        short=[{"scene": "scene.arrive"}],
        long=[{"action": "scene.turn_on", "target": {"entity_id": "scene.arrive"}}],
    )
    assert set_by(hass, "scene.arrive") == (f"{DOOR}=unlocked",)
    assert set_by(hass, "script.short") == (f"{DOOR}=unlocked",)
    assert set_by(hass, "script.long") == (f"{DOOR}=unlocked",)


async def test_a_device_action_unlocks_too(hass: HomeAssistant) -> None:
    entry = MockConfigEntry()
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(config_entry_id=entry.entry_id, identifiers={("test", "lock")})
    entities = er.async_get(hass)
    lock = entities.async_get_or_create("lock", "test", "1", device_id=device.id, suggested_object_id="shed")
    hass.states.async_set(lock.entity_id, "locked")
    expose(hass, lock.entity_id, True)
    action = {"device_id": device.id, "domain": "lock", "type": "unlock", "entity_id": lock.id}
    await script(hass, shed=[action])
    assert set_by(hass, "script.shed") == ("lock.shed=unlocked",)


async def test_of_what_is_not_exposed_only_the_kind_is_told(hass: HomeAssistant) -> None:
    hass.states.async_set("lock.shed", "locked")
    hass.states.async_set("lock.cellar", "locked")
    for one in ("lock.shed", "lock.cellar", "cover.garage"):
        expose(hass, one, False)
    await script(
        hass,
        arrive=[
            {"action": "lock.unlock", "target": {"entity_id": ["lock.shed", "lock.cellar", DOOR]}},
            {"action": "homeassistant.toggle", "target": {"entity_id": "cover.garage"}},
            {"action": "alarm_control_panel.alarm_disarm", "target": {"entity_id": "alarm_control_panel.gone"}},
        ],
    )
    assert set_by(hass, "script.arrive") == (
        "alarm_control_panel=disarmed",
        "cover:garage=open",
        "lock=unlocked",
        f"{DOOR}=unlocked",
    )


@pytest.mark.parametrize(
    "step",
    [
        {"action": "{{ 'lock.unlock' }}", "target": {"entity_id": DOOR}},
        {"action": "lock.{{ 'unlock' }}", "target": {"entity_id": DOOR}},
        {"action": "homeassistant.turn_{{ 'on' }}", "target": {"entity_id": "script.other"}},
        {"action": "scene.apply", "data": "{{ {'entities': {}} }}"},
        {"action": "scene.apply", "data": {"entities": {DOOR: "{{ 'unlocked' }}"}}},
        {"action": "scene.apply", "data": {"entities": {DOOR: {"state": "{{ 'unlocked' }}"}}}},
    ],
)
async def test_a_template_that_may_come_to_anything_is_anything(hass: HomeAssistant, step: dict[str, Any]) -> None:
    await script(hass, leave=[step])
    assert set_by(hass, "script.leave") == ("?",)


async def test_scripts_that_run_each_other_many_times_are_read_once(hass: HomeAssistant) -> None:
    unlock = {"action": "lock.unlock", "target": {"entity_id": DOOR}}
    await script(hass, tick=[{"action": "script.tock"}] * 20, tock=[{"action": "script.tick"}] * 20 + [unlock])
    assert set_by(hass, "script.tick") == set_by(hass, "script.tock") == (f"{DOOR}=unlocked",)


KETTLE, LAMP, SECRET = "switch.kettle", "light.kitchen_light", "light.pallene_quisquiliae"


@pytest.mark.parametrize(
    ("step", "state"),
    [
        ({"action": "switch.turn_on", "target": {"entity_id": KETTLE}}, "on"),
        ({"action": "switch.turn_on", "target": {"area_id": "kitchen"}}, "on"),
        ({"action": "homeassistant.turn_off", "target": {"entity_id": [KETTLE, LAMP]}}, "off"),
        ({"action": "switch.toggle", "target": {"entity_id": KETTLE}}, "unknown"),
        ({"action": "switch.turn_{{ 'on' }}", "target": {"entity_id": KETTLE}}, "unknown"),
        ({"action": "switch.turn_on"}, "on"),
        ({"action": "scene.apply", "data": {"entities": {KETTLE: "on"}}}, "on"),
    ],
    ids=lambda step: str(step)[:40],
)
async def test_a_script_says_what_it_does_to_what_the_household_marked(
    hass: HomeAssistant, step: dict[str, Any], state: str
) -> None:
    await script(hass, tea=[step])
    marked = decision("pin", entities=[KETTLE])
    assert set_by(hass, "script.tea", marked) == (f"{KETTLE}={state}",)
    assert told_guard(hass, "script.tea", guards(hass, marked)) == Guard(Level.PIN)
    assert set_by(hass, "script.tea") == ()
    assert told_guard(hass, "script.tea", guards(hass)) is None


async def test_a_device_action_on_what_is_marked_says_so_and_a_condition_does_not(hass: HomeAssistant) -> None:
    kettle = er.async_get(hass).async_get(KETTLE)
    assert kettle is not None
    step = {"device_id": "a" * 32, "domain": "switch", "entity_id": kettle.id}
    marked = guards(hass, decision("confirm", entities=[KETTLE]))
    reading = _Reading(hass, marked)
    assert [*reading.steps([{**step, "type": "turn_on"}])] == [(KETTLE, "on")]
    assert [*reading.steps([{**step, "type": "is_on", "condition": "device"}])] == []


async def test_what_is_marked_and_not_exposed_guards_its_script_and_is_not_told(hass: HomeAssistant) -> None:
    await script(hass, tea=[{"action": "light.turn_on", "target": {"entity_id": SECRET}}])
    marked = decision("never", entities=[SECRET], areas=["kitchen"])
    assert set_by(hass, "script.tea", marked) == ()
    assert told_guard(hass, "script.tea", guards(hass, marked)) == Guard(Level.NEVER, frozenset({"kitchen"}))


async def test_what_is_free_is_not_said_and_guards_nothing(hass: HomeAssistant) -> None:
    await script(hass, leave=[{"action": "lock.unlock", "target": {"entity_id": DOOR}}])
    assert set_by(hass, "script.leave", decision("free", entities=[DOOR])) == ()
    decided = guards(hass, decision("pin", kinds=["lock"]))
    assert told_guard(hass, "script.leave", decided) == Guard(Level.PIN)
    assert told_guard(hass, "script.leave", guards(hass)) is None  # the lock is told of, and needs a yes as it is


async def test_a_script_that_runs_a_marked_one_is_guarded_like_it(hass: HomeAssistant) -> None:
    await script(hass, all=[{"action": "script.tea"}], tea=[])
    expose(hass, "script.tea", True)
    marked = decision("never", entities=["script.tea"])
    assert told_guard(hass, "script.all", guards(hass, marked)) == Guard(Level.NEVER)
    assert set_by(hass, "script.all", marked) == ("script.tea=unknown",)
    assert set_by(hass, "script.tea", marked) == ()


async def test_a_group_is_guarded_as_what_is_in_it(hass: HomeAssistant) -> None:
    hass.states.async_set("cover.all", "closed", {"entity_id": ["cover.garage", "cover.none"]})
    hass.states.async_set("light.all", "off", {"entity_id": [LAMP, "light.all"]})
    marked = guards(hass, decision("pin", entities=[LAMP]))
    assert told_guard(hass, "cover.all", marked) == Guard(Level.CONFIRM)
    assert told_guard(hass, "light.all", marked) == Guard(Level.PIN)
    hass.states.async_set("scene.locked", "unknown", {"entity_id": [DOOR]})
    assert told_guard(hass, "scene.locked", marked) is None


async def test_an_oven_is_known_by_its_name(hass: HomeAssistant, home: SmallHouse) -> None:
    er.async_get(hass).async_update_entity(KETTLE, aliases=["Oven"])
    await script(hass, bake=[{"action": "switch.turn_on", "target": {"entity_id": KETTLE}}])
    assert set_by(hass, "script.bake") == (f"{KETTLE}=on",)
    expose(hass, KETTLE, False)
    assert set_by(hass, "script.bake") == ()
    assert told_guard(hass, "script.bake", guards(hass)) == Guard(Level.CONFIRM)
