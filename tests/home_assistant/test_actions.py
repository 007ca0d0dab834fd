"""What the gateway asks for is done by Home Assistant's intents, with its own check of what is exposed."""

import asyncio
import json
import logging
from pathlib import Path
from typing import Any, Final

import pytest
from homeassistant.components.intent import async_register_timer_handler
from homeassistant.core import Context, HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component

from custom_components.local_voice.house import actions
from custom_components.local_voice.house.actions import act
from custom_components.local_voice.house.origin import Origin
from custom_components.local_voice.wire.codec import encode
from custom_components.local_voice.wire.house_messages import ActionAsked, ActionDone
from tests.home_assistant.small_house import WORLD, SmallHouse, expose

GOLDEN: Final = Path(__file__).parents[1] / "golden"
KITCHEN = Origin(context=Context(), language="en", area_id="kitchen")
NOWHERE = Origin(context=Context(), language="en", area_id="no such room")


@pytest.fixture(autouse=True)
async def home(hass: HomeAssistant) -> SmallHouse:
    return await SmallHouse(hass).build()


def asked(intent_name: str, entity_id: str | None = None, *, deadline_ms: int = 2_000, **slots: Any) -> ActionAsked:
    return ActionAsked(
        id=7,
        intent=intent_name,
        slots=slots,
        response="default",
        text="what was said",
        entity_id=entity_id,
        deadline_ms=deadline_ms,
    )


async def done(
    hass: HomeAssistant, intent_name: str, entity_id: str | None = None, *, origin: Origin = KITCHEN, **slots: Any
) -> ActionDone:
    result = await act(hass, asked(intent_name, entity_id, **slots), origin)
    encode(result)  # raises for what is no message
    assert result.id == 7
    return result


def of(result: ActionDone) -> dict[str, str]:
    return {thing.id: thing.state for thing in result.matched}


async def test_a_light_is_turned_on_and_the_change_is_told(hass: HomeAssistant, home: SmallHouse) -> None:
    result = await done(hass, "HassTurnOn", home.lamp.entity_id, name="Kitchen light")
    assert home.lamp.is_on
    assert result.error is None
    assert of(result) == {"light.kitchen_light": "on"}
    assert result.matched[0].name == "Kitchen light"
    (change,) = result.changes
    assert (change.entity_id, change.before, change.after) == ("light.kitchen_light", "off", "on")


async def test_what_was_so_already_is_no_change(hass: HomeAssistant, home: SmallHouse) -> None:
    result = await done(hass, "HassTurnOff", home.lamp.entity_id, name="Kitchen light")
    assert (of(result), result.changes) == ({"light.kitchen_light": "off"}, ())


async def test_of_two_things_with_one_name_only_the_one_that_is_meant_is_switched(
    hass: HomeAssistant, home: SmallHouse
) -> None:
    for lamp in (home.lamp, home.bedside):
        er.async_get(hass).async_update_entity(lamp.entity_id, aliases=["Lamp"])
    result = await done(hass, "HassTurnOn", home.bedside.entity_id, name="Lamp")
    assert of(result) == {"light.bedside_lamp": "on"}
    assert not home.lamp.is_on


async def test_without_an_id_the_room_decides_between_namesakes(hass: HomeAssistant, home: SmallHouse) -> None:
    for lamp in (home.lamp, home.bedside):
        er.async_get(hass).async_update_entity(lamp.entity_id, aliases=["Lamp"])
    assert of(await done(hass, "HassTurnOn", name="Lamp")) == {"light.kitchen_light": "on"}
    result = await done(hass, "HassTurnOn", name="Lamp", origin=NOWHERE)
    assert (result.error, result.error_slots) == ("duplicate_entities", {"entity": "Lamp"})


