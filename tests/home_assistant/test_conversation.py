"""Understanding: what is typed, what a pipeline has heard, and whose sentence it is."""

from pathlib import Path
from typing import Any

import pytest
from homeassistant.components import conversation
from homeassistant.components.assist_pipeline import PipelineEventType
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.intent import IntentResponse, IntentResponseErrorCode, IntentResponseType
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.local_voice.compat import chat_session
from custom_components.local_voice.const import CONF_CUSTOM_SENTENCES
from custom_components.local_voice.conversation import response_to
from custom_components.local_voice.wire.messages import Conversed
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import ScriptedGateway
from tests.home_assistant.voice import data_of, entity_of, our_pipeline, run_text

SENTENCE = "make it cosy"
USER = "fedcba9876543210fedcba9876543210"
AUTOMATION = {
    "automation": {
        "triggers": {"trigger": "conversation", "command": [SENTENCE]},
        "actions": [{"action": "test.cosy"}, {"set_conversation_response": "It is cosy"}],
    }
}
CUSTOM = """
language: en
intents:
  Cosy:
    data:
      - sentences: ["make it cosy"]
"""


@pytest.fixture
def home_folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return the folder where this Home Assistant's files are."""
    hass.config.config_dir = str(tmp_path)
    return tmp_path


@pytest.fixture
async def loaded(setup_entry: SetUp) -> MockConfigEntry:
    """Set up the entry."""
    return await setup_entry()


async def say(
    hass: HomeAssistant,
    entry: ConfigEntry,
    text: str,
    conversation_id: str | None = None,
    *,
    user_id: str | None = None,
    language: str = "en",
    **options: Any,
) -> conversation.ConversationResult:
    """Say something to our agent, as the action `conversation.process` does."""
    agent_id = entity_of(hass, entry, "conversation")
    return await conversation.async_converse(
        hass, text, conversation_id, Context(user_id=user_id), language=language, agent_id=agent_id, **options
    )


def speech(response: IntentResponse) -> str:
    """Return what is said."""
    return str(response.speech["plain"]["speech"])


