"""What the gateway asks for is judged here once more, as if it had judged nothing."""

from dataclasses import replace
from typing import Any

import pytest
from homeassistant.components.climate import ClimateEntityFeature
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.local_voice.const import CONF_PIN_HASH, DOMAIN
from custom_components.local_voice.house.guarding import refusal
from custom_components.local_voice.house.guards import Guards
from custom_components.local_voice.house.origin import Origin
from custom_components.local_voice.house.pin import hashed
from custom_components.local_voice.wire.house_messages import ActionAsked
from tests.home_assistant.decisions import decision
from tests.home_assistant.small_house import SmallHouse, expose

PIN = "2580"
DOOR, KETTLE, LAMP, BEDSIDE = "lock.front_door", "switch.kettle", "light.kitchen_light", "light.bedside_lamp"
KITCHEN = Origin(context=Context(), language="en", area_id="kitchen", stands_in="kitchen")


@pytest.fixture(autouse=True)
async def home(hass: HomeAssistant) -> SmallHouse:
    house = await SmallHouse(hass).build()
    for component in ("cover", "climate", "scene", "vacuum", "shopping_list"):
        assert await async_setup_component(hass, component, {})
    await hass.async_block_till_done()
    return house


def there(hass: HomeAssistant, thing: str, state: str, **attributes: Any) -> None:
    hass.states.async_set(thing, state, attributes)
    expose(hass, thing, True)


async def why_not(
    hass: HomeAssistant,
    intent_name: str,
    entity_id: str | None = None,
    *decisions: ConfigSubentryData,
    origin: Origin = KITCHEN,
    is_confirmed: bool = False,
    pin: str = "",
    **slots: Any,
) -> str | None:
    """Return why something is refused."""
    entry = MockConfigEntry(domain=DOMAIN, subentries_data=decisions, options={CONF_PIN_HASH: hashed(PIN)})
    asked = ActionAsked(
        id=1,
        intent=intent_name,
        slots=slots,
        response="default",
        text="",
        entity_id=entity_id,
        is_confirmed=is_confirmed,
        pin=pin,
    )
    return await refusal(hass, entry, Guards(hass, entry, "en"), asked, origin)


async def test_what_is_not_protected_may_be_done(hass: HomeAssistant) -> None:
    assert await why_not(hass, "HassTurnOn", LAMP) is None
    assert await why_not(hass, "HassTurnOn", area="Kitchen", domain="light") is None
    assert await why_not(hass, "HassNobodyKnows") is None
    assert await why_not(hass, "HassTurnOn") is None  # of nothing, which its handler refuses


async def test_a_door_is_unlocked_only_after_a_yes_and_locked_without(hass: HomeAssistant) -> None:
    assert await why_not(hass, "HassTurnOff", DOOR) == "not_confirmed"
    assert await why_not(hass, "HassToggle", DOOR) == "not_confirmed"
    assert await why_not(hass, "HassTurnOff", DOOR, is_confirmed=True) is None
    assert await why_not(hass, "HassTurnOn", DOOR) is None


async def test_a_yes_that_nobody_can_have_said_does_not_count(hass: HomeAssistant) -> None:
    typed = replace(KITCHEN, may_confirm=False)
    assert await why_not(hass, "HassTurnOff", DOOR, origin=typed, is_confirmed=True) == "not_confirmed"


async def test_what_is_never_done_by_voice_is_not_done_in_any_way(hass: HomeAssistant) -> None:
    never = decision("never", entities=[KETTLE])
    ways: list[dict[str, Any]] = [
        {"entity_id": KETTLE},
        {"name": "Kettle"},
        {"area": "Kitchen", "domain": "switch"},
        {"area": "Kitchen"},
        {"floor": "Ground floor", "domain": ("switch", "light")},
        {"domain": "switch", "name": "all"},
    ]
    for way in ways:
        named = way.pop("entity_id", None)
        found = await why_not(hass, "HassTurnOn", named, never, is_confirmed=True, pin=PIN, **way)
        assert found == "never_by_voice", way
    assert await why_not(hass, "HassToggle", KETTLE, never, is_confirmed=True) == "never_by_voice"
    assert await why_not(hass, "HassGetState", KETTLE, never, domain="switch", state="on") is None
    assert await why_not(hass, "HassTurnOn", LAMP, never) is None