async def test_a_light_that_is_not_exposed_is_refused(hass: HomeAssistant, home: SmallHouse) -> None:
    by_name = await done(hass, "HassTurnOn", name=WORLD)
    by_id = await done(hass, "HassTurnOn", home.secret.entity_id, name=WORLD)
    for result in (by_name, by_id):
        assert (result.error, result.error_slots) == ("no_entity_exposed", {"entity": WORLD})
        assert result.matched == result.unmatched == ()
    assert not home.secret.is_on


async def test_a_whole_room_means_what_is_exposed_in_it(hass: HomeAssistant, home: SmallHouse) -> None:
    result = await done(hass, "HassTurnOn", area="Kitchen", domain="light")
    assert of(result) == {"light.kitchen_light": "on"}
    assert not home.secret.is_on


async def test_a_question_is_answered_with_what_is_so_and_what_is_not(hass: HomeAssistant, home: SmallHouse) -> None:
    await done(hass, "HassTurnOn", home.lamp.entity_id, name="Kitchen light")
    result = await done(hass, "HassGetState", domain=("light",), state="on")
    assert of(result) == {"light.kitchen_light": "on"}
    assert [thing.id for thing in result.unmatched] == ["light.bedside_lamp"]
    assert WORLD not in str(result)


async def test_a_lock_is_unlocked(hass: HomeAssistant, home: SmallHouse) -> None:
    result = await done(hass, "HassTurnOff", home.door.entity_id, name="front door")
    assert of(result) == {"lock.front_door": "unlocked"}


async def test_music_plays_in_the_room_where_it_was_asked_for(hass: HomeAssistant, home: SmallHouse) -> None:
    result = await done(hass, "HassMediaSearchAndPlay", search_query="queen", area="Kitchen")
    assert (result.error, result.speech_slots) == (None, {"media": True})
    assert (home.kitchen_player.played, home.bedroom_player.played) == (["track:1"], [])
    await done(hass, "HassMediaSearchAndPlay", search_query="queen", origin=KITCHEN)
    assert (len(home.kitchen_player.played), home.bedroom_player.played) == (2, [])


async def test_music_that_is_not_found_is_an_answer_and_no_error(hass: HomeAssistant) -> None:
    result = await done(hass, "HassMediaSearchAndPlay", search_query="nothing of that name", area="Kitchen")
    assert (result.error, result.speech_slots) == (None, {"media": None})