async def test_the_gateway_is_told_what_was_said_and_where(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    room = ar.async_get(hass).async_create("Pantry")
    device = dr.async_get(hass).async_get_or_create(config_entry_id=loaded.entry_id, identifiers={("x", "y")})
    dr.async_get(hass).async_update_device(device.id, area_id=room.id)
    result = await say(hass, loaded, "turn on the light", device_id=device.id)
    told = await gateway.told("converse")
    assert (told["text"], told["language"], told["area_id"]) == ("turn on the light", "en", room.id)
    assert told["conversation_id"] == result.conversation_id
    assert speech(result.response) == "Done"
    assert result.response.response_type is IntentResponseType.ACTION_DONE
    assert not result.continue_conversation


async def test_the_room_of_a_satellite_counts_before_that_of_its_device(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    areas, entities, devices = ar.async_get(hass), er.async_get(hass), dr.async_get(hass)
    device = devices.async_get_or_create(config_entry_id=loaded.entry_id, identifiers={("x", "y")})
    devices.async_update_device(device.id, area_id=areas.async_create("Hall").id)
    satellite = entities.async_get_or_create(
        "assist_satellite", "other", "1", device_id=device.id, config_entry=loaded, original_name="Other"
    )
    await say(hass, loaded, "hello", satellite_id=satellite.entity_id)
    entities.async_update_entity(satellite.entity_id, area_id=areas.async_create("Cellar").id)
    await say(hass, loaded, "hello", satellite_id=satellite.entity_id)
    await say(hass, loaded, "hello")
    assert [told.get("area_id") for told in gateway.all_told("converse")] == ["hall", "cellar", None]
    await say(hass, loaded, "set a timer", device_id=device.id)
    assert (await gateway.told("converse", 4))["satellite_id"] == satellite.entity_id, "the device's own"


async def test_whose_login_it_came_from_is_told_and_at_which_satellite(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    agent_id = entity_of(hass, loaded, "conversation")
    await conversation.async_converse(hass, "hello", None, Context(user_id=USER), language="en", agent_id=agent_id)
    await say(hass, loaded, "hello", satellite_id="assist_satellite.hall")
    typed, spoken = gateway.all_told("converse")
    assert (typed["user_id"], typed.get("satellite_id")) == (USER, None)
    assert (spoken.get("user_id"), spoken["satellite_id"]) == (None, "assist_satellite.hall")


async def test_a_conversation_that_somebody_named_at_length_is_cut_as_is_what_was_heard_for_it(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    await say(hass, loaded, "hello", "x" * 1_000)
    assert (await gateway.told("converse"))["conversation_id"] == "x" * 255


async def test_a_pipeline_speaks_the_answer_and_the_log_has_it(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    pipeline = await our_pipeline(hass, loaded)
    with chat_session(hass, None, None) as session:
        events = await run_text(hass, pipeline, "what time is it", session)
        with conversation.async_get_chat_log(hass, session) as log:
            assert [content.as_dict().get("content") for content in log.content[1:]] == ["what time is it", "Done"]
    output = data_of(events, PipelineEventType.INTENT_END)
    assert output["intent_output"]["response"]["speech"]["plain"]["speech"] == "Done"
    assert not output["processed_locally"]


async def test_a_question_is_answered_in_the_same_conversation(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    gateway.conversed = {"speech": "Really?", "outcome": "question", "is_question": True}
    pipeline = await our_pipeline(hass, loaded)
    with chat_session(hass, None, None) as session:
        events = await run_text(hass, pipeline, "unlock the door", session)
        gateway.conversed = {"speech": "Unlocked", "outcome": "action"}
        await run_text(hass, pipeline, "yes", session)
    assert data_of(events, PipelineEventType.INTENT_END)["intent_output"]["continue_conversation"]
    told = gateway.all_told("converse")
    assert [each["text"] for each in told] == ["unlock the door", "yes"]
    assert told[0]["conversation_id"] == told[1]["conversation_id"] == session.conversation_id


@pytest.mark.parametrize(
    ("conversed", "kind", "code"),
    [
        ({"outcome": "action"}, IntentResponseType.ACTION_DONE, None),
        ({"outcome": "answer"}, IntentResponseType.QUERY_ANSWER, None),
        ({"outcome": "consent_asked"}, IntentResponseType.QUERY_ANSWER, None),
        ({"outcome": "forgotten"}, IntentResponseType.ACTION_DONE, None),
        ({"outcome": "never_mind"}, IntentResponseType.ACTION_DONE, None),
        ({"outcome": "not_understood"}, IntentResponseType.ERROR, IntentResponseErrorCode.NO_INTENT_MATCH),
        ({"outcome": "error", "error": "no_intent"}, IntentResponseType.ERROR, IntentResponseErrorCode.NO_INTENT_MATCH),
        (
            {"outcome": "error", "error": "no_entity"},
            IntentResponseType.ERROR,
            IntentResponseErrorCode.NO_VALID_TARGETS,
        ),
        ({"outcome": "error", "error": "timer_x"}, IntentResponseType.ERROR, IntentResponseErrorCode.FAILED_TO_HANDLE),
        ({"outcome": "error"}, IntentResponseType.ERROR, IntentResponseErrorCode.FAILED_TO_HANDLE),
    ],
)
def test_an_answer_is_put_in_home_assistants_terms(
    conversed: dict[str, Any], kind: IntentResponseType, code: IntentResponseErrorCode | None
) -> None:
    response = response_to(Conversed(id=1, speech="So.", **conversed), "en")
    assert (response.response_type, response.error_code, speech(response)) == (kind, code, "So.")


async def test_a_gateway_that_is_away_is_said_to_be(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.scripts["converse"] = lambda _: [None]
    result = await say(hass, loaded, "canary")
    assert result.response.error_code is IntentResponseErrorCode.FAILED_TO_HANDLE
    assert "gateway" in speech(result.response).lower()
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components")]
    assert ours
    assert "canary" not in " ".join(ours)


async def test_a_refusal_without_words_is_said_in_ours(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    gateway.conversed = {"error": "busy", "message": "for people"}
    result = await say(hass, loaded, "hello")
    assert result.response.error_code is IntentResponseErrorCode.FAILED_TO_HANDLE
    assert "busy" in speech(result.response)


async def test_what_was_done_is_in_the_response(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    hass.states.async_set("light.lamp", "off", {"friendly_name": "Lamp"})
    async_expose_entity(hass, "conversation", "light.lamp", True)
    async_mock_service(hass, "light", "turn_on")
    assert await async_setup_component(hass, "intent", {})
    asked = {"type": "action_asked", "id": 7, "intent": "HassTurnOn", "slots": {"name": "Lamp"}}
    asked |= {"response": "default", "text": "turn on the lamp", "entity_id": "light.lamp"}
    gateway.scripts["converse"] = lambda heard: [{**asked, "converse_id": heard["id"], "deadline_ms": 3000}]
    conversing: list[int] = []

    def done(_: dict[str, Any]) -> list[dict[str, Any]]:
        conversing.append(1)
        return [{"type": "conversed", "id": gateway.all_told("converse")[0]["id"], "speech": "On", "outcome": "action"}]

    gateway.scripts["action_done"] = done
    result = await say(hass, loaded, "turn on the lamp")
    assert conversing == [1]
    assert [state.entity_id for state in result.response.matched_states] == ["light.lamp"]


@pytest.mark.parametrize("in_pipeline", [True, False])
async def test_a_sentence_of_an_automation_is_done_once_and_the_gateway_is_not_asked(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry, in_pipeline: bool
) -> None:
    calls = async_mock_service(hass, "test", "cosy")
    assert await async_setup_component(hass, "automation", AUTOMATION)
    await hass.async_block_till_done()
    if in_pipeline:
        pipeline = await our_pipeline(hass, loaded)
        with chat_session(hass, None, None) as session:
            events = await run_text(hass, pipeline, SENTENCE, session)
        response = data_of(events, PipelineEventType.INTENT_END)["intent_output"]["response"]
        assert response["speech"]["plain"]["speech"] == "It is cosy"
    else:
        assert speech((await say(hass, loaded, SENTENCE)).response) == "It is cosy"
    await hass.async_block_till_done()
    assert len(calls) == 1
    assert gateway.all_told("converse") == []


async def test_an_answer_to_a_question_is_nobody_elses_sentence(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    calls = async_mock_service(hass, "test", "cosy")
    assert await async_setup_component(hass, "automation", AUTOMATION)
    await hass.async_block_till_done()
    gateway.conversed = {"speech": "What shall I do?", "outcome": "question", "is_question": True}
    asked = await say(hass, loaded, "hello")
    gateway.conversed = {"speech": "Fine", "outcome": "action"}
    await say(hass, loaded, SENTENCE, asked.conversation_id)
    assert [told["text"] for told in gateway.all_told("converse")] == ["hello", SENTENCE]
    assert calls == []
    await say(hass, loaded, SENTENCE, asked.conversation_id)
    await hass.async_block_till_done()
    assert len(calls) == 1


async def test_a_custom_sentence_comes_before_the_gateway_and_built_in_ones_do_not(
    hass: HomeAssistant, gateway: ScriptedGateway, home_folder: Path, setup_entry: SetUp
) -> None:
    _write_custom_sentence(home_folder)
    script = {"intent_script": {"Cosy": {"speech": {"text": "So be it"}}}}
    assert await async_setup_component(hass, "intent_script", script)
    entry = await setup_entry()
    assert speech((await say(hass, entry, SENTENCE)).response) == "So be it"
    assert gateway.all_told("converse") == []
    await say(hass, entry, "what time is it")
    assert [told["text"] for told in gateway.all_told("converse")] == ["what time is it"]


async def test_who_wants_no_custom_sentences_has_none(
    hass: HomeAssistant, gateway: ScriptedGateway, home_folder: Path, entry: Any, setup_entry: SetUp
) -> None:
    _write_custom_sentence(home_folder)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options={CONF_CUSTOM_SENTENCES: False})
    await setup_entry()
    await say(hass, entry, SENTENCE)
    assert [told["text"] for told in gateway.all_told("converse")] == [SENTENCE]


async def test_it_understands_the_language_of_the_gateway(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    assert conversation.async_get_conversation_languages(hass, entity_of(hass, loaded, "conversation")) == {"en"}


def _write_custom_sentence(folder: Path) -> None:
    sentences = folder / "custom_sentences" / "en"
    sentences.mkdir(parents=True)
    (sentences / "cosy.yaml").write_text(CUSTOM)


async def test_it_understands_both_languages_of_a_gateway_that_has_two(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.offered["second_language"] = "de"
    entry = await setup_entry()
    entity = hass.data[conversation.DATA_COMPONENT].get_entity(entity_of(hass, entry, "conversation"))
    assert entity is not None
    assert entity.supported_languages == ["en", "de"]
    await say(hass, entry, "schalte das Licht ein", language="de")
    assert (await gateway.told("converse"))["language"] == "de"
