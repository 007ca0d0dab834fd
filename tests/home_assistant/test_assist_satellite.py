"""The gateway's satellites in Home Assistant: what they show, announce, ask, and listen for."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from homeassistant.components import assist_satellite
from homeassistant.components.assist_pipeline import async_get_pipelines, async_update_pipeline
from homeassistant.components.assist_pipeline.pipeline import async_get_pipeline
from homeassistant.components.assist_satellite import AssistSatelliteConfiguration, AssistSatelliteWakeWord
from homeassistant.components.assist_satellite.const import DATA_COMPONENT
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE
from homeassistant.core import Event, EventStateChangedData, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.local_voice.assist_satellite import LocalVoiceSatellite
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import SATELLITE, Json, ScriptedGateway
from tests.home_assistant.voice import entity_of, our_pipeline, until

KITCHEN = "assist_satellite.kitchen_satellite"
PREANNOUNCE = Path(assist_satellite.__file__).with_name("preannounce.mp3")


@pytest.fixture
async def loaded(hass: HomeAssistant, tmp_path: Path, setup_entry: SetUp) -> MockConfigEntry:
    """Set up the entry of a Home Assistant whose files are the test's own, and a pipeline that is ours."""
    hass.config.config_dir = str(tmp_path)
    hass.config.internal_url = "http://127.0.0.1:8123"
    entry = await setup_entry()
    await our_pipeline(hass, entry)
    return entry


@pytest.fixture
def satellite(hass: HomeAssistant, loaded: ConfigEntry) -> LocalVoiceSatellite:
    """Return the entity."""
    entity = hass.data[DATA_COMPONENT].get_entity(KITCHEN)
    assert isinstance(entity, LocalVoiceSatellite)
    return entity