async def test_a_search_that_fails_is_an_error(
    hass: HomeAssistant, home: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(**_: Any) -> None:
        raise HomeAssistantError("broken")

    monkeypatch.setattr(home.kitchen_player, "async_search_media", fail)
    result = await done(hass, "HassMediaSearchAndPlay", search_query="queen", area="Kitchen")
    assert result.error == "handle_error"


@pytest.mark.parametrize(
    ("intent_name", "slots", "error", "error_slots"),
    [
        ("HassNobodyKnows", {}, "no_intent", {}),
        ("HassTurnOn", {"name": "None"}, "no_entity", {"entity": "None"}),
        (
            "HassTurnOn",
            {"name": "Kettle", "area": "Bedroom"},
            "no_entity_in_area",
            {"entity": "Kettle", "area": "Bedroom"},
        ),
        ("HassTurnOn", {"name": "Kettle", "floor": "x"}, "no_floor", {"floor": "x"}),
        ("HassTurnOn", {"area": "Cellar", "domain": "light"}, "no_area", {"area": "Cellar"}),
        (
            "HassTurnOn",
            {"area": "Bedroom", "domain": "switch"},
            "no_domain_in_area",
            {"domain": "switch", "area": "Bedroom"},
        ),
        (
            "HassTurnOn",
            {"floor": "downstairs", "domain": "light", "name": "Bedside lamp"},
            "no_entity_in_floor",
            {"entity": "Bedside lamp", "floor": "downstairs"},
        ),
        ("HassTurnOn", {"domain": "fan", "area": "Kitchen"}, "no_domain_in_area", {"domain": "fan", "area": "Kitchen"}),
        (
            "HassTurnOn",
            {"area": "Kitchen", "device_class": "blind"},
            "no_device_class_in_area",
            {"device_class": "blind", "area": "Kitchen"},
        ),
        ("HassMediaPause", {"area": "Kitchen"}, "entity_wrong_state", {"state": "playing"}),
        ("HassMediaSearchAndPlay", {"search_query": "queen"}, "duplicate_targets", {}),
        ("HassSetVolume", {"area": "Kitchen", "volume_level": 30}, "feature_not_supported", {}),
        ("HassSetVolume", {"area": "Kitchen", "volume_level": 300}, "handle_error", {}),
        ("HassStartTimer", {"minutes": 5}, "no_timer_support", {}),
        ("HassListAddItem", {"name": "Groceries", "item": "milk"}, "no_domain", {"domain": "todo"}),
    ],
)
async def test_what_cannot_be_done_is_told_by_the_key_of_an_error_answer(
    hass: HomeAssistant, intent_name: str, slots: dict[str, Any], error: str, error_slots: dict[str, Any]
) -> None:
    assert await async_setup_component(hass, "todo", {})
    await hass.async_block_till_done()
    result = await done(hass, intent_name, origin=NOWHERE, **slots)
    assert (result.error, dict(result.error_slots)) == (error, error_slots)


async def test_an_error_names_a_thing_as_it_was_said(hass: HomeAssistant) -> None:
    result = await done(hass, "HassTurnOn", "light.gone", name="old lamp")
    assert (result.error, result.error_slots) == ("no_entity", {"entity": "old lamp"})


class Slow(intent.IntentHandler):
    """Takes until it is let go."""

    intent_type = "Slow"

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.is_done = False
        self.error: Exception | None = None

    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        await self.go_on.wait()
        if self.error is not None:
            raise self.error
        self.is_done = True
        return intent_obj.create_response()


async def test_what_takes_longer_than_the_deadline_goes_on_and_counts_as_done(
    hass: HomeAssistant, home: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow()
    intent.async_register(hass, slow)
    async with asyncio.timeout(1):
        result = await act(hass, asked("Slow", home.lamp.entity_id, deadline_ms=300), KITCHEN)
    assert (result.error, of(result), slow.is_done) == (None, {"light.kitchen_light": "off"}, False)
    slow.go_on.set()
    await hass.async_block_till_done()
    assert slow.is_done


async def test_what_takes_long_and_fails_in_the_end_is_logged_without_a_word(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    slow = Slow()
    slow.error = intent.IntentHandleError(f"what was said: {WORLD}")
    intent.async_register(hass, slow)
    await act(hass, asked("Slow", deadline_ms=260), KITCHEN)
    slow.go_on.set()
    await hass.async_block_till_done()
    assert "failed in the end: IntentHandleError" in caplog.text
    assert WORLD not in caplog.text


async def test_an_action_goes_on_where_the_connection_ends(hass: HomeAssistant) -> None:
    slow = Slow()
    intent.async_register(hass, slow)
    acting = asyncio.create_task(act(hass, asked("Slow"), KITCHEN))
    await asyncio.sleep(0)
    acting.cancel()
    await asyncio.gather(acting, return_exceptions=True)
    slow.go_on.set()
    await hass.async_block_till_done()
    assert slow.is_done


async def test_how_long_a_timer_of_home_assistant_s_runs_is_told(hass: HomeAssistant) -> None:
    """The golden message about timers is this one; only ids differ, and how many seconds have passed."""
    timer_events: list[str] = []
    async_register_timer_handler(hass, "satellite", lambda event, _: timer_events.append(event.value))
    pizza = Origin(context=Context(), language="en", device_id="satellite")
    started = await done(hass, "HassStartTimer", origin=pizza, minutes=5, name="pizza")
    await done(hass, "HassStartTimer", origin=pizza, hours=1)
    assert (started.error, timer_events) == (None, ["started", "started"])
    result = await done(hass, "HassTimerStatus", origin=pizza)
    timers = result.speech_slots["timers"]
    assert isinstance(timers, tuple)
    golden = json.loads((GOLDEN / "home_to_voice.json").read_text(encoding="utf-8"))
    expected = next(timers for one in golden if (timers := one.get("speech_slots", {}).get("timers")))
    assert [_steady(timer) for timer in timers] == [_steady(timer) for timer in expected]
    canceled = await done(hass, "HassCancelAllTimers", origin=pizza)
    assert canceled.speech_slots == {"canceled": 2}


def _steady(timer: object) -> dict[str, object]:
    """Return a timer without what is different each time, but with the names of that."""
    assert isinstance(timer, dict)
    passing = {"id", "hours_left", "minutes_left", "seconds_left", "total_seconds_left"}
    return {key: None if key in passing or key.startswith("rounded_") else field for key, field in timer.items()}


async def test_a_device_without_timers_is_told_so(hass: HomeAssistant) -> None:
    result = await done(hass, "HassStartTimer", origin=KITCHEN, minutes=5)
    assert result.error == "no_timer_support"


class Kept(intent.IntentHandler):
    """Keeps what it was given."""

    intent_type = "Kept"
    intent_obj: intent.Intent

    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        self.intent_obj = intent_obj
        response = intent_obj.create_response()
        response.async_set_speech_slots({"count": 2, "name": "x", "none": None, "large": {"a": 1}})
        response.success_results = [
            intent.IntentResponseTarget(
                name="Lamp", type=intent.IntentResponseTargetType.ENTITY, id="light.kitchen_light"
            ),
            intent.IntentResponseTarget(name="", type=intent.IntentResponseTargetType.ENTITY, id="light.none"),
            intent.IntentResponseTarget(name="Kitchen", type=intent.IntentResponseTargetType.AREA, id="kitchen"),
        ]
        return response


async def test_an_intent_is_told_where_it_was_said_and_by_whom(hass: HomeAssistant) -> None:
    kept = Kept()
    intent.async_register(hass, kept)
    context = Context(user_id="somebody")
    origin = Origin(
        context=context,
        language="de",
        device_id="device",
        satellite_id="assist_satellite.kitchen",
        area_id="kitchen",
        agent_id="conversation.local_voice",
    )
    states: list[State] = []
    result = await act(hass, asked("Kept", None, values=("a", "b")), origin, states)
    given = kept.intent_obj
    assert (given.context, given.language, given.assistant) == (context, "de", "conversation")
    assert (given.device_id, given.satellite_id) == ("device", "assist_satellite.kitchen")
    assert given.conversation_agent_id == "conversation.local_voice"
    assert given.text_input is None
    assert given.slots == {"values": {"value": ["a", "b"]}, "preferred_area_id": {"value": "kitchen"}}
    assert result.speech_slots == {"count": 2, "name": "x", "none": None, "large": True}
    assert [state.entity_id for state in states] == [thing.id for thing in result.matched] == ["light.kitchen_light"]


async def test_an_answer_about_very_many_things_still_fits_into_a_message(hass: HomeAssistant) -> None:
    for number in range(600):
        hass.states.async_set(f"light.lamp_{number}", "on", {"friendly_name": f"{'a' * 60} {number}"})
        expose(hass, f"light.lamp_{number}", True)
    result = await done(hass, "HassGetState", domain=("light",), state="on")
    assert len(result.matched) > 50


async def test_neither_names_nor_words_are_logged_by_us(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="custom_components.local_voice")
    await done(hass, "HassTurnOn", name=WORLD)
    await done(hass, "HassMediaSearchAndPlay", search_query=WORLD, area="Kitchen")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(actions.__name__[:28])]
    assert any("MatchFailedError" in line for line in ours)
    assert not any(WORLD in line or "what was said" in line for line in ours)