async def test_a_pin_is_needed_with_a_yes_and_has_to_be_right(hass: HomeAssistant) -> None:
    needs_pin = decision("pin", entities=[LAMP])
    assert await why_not(hass, "HassTurnOn", LAMP, needs_pin) == "not_confirmed"
    assert await why_not(hass, "HassTurnOn", LAMP, needs_pin, pin=PIN) == "not_confirmed"
    assert await why_not(hass, "HassTurnOn", LAMP, needs_pin, is_confirmed=True) == "not_confirmed"
    assert await why_not(hass, "HassTurnOn", LAMP, needs_pin, is_confirmed=True, pin="0000") == "wrong_pin"
    assert await why_not(hass, "HassTurnOn", LAMP, needs_pin, is_confirmed=True, pin=PIN) is None
    assert await why_not(hass, "HassLightSet", LAMP, needs_pin, brightness=50) == "not_confirmed"


async def test_a_room_is_the_one_that_home_assistant_knows_whatever_the_gateway_says(hass: HomeAssistant) -> None:
    here = decision("free", entities=[LAMP], areas=["kitchen"])
    assert await why_not(hass, "HassTurnOn", LAMP, here) is None
    for stands_in in ("bedroom", None):
        elsewhere = replace(KITCHEN, stands_in=stands_in)
        assert await why_not(hass, "HassTurnOn", LAMP, here, origin=elsewhere) == "not_from_here"


async def test_what_is_so_already_needs_nothing(hass: HomeAssistant, home: SmallHouse) -> None:
    there(hass, "cover.garage", "open", device_class="garage", current_position=40)
    there(hass, "cover.gate", "open", device_class="gate")
    needs_yes = decision("confirm", entities=[LAMP])
    assert await why_not(hass, "HassTurnOff", LAMP, needs_yes) is None
    assert await why_not(hass, "HassTurnOn", LAMP, needs_yes) == "not_confirmed"
    assert await why_not(hass, "HassTurnOn", "cover.gate") is None
    assert await why_not(hass, "HassTurnOn", "cover.garage") == "not_confirmed"


async def test_how_things_are_counts_only_where_it_is_known(hass: HomeAssistant) -> None:
    there(hass, "lock.shed", "unlocked", friendly_name="Shed")
    assert await why_not(hass, "HassTurnOff", "lock.shed") is None
    there(hass, "lock.shed", "unlocked", friendly_name="Shed", assumed_state=True)
    assert await why_not(hass, "HassTurnOff", "lock.shed") == "not_confirmed"
    assert await why_not(hass, "HassTurnOff", "lock.shed", is_confirmed=True) is None
    assert await why_not(hass, "HassTurnOn", "lock.shed") is None


async def test_doors_are_opened_after_a_yes_and_closed_and_stopped_without(hass: HomeAssistant) -> None:
    there(hass, "cover.garage", "closed", device_class="garage", supported_features=15)
    nothing: dict[str, Any] = {}
    for opening, slots in (("HassTurnOn", nothing), ("HassOpenCover", nothing), ("HassSetPosition", {"position": 5})):
        assert await why_not(hass, opening, "cover.garage", **slots) == "not_confirmed"
    for closing, slots in (("HassTurnOff", nothing), ("HassCloseCover", nothing), ("HassSetPosition", {"position": 0})):
        assert await why_not(hass, closing, "cover.garage", **slots) is None
    assert await why_not(hass, "HassStopMoving", "cover.garage") is None
    never = decision("never", kinds=["door"])
    assert await why_not(hass, "HassStopMoving", "cover.garage", never) == "never_by_voice"


async def test_an_oven_is_turned_off_and_while_it_is_off_set_without_a_yes(hass: HomeAssistant) -> None:
    feature = ClimateEntityFeature.TARGET_TEMPERATURE
    there(hass, "climate.oven", "off", friendly_name="Oven", supported_features=feature)
    assert await why_not(hass, "HassTurnOn", "climate.oven") == "not_confirmed"
    assert await why_not(hass, "HassTurnOff", "climate.oven") is None
    assert await why_not(hass, "HassClimateSetTemperature", "climate.oven", temperature=200) is None
    there(hass, "climate.oven", "heat", friendly_name="Oven", supported_features=feature)
    assert await why_not(hass, "HassClimateSetTemperature", "climate.oven", temperature=200) == "not_confirmed"


async def test_of_several_things_only_the_one_counts_that_the_intent_would_take(hass: HomeAssistant) -> None:
    never = decision("never", entities=["media_player.bedroom_speaker"])
    play = "HassMediaSearchAndPlay"
    assert await why_not(hass, play, None, never, search_query="queen") is None  # in the kitchen, where it was said
    assert await why_not(hass, play, None, never, search_query="queen", area="Bedroom") == "never_by_voice"
    elsewhere = replace(KITCHEN, area_id=None)
    assert await why_not(hass, play, None, never, origin=elsewhere, search_query="queen") is None  # nobody is meant
    louder = await why_not(hass, "HassSetVolumeRelative", None, never, volume_step="up")
    assert louder == "never_by_voice"  # whichever plays