async def call(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Call an action of Home Assistant's satellites."""
    data = {"entity_id": KITCHEN, **data}
    is_question = action == "ask_question"
    return await hass.services.async_call(
        assist_satellite.DOMAIN, action, data, blocking=True, return_response=is_question
    )


def state(hass: HomeAssistant) -> str:
    """Return what the satellite shows."""
    shown = hass.states.get(KITCHEN)
    assert shown is not None
    return shown.state


def sounds(gateway: ScriptedGateway) -> list[bytes]:
    """Return the sounds of all announcements, in order."""
    return [
        bytes(gateway.sounds.get(told["id"], b""))[: told.get("sound_bytes", 0)]
        for told in gateway.all_told("announce")
    ]


async def test_the_state_follows_what_the_satellite_does(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    changes: list[Event[EventStateChangedData]] = async_capture_events(hass, EVENT_STATE_CHANGED)
    for _ in range(2):
        for activity in ("listening", "processing", "responding", "listening", "idle"):
            await gateway.change_satellite(SATELLITE, activity=activity)
            await until(partial(hass.states.is_state, KITCHEN, activity))
    states = [event.data["new_state"] for event in changes if event.data["entity_id"] == KITCHEN]
    shown = [new.state for new in states if new is not None]
    assert shown == ["listening", "processing", "responding", "listening", "idle"] * 2


async def test_a_satellite_that_goes_in_mid_turn_comes_back_idle(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    await gateway.change_satellite(SATELLITE, activity="responding")
    await until(lambda: state(hass) == "responding")
    await gateway.change_satellite(SATELLITE, connected=False)
    await until(lambda: state(hass) == STATE_UNAVAILABLE)
    await gateway.change_satellite(SATELLITE, connected=True, activity="idle")
    await until(lambda: state(hass) == "idle")


async def test_a_gateway_that_goes_in_mid_turn_comes_back_and_the_satellite_is_idle(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    await gateway.change_satellite(SATELLITE, activity="processing")
    await until(lambda: state(hass) == "processing")
    gateway.satellites[SATELLITE]["activity"] = "idle"
    gateway.drop()
    await until(lambda: state(hass) == STATE_UNAVAILABLE)
    await until(lambda: state(hass) == "idle")


async def test_a_satellite_that_is_doing_something_when_it_is_added_shows_it(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.satellites[SATELLITE]["activity"] = "responding"
    await setup_entry()
    assert state(hass) == "responding"


async def test_an_announcement_is_a_chime_and_a_voice_of_ours_and_lasts_until_it_was_heard(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    heard = asyncio.Event()
    seen: list[str] = []

    def over(told: Json) -> list[Json]:
        seen.append(state(hass))
        return [{"type": "announced", "id": told["id"], "satellite_ids": [SATELLITE]}]

    gateway.scripts["announce"] = over
    announcing = hass.async_create_task(call(hass, "announce", message="Dinner is ready"))
    announcing.add_done_callback(lambda _: heard.set())
    chime = await gateway.told("announce")
    await gateway.change_satellite(SATELLITE, activity="responding")
    await gateway.change_satellite(SATELLITE, activity="idle")
    await gateway.say({"type": "announce_over", "id": chime["id"]})
    voice = await gateway.told("announce", 2)
    assert not heard.is_set()
    await gateway.say({"type": "announce_over", "id": voice["id"]})
    await announcing
    assert seen == ["responding"] * 2
    assert state(hass) == "idle"
    assert sounds(gateway)[0] == PREANNOUNCE.read_bytes()
    assert sounds(gateway)[1].startswith(b"RIFF")
    assert sounds(gateway)[1].endswith(gateway.speech_frame)
    assert [told["satellite_ids"] for told in gateway.all_told("announce")] == [[SATELLITE]] * 2


async def test_an_announcement_can_do_without_a_chime(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    await call(hass, "announce", message="Dinner is ready", preannounce=False)
    assert len(sounds(gateway)) == 1


async def test_a_conversation_begins_with_words_and_goes_on_with_listening(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    def announced(told: Json) -> list[Json]:
        listening = {**gateway.satellites[SATELLITE], "activity": "listening"}
        gateway.satellites[SATELLITE] = listening
        answers = [{"type": "announced", "id": told["id"], "satellite_ids": [SATELLITE]}]
        return [*answers, listening, {"type": "announce_over", "id": told["id"]}]

    gateway.scripts["announce"] = announced
    await call(hass, "start_conversation", start_message="What shall I do?", preannounce=False)
    assert (await gateway.told("announce"))["then"] == "listen"
    await until(lambda: state(hass) == "listening")
    await gateway.change_satellite(SATELLITE, activity="idle")
    await until(lambda: state(hass) == "idle")


async def test_a_question_is_answered(hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry) -> None:
    gateway.answer = "the blue one"
    answers = [{"id": "blue", "sentences": ["[the] blue [one]"]}, {"id": "red", "sentences": ["[the] red [one]"]}]
    answer = await call(hass, "ask_question", question="Which one?", preannounce=False, answers=answers)
    assert answer == {"id": "blue", "sentence": "the blue one", "slots": {}}
    assert (await gateway.told("announce"))["then"] == "answer"
    assert state(hass) == "idle"


async def test_while_an_answer_is_waited_for_the_satellite_listens(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    gateway.scripts["announce"] = lambda told: [{"type": "announced", "id": told["id"], "satellite_ids": [SATELLITE]}]
    asking = hass.async_create_task(call(hass, "ask_question", question="Which one?", preannounce=False))
    told = await gateway.told("announce")
    await gateway.change_satellite(SATELLITE, activity="responding")
    await gateway.change_satellite(SATELLITE, activity="listening")
    await until(lambda: state(hass) == "listening")
    await gateway.change_satellite(SATELLITE, activity="idle")
    await gateway.say({"type": "announce_over", "id": told["id"]})
    await gateway.say({"type": "answered", "id": told["id"], "text": "both"})
    assert (await asking)["sentence"] == "both"
    assert state(hass) == "idle"


async def test_silence_ends_a_question(hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry) -> None:
    with pytest.raises(HomeAssistantError, match=r"(?i)answer"):
        await call(hass, "ask_question", question="Which one?", preannounce=False)
    assert state(hass) == "idle"


@pytest.mark.parametrize("end", ["drop", "unload"])
async def test_a_question_ends_when_the_gateway_goes(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry, end: str
) -> None:
    gateway.scripts["announce"] = lambda told: [{"type": "announced", "id": told["id"], "satellite_ids": [SATELLITE]}]
    asking = hass.async_create_task(call(hass, "ask_question", question="Which one?", preannounce=False))
    await gateway.told("announce")
    if end == "drop":
        gateway.drop()
    else:
        await hass.config_entries.async_unload(loaded.entry_id)
    async with asyncio.timeout(5):
        with pytest.raises(HomeAssistantError):
            await asking


async def test_what_the_gateway_refuses_is_an_error_with_a_translation(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    gateway.scripts["announce"] = lambda told: [{"type": "announced", "id": told["id"], "error": "not_connected"}]
    with pytest.raises(HomeAssistantError) as raised:
        await call(hass, "announce", message="Dinner is ready")
    assert raised.value.translation_key == "satellite_away"
    assert state(hass) == "idle"


async def test_the_wake_words_are_the_gateways(satellite: LocalVoiceSatellite, gateway: ScriptedGateway) -> None:
    assert satellite.async_get_configuration() == AssistSatelliteConfiguration(
        [
            AssistSatelliteWakeWord("okay_nabu", "Okay Nabu", []),
            AssistSatelliteWakeWord("hey_jarvis", "Hey Jarvis", []),
        ],
        ["okay_nabu"],
        2,
    )
    configuration = satellite.async_get_configuration()
    configuration.active_wake_words = ["hey_jarvis"]
    await satellite.async_set_configuration(configuration)
    assert (await gateway.told("change_settings"))["wake_words"] == ["hey_jarvis"]
    assert satellite.async_get_configuration().active_wake_words == ["hey_jarvis"]


async def test_a_pipeline_that_is_ours_speaks_and_else_the_preferred_one(
    hass: HomeAssistant, satellite: LocalVoiceSatellite, loaded: ConfigEntry
) -> None:
    ours = entity_of(hass, loaded, "conversation")
    assert async_get_pipeline(hass, satellite._resolve_pipeline()).conversation_engine == ours
    for pipeline in async_get_pipelines(hass):
        if pipeline.conversation_engine == ours:
            await async_update_pipeline(hass, pipeline, conversation_engine="conversation.home_assistant")
    assert satellite._resolve_pipeline() is None


async def test_a_satellite_that_is_paired_later_is_added_without_a_reload(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    await gateway.pair_satellite("satellite-attic", name="Attic satellite")
    await until(lambda: hass.states.get("assist_satellite.attic_satellite") is not None)


async def test_nothing_that_is_said_stands_in_a_state_or_an_attribute(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: ConfigEntry
) -> None:
    gateway.answer = "canary"
    await call(hass, "ask_question", question="canary?", preannounce=False)
    assert "canary" not in repr([shown.as_dict() for shown in hass.states.async_all()])
    assert er.async_get(hass).async_get(KITCHEN) is not None
