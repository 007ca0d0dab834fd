"""The home behind a connection: it is told, acts and knows sentences of its own, over the real wire."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from homeassistant.components.conversation import async_converse
from homeassistant.config_entries import ConfigSubentry, ConfigSubentryData
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.local_voice.const import CONF_CUSTOM_SENTENCES, CONF_PIN_HASH, DOMAIN
from custom_components.local_voice.gateway import Gateway
from custom_components.local_voice.house.home import Home
from custom_components.local_voice.house.pin import hashed
from custom_components.local_voice.wire.house_messages import ActionAsked, SentenceAsked, SentenceDone
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.decisions import decision
from tests.home_assistant.scripted_gateway import GATEWAY_ID, SATELLITE, ScriptedGateway
from tests.home_assistant.small_house import WORLD, SmallHouse

CANARY = "zebrawood"
PIN = "2580"


@pytest.fixture(autouse=True)
async def home(hass: HomeAssistant) -> SmallHouse:
    return await SmallHouse(hass).build()


def asked(number: int, intent_name: str, **words: Any) -> dict[str, Any]:
    """Return what a gateway asks to be done."""
    return {
        "type": "action_asked",
        "id": number,
        "intent": intent_name,
        "response": "default",
        "text": CANARY,
        "satellite_id": SATELLITE,
        "deadline_ms": 3_000,
        **words,
    }


async def test_a_gateway_is_told_the_house_and_has_things_done_in_it(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, home: SmallHouse
) -> None:
    await setup_entry()
    await gateway.told("sentences_known")
    things = [thing["id"] for part in gateway.all_told("house_part") for thing in part.get("entities", ())]
    assert "light.kitchen_light" in things
    assert home.secret.entity_id not in things
    slots = {"name": "Kitchen light"}
    await gateway.say(asked(1, "HassTurnOn", slots=slots, entity_id="light.kitchen_light", area_id="kitchen"))
    done = await gateway.told("action_done")
    assert [(thing["id"], thing["state"]) for thing in done["matched"]] == [("light.kitchen_light", "on")]
    changed = await gateway.told("states_changed")
    assert changed["states"][0]["id"] == "light.kitchen_light"
    await gateway.say(asked(2, "HassTurnOn", slots={"name": WORLD}))
    refused = await gateway.told("action_done", 2)
    assert refused["error"] == "no_entity_exposed"


class Kept(intent.IntentHandler):
    """Keeps what it was given."""

    intent_type = "Kept"

    def __init__(self) -> None:
        self.given: list[intent.Intent] = []

    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        self.given.append(intent_obj)
        response = intent_obj.create_response()
        state = intent_obj.hass.states.get("light.kitchen_light")
        response.async_set_states([] if state is None else [state])
        return response


async def test_what_is_said_at_a_satellite_is_done_on_its_behalf(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    kept = Kept()
    intent.async_register(hass, kept)
    entry = await setup_entry()
    await gateway.say(asked(1, "Kept", slots={}, area_id="kitchen"))
    await gateway.told("action_done")
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, f"{GATEWAY_ID}_{SATELLITE}"), entry.entry_id)
    assert device is not None
    (given,) = kept.given
    satellite_id = er.async_get(hass).async_get_entity_id(
        "assist_satellite", DOMAIN, f"{GATEWAY_ID}-{SATELLITE}-satellite"
    )
    assert satellite_id is not None
    assert (given.device_id, given.satellite_id) == (device.id, satellite_id)
    assert given.conversation_agent_id == "conversation.gateway_conversation"
    assert (given.context.user_id, given.language) == (None, "en")
    assert given.slots == {"preferred_area_id": {"value": "kitchen"}}
    await gateway.say(asked(2, "Kept", slots={}, satellite_id="never seen"))
    await gateway.told("action_done", 2)
    assert (kept.given[1].device_id, kept.given[1].satellite_id) == (None, None)
    assert entry.runtime_data.is_connected


async def test_what_is_said_to_home_assistant_is_done_on_behalf_of_who_said_it(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    kept = Kept()
    intent.async_register(hass, kept)
    heard: dict[str, Any] = {}

    def converse(message: dict[str, Any]) -> Iterable[dict[str, Any]]:
        heard.update(message)
        yield asked(1, "Kept", slots={}, satellite_id="", converse_id=message["id"])

    def answer(message: dict[str, Any]) -> Iterable[dict[str, Any]]:
        yield {"type": "conversed", "id": heard["id"], "speech": "Done", "outcome": "action"}

    gateway.scripts |= {"converse": converse, "action_done": answer}
    await setup_entry()
    context = Context()
    result = await async_converse(
        hass, "do it", None, context, language="en", agent_id="conversation.gateway_conversation", device_id="a device"
    )
    (given,) = kept.given
    assert (given.context, given.device_id, given.satellite_id) == (context, "a device", None)
    assert [state.entity_id for state in result.response.matched_states] == ["light.kitchen_light"]


def subentry(one: ConfigSubentryData) -> ConfigSubentry:
    return ConfigSubentry(
        data=MappingProxyType(dict(one["data"])), subentry_type=one["subentry_type"], title="", unique_id=None
    )


async def test_a_gateway_that_was_taken_over_has_nothing_done_that_is_protected(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry, setup_entry: SetUp, home: SmallHouse
) -> None:
    await setup_entry()
    hass.config_entries.async_update_entry(
        entry, options={CONF_PIN_HASH: await hass.async_add_executor_job(hashed, PIN)}
    )
    decisions = [
        decision("never", entities=["switch.kettle"]),
        decision("pin", entities=["light.kitchen_light"], areas=["bedroom", "kitchen"]),
        decision("free", entities=["light.bedside_lamp"], areas=["bedroom"]),
    ]
    for one in decisions:
        hass.config_entries.async_add_subentry(entry, subentry(one))

    def told() -> dict[str, tuple[str, list[str]]]:
        things = [thing for message in gateway.all_told("entities_changed") for thing in message.get("changed", ())]
        return {one["id"]: (one["guard"], one.get("guard_area_ids", [])) for one in things if "guard" in one}

    await gateway.until(lambda: len(told()) == len(decisions))
    assert told() == {
        "switch.kettle": ("never", []),
        "light.kitchen_light": ("pin", ["bedroom", "kitchen"]),
        "light.bedside_lamp": ("free", ["bedroom"]),
    }
    yes = {"is_confirmed": True}
    attempts: list[tuple[str, str, dict[str, Any], str | None]] = [
        ("HassTurnOff", "lock.front_door", {}, "not_confirmed"),
        ("HassTurnOn", "switch.kettle", {**yes, "pin": PIN}, "never_by_voice"),
        ("HassTurnOn", "light.kitchen_light", {}, "not_confirmed"),
        ("HassTurnOn", "light.kitchen_light", yes, "not_confirmed"),
        ("HassTurnOn", "light.kitchen_light", {**yes, "pin": "0000"}, "wrong_pin"),
        (
            "HassTurnOn",
            "light.bedside_lamp",
            {"area_id": "bedroom"},
            "not_from_here",
        ),  # the satellite is in the kitchen
        ("HassTurnOn", "light.kitchen_light", {**yes, "pin": PIN}, None),
        ("HassTurnOff", "lock.front_door", yes, None),
    ]
    for number, (intent_name, thing, words, error) in enumerate(attempts, start=1):
        await gateway.say(asked(number, intent_name, slots={"name": "what"}, entity_id=thing, **words))
        done = await gateway.told("action_done", number)
        assert done.get("error") == error, (intent_name, thing, words)
        assert home.kettle.is_on is home.bedside.is_on is False
    assert (home.lamp.is_on, home.door.is_locked) == (True, False)


async def test_a_door_that_was_locked_a_moment_ago_is_not_unlocked_because_the_gateway_has_not_heard_of_it(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, home: SmallHouse
) -> None:
    await setup_entry()
    door = "lock.front_door"

    def told() -> list[str]:
        changes = gateway.all_told("states_changed")
        return [one["state"] for change in changes for one in change["states"] if one["id"] == door]

    await hass.services.async_call("lock", "unlock", {"entity_id": door}, blocking=True)
    await gateway.until(lambda: told() == ["unlocked"])
    await hass.services.async_call("lock", "lock", {"entity_id": door}, blocking=True)
    assert told() == ["unlocked"], "as far as the gateway knows, to unlock it changes nothing"
    await gateway.say(asked(1, "HassTurnOff", slots={"name": "Front door"}, entity_id=door))
    assert (await gateway.told("action_done", 1))["error"] == "not_confirmed"
    assert home.door.is_locked
    await gateway.say(asked(2, "HassTurnOff", slots={"name": "Front door"}, entity_id=door, is_confirmed=True))
    assert "error" not in await gateway.told("action_done", 2)
    assert not home.door.is_locked


async def test_a_yes_in_a_conversation_counts_only_after_a_question(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, home: SmallHouse
) -> None:
    heard: list[int] = []
    is_question = True

    def converse(message: dict[str, Any]) -> Iterable[dict[str, Any]]:
        heard.append(message["id"])
        slots = {"slots": {"name": "Front door"}, "entity_id": "lock.front_door"}
        yield asked(message["id"], "HassTurnOff", **slots, is_confirmed=True, satellite_id="", converse_id=heard[-1])

    def answer(message: dict[str, Any]) -> Iterable[dict[str, Any]]:
        answered = {"type": "conversed", "id": heard[-1], "speech": message.get("error", "Done"), "outcome": "action"}
        yield {**answered, "is_question": is_question}

    gateway.scripts |= {"converse": converse, "action_done": answer}
    await setup_entry()
    agent = "conversation.gateway_conversation"
    first = await async_converse(hass, "unlock the door", None, Context(), language="en", agent_id=agent)
    assert first.response.speech["plain"]["speech"] == "not_confirmed"
    assert home.door.is_locked
    second = await async_converse(hass, "yes", first.conversation_id, Context(), language="en", agent_id=agent)
    assert second.response.speech["plain"]["speech"] == "Done"
    assert not home.door.is_locked


async def test_triggers_of_automations_come_first_where_they_are_wanted(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    assert not (await gateway.told("sentences_known"))["exist"]
    automation = {
        "trigger": {"platform": "conversation", "command": "good night"},
        "action": {"set_conversation_response": "Sleep well"},
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    known = await gateway.told("sentences_known", 2)
    assert known["exist"]
    await gateway.say(
        {
            "type": "sentence_asked",
            "id": 5,
            "texts": ["could night", "good night"],
            "satellite_id": SATELLITE,
            "deadline_ms": 2_000,
        }
    )
    done = await gateway.told("sentence_done")
    assert (done["id"], done["text"], done["speech"]) == (5, "good night", "Sleep well")


async def test_a_custom_sentence_does_not_get_round_what_the_household_decided(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    entry: MockConfigEntry,
    setup_entry: SetUp,
    home: SmallHouse,
    tmp_path: Path,
) -> None:
    hass.config.config_dir = str(tmp_path)
    path = tmp_path / "custom_sentences" / "en" / "own.yaml"
    path.parent.mkdir(parents=True)
    path.write_text('language: en\nintents:\n  HassTurnOn:\n    data:\n      - sentences: ["fire up the {name}"]\n')
    await setup_entry()
    hass.config_entries.async_add_subentry(entry, subentry(decision("never", entities=["switch.kettle"])))
    heard: list[str] = []

    def converse(message: dict[str, Any]) -> Iterable[dict[str, Any]]:
        heard.append(message["text"])
        yield {"type": "conversed", "id": message["id"], "speech": "Sorry", "outcome": "not_understood"}

    gateway.scripts["converse"] = converse
    agent = "conversation.gateway_conversation"
    for said in ("fire up the kitchen light", "fire up the kettle"):
        await async_converse(hass, said, None, Context(), language="en", agent_id=agent)
    assert (home.lamp.is_on, home.kettle.is_on, heard) == (True, False, ["fire up the kettle"])
    asking = {"type": "sentence_asked", "id": 5, "texts": ["fire up the kettle"], "satellite_id": SATELLITE}
    await gateway.say(asking)
    assert not (await gateway.told("sentence_done")).get("text")
    assert not home.kettle.is_on


async def test_sentences_that_are_not_wanted_are_not_told_of(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry, setup_entry: SetUp
) -> None:
    automation = {"trigger": {"platform": "conversation", "command": "good night"}, "action": []}
    assert await async_setup_component(hass, "automation", {"automation": automation})
    object.__setattr__(entry, "options", {CONF_CUSTOM_SENTENCES: False})
    await setup_entry()
    known = await gateway.told("sentences_known")
    assert not known["exist"]
    await gateway.say({"type": "sentence_asked", "id": 5, "texts": ["good night"], "satellite_id": SATELLITE})
    assert not (await gateway.told("sentence_done")).get("text")


async def test_before_anything_was_told_there_are_no_sentences(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    one = Home(hass, Gateway(hass, entry), entry)
    assert await one.sentence(SentenceAsked(id=1, texts=("good night",))) == SentenceDone(id=1)
    question = ActionAsked(id=2, intent="HassNobodyKnows", slots={}, response="default", text="")
    assert (await one.act(question, None)).error == "no_intent"  # in Home Assistant's language: none was offered yet


async def test_not_a_word_that_was_said_is_kept_or_logged(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await setup_entry()
    await gateway.say(
        asked(1, "HassTurnOn", slots={"name": CANARY}),
        asked(2, "HassMediaSearchAndPlay", slots={"search_query": CANARY, "area": "Kitchen"}, area_id="kitchen"),
        {"type": "turn_began", "satellite_id": SATELLITE, "wake_word": "okay_nabu"},
        {"type": "turn_happened", "satellite_id": SATELLITE, "outcome": "action", "wake_word": "okay_nabu"},
    )
    await gateway.told("action_done", 2)
    await hass.async_block_till_done()
    await asyncio.sleep(0)
    for state in hass.states.async_all():
        assert CANARY not in str(state.as_dict())
    ours = [record.getMessage() for record in caplog.records if "local_voice" in record.name]
    assert not any(CANARY in line for line in ours)
    assert er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