async def test_of_namesakes_the_one_is_judged_that_would_be_switched(hass: HomeAssistant) -> None:
    for lamp in (LAMP, BEDSIDE):
        er.async_get(hass).async_update_entity(lamp, aliases=["Lamp"])
    never = decision("never", entities=[BEDSIDE])
    assert await why_not(hass, "HassTurnOn", None, never, name="Lamp") is None
    there_ = replace(KITCHEN, area_id="bedroom")
    assert await why_not(hass, "HassTurnOn", None, never, origin=there_, name="Lamp") == "never_by_voice"
    # A gateway may say which room it prefers, too: what is judged is what would be done then.
    at_home = replace(KITCHEN, area_id=None)
    asked: dict[str, Any] = {"name": "Lamp", "preferred_area_id": "bedroom"}
    assert await why_not(hass, "HassTurnOn", None, never, origin=at_home, **asked) == "never_by_voice"


async def test_a_vacuum_is_not_where_it_is_to_clean(hass: HomeAssistant) -> None:
    there(hass, "vacuum.robot", "docked")
    never = decision("never", entities=["vacuum.robot"])
    assert await why_not(hass, "HassVacuumCleanArea", None, never, area="Bedroom") == "never_by_voice"


async def test_the_shopping_list_is_a_to_do_list(hass: HomeAssistant) -> None:
    there(hass, "todo.shopping", "0")
    never = decision("never", entities=["todo.shopping"])
    assert await why_not(hass, "HassShoppingListAddItem", None, never, item="milk") == "never_by_voice"


async def test_what_is_in_a_group_counts(hass: HomeAssistant) -> None:
    there(hass, "light.all", "on", entity_id=[LAMP, BEDSIDE])
    never = decision("never", entities=[LAMP])
    assert await why_not(hass, "HassTurnOn", "light.all", never) == "never_by_voice"
    there(hass, "cover.all", "closed", entity_id=["cover.garage"])
    there(hass, "cover.garage", "closed", device_class="garage")
    assert await why_not(hass, "HassTurnOn", "cover.all") == "not_confirmed"
    assert await why_not(hass, "HassTurnOff", "cover.all") is None


async def test_what_scripts_do_counts(hass: HomeAssistant) -> None:
    steps = {
        "leave": [{"action": "lock.unlock", "target": {"entity_id": DOOR}}],
        "tea": [{"action": "switch.turn_on", "target": {"entity_id": KETTLE}}],
        "anything": [{"action": "{{ 'lock.unlock' }}"}],
        "light": [{"action": "light.turn_on", "target": {"entity_id": LAMP}}],
    }
    config = {name: {"sequence": sequence} for name, sequence in steps.items()}
    assert await async_setup_component(hass, "script", {"script": config})
    await hass.async_block_till_done()
    for name in steps:
        expose(hass, f"script.{name}", True)
    never = decision("never", entities=[KETTLE])
    found = {name: await why_not(hass, "HassTurnOn", f"script.{name}", never, is_confirmed=True) for name in steps}
    assert found == {"leave": None, "tea": "never_by_voice", "anything": None, "light": None}
    found = {name: await why_not(hass, "HassTurnOn", f"script.{name}") for name in steps}
    assert found == {"leave": "not_confirmed", "tea": None, "anything": "not_confirmed", "light": None}


async def test_what_an_intent_of_the_households_own_does_counts(hass: HomeAssistant) -> None:
    steps = [{"action": "lock.unlock", "target": {"entity_id": DOOR}}]
    config = {"OpenSesame": {"action": steps}, "SayHello": {"speech": {"text": "Hello"}}}
    assert await async_setup_component(hass, "intent_script", {"intent_script": config})
    assert await why_not(hass, "OpenSesame") == "not_confirmed"
    assert await why_not(hass, "OpenSesame", is_confirmed=True) is None
    assert await why_not(hass, "SayHello") is None


async def test_a_command_for_later_is_judged_when_its_time_comes(hass: HomeAssistant) -> None:
    later: dict[str, Any] = {"conversation_command": "unlock the front door", "minutes": 5}
    assert intent.INTENT_START_TIMER == "HassStartTimer"
    assert await why_not(hass, "HassStartTimer", **later) is None
