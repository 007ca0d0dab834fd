"""Sentences of Home Assistant's own come first: triggers of automations, sentences in files and the configuration."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.components import conversation
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.local_voice.compat import chat_session
from custom_components.local_voice.house import sentences
from custom_components.local_voice.house.guarding import may_be_done_unasked
from custom_components.local_voice.house.guards import Guards
from custom_components.local_voice.house.origin import Origin
from custom_components.local_voice.house.sentences import OwnSentences, answer, async_own_sentence
from custom_components.local_voice.wire.house_messages import SentenceAsked, SentenceDone
from tests.home_assistant.decisions import decision
from tests.home_assistant.small_house import SmallHouse

ORIGIN = Origin(context=Context(), language="en", device_id="device", satellite_id="assist_satellite.kitchen")
WORD = "pallene"
"""A word that must not be logged by us."""

type SetUp = Callable[..., Any]


@pytest.fixture(autouse=True)
async def folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """A configuration folder of the test's own."""
    hass.config.config_dir = str(tmp_path)
    await SmallHouse(hass).build()
    return tmp_path


async def automate(hass: HomeAssistant, command: str, *actions: Any) -> None:
    config = {"alias": "own", "trigger": {"platform": "conversation", "command": command}, "action": list(actions)}
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()


def write(folder: Path, language: str, sentence: str) -> None:
    path = folder / "custom_sentences" / language / "own.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(f'language: {language}\nintents:\n  Own:\n    data:\n      - sentences: ["{sentence}"]\n')


class OwnIntent(intent.IntentHandler):
    """What a custom sentence means."""

    intent_type = "Own"

    def __init__(self) -> None:
        self.given: list[intent.Intent] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.error: Exception | None = None

    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        self.given.append(intent_obj)
        await self.go_on.wait()
        if self.error is not None:
            raise self.error
        response = intent_obj.create_response()
        response.async_set_speech("own answer")
        return response


@pytest.fixture
def own_intent(hass: HomeAssistant) -> OwnIntent:
    handler = OwnIntent()
    intent.async_register(hass, handler)
    return handler


async def known(hass: HomeAssistant, on_change: Callable[[], None] = lambda: None) -> OwnSentences:
    one = OwnSentences(hass, "en", on_change)
    await one.start()
    return one


async def asked(hass: HomeAssistant, *texts: str, deadline_ms: int = 3_000) -> SentenceDone:
    own = await known(hass)
    try:
        return await answer(hass, SentenceAsked(id=3, texts=texts, deadline_ms=deadline_ms), ORIGIN, own)
    finally:
        own.stop()


# Whether there are any


async def test_a_fresh_home_assistant_has_none(hass: HomeAssistant) -> None:
    own = await known(hass)
    assert (own.exist, own.has_triggers, own.has_custom) == (False, False, False)
    assert await asked(hass, "turn on the kitchen light") == SentenceDone(id=3)
    own.stop()


async def test_triggers_come_and_go_with_automations(hass: HomeAssistant) -> None:
    changes: list[None] = []
    own = await known(hass, lambda: changes.append(None))
    changes.clear()
    await automate(hass, "good night")
    assert (own.exist, own.has_triggers, own.has_custom) == (True, True, False)
    await hass.services.async_call("automation", "turn_off", {"entity_id": "automation.own"}, blocking=True)
    assert not own.exist
    assert len(changes) == 2
    own.stop()
    await hass.services.async_call("automation", "turn_on", {"entity_id": "automation.own"}, blocking=True)
    assert not own.has_triggers


@pytest.mark.parametrize(("language", "exist"), [("en", True), ("en-GB", False), ("de", False)])
async def test_files_count_in_the_folder_that_home_assistant_reads(
    hass: HomeAssistant, folder: Path, language: str, exist: bool
) -> None:
    write(folder, language, "own sentence")
    own = await known(hass)
    assert (own.exist, own.has_custom) == (exist, exist)
    own.stop()


async def test_files_are_looked_for_again_when_they_are_reloaded(hass: HomeAssistant, folder: Path) -> None:
    changed = asyncio.Event()
    own = await known(hass, changed.set)
    changed.clear()
    write(folder, "en", "own sentence")
    await hass.services.async_call("conversation", "reload", {"language": "en"}, blocking=True)
    async with asyncio.timeout(3):
        await changed.wait()
    assert own.has_custom
    own.stop()


async def test_where_it_cannot_be_known_they_are_asked(hass: HomeAssistant) -> None:
    with patch.object(sentences, "watch_intents", return_value=None):
        own = await known(hass)
    assert (own.has_triggers, own.has_custom) == (True, True)
    own.stop()


# Doing what they ask for


async def test_the_likeliest_reading_that_is_a_trigger_is_done(hass: HomeAssistant) -> None:
    done = async_capture_events(hass, "night")
    await automate(hass, "good night [everybody]", {"event": "night"}, {"set_conversation_response": "Sleep well"})
    result = await asked(hass, "could night", "good night everybody", "good night")
    assert result == SentenceDone(id=3, text="good night everybody", speech="Sleep well")
    await hass.async_block_till_done()
    assert len(done) == 1


async def test_a_trigger_is_told_where_it_was_said(hass: HomeAssistant) -> None:
    done = async_capture_events(hass, "said")
    data = {"satellite": "{{ trigger.satellite_id }}", "device": "{{ trigger.device_id }}"}
    await automate(hass, "good night", {"event": "said", "event_data": data})
    result = await asked(hass, "good night")
    assert (result.text, result.speech) == ("good night", "Done")
    assert done[0].data == {"satellite": "assist_satellite.kitchen", "device": "device"}


async def test_what_is_no_sentence_of_its_own_is_left_to_the_gateway(
    hass: HomeAssistant, folder: Path, own_intent: OwnIntent
) -> None:
    await automate(hass, "good night")
    write(folder, "en", "own sentence")
    assert await asked(hass, "turn on the kitchen light") == SentenceDone(id=3)
    state = hass.states.get("light.kitchen_light")
    assert state is not None
    assert state.state == "off"


async def test_a_custom_sentence_is_done_with_its_intent(
    hass: HomeAssistant, folder: Path, own_intent: OwnIntent
) -> None:
    write(folder, "en", "own sentence")
    result = await asked(hass, "oven sentence", "own sentence")
    assert result == SentenceDone(id=3, text="own sentence", speech="own answer")
    assert [given.satellite_id for given in own_intent.given] == ["assist_satellite.kitchen"]


async def test_an_automation_that_takes_long_counts_as_done_at_the_deadline(
    hass: HomeAssistant, folder: Path, own_intent: OwnIntent
) -> None:
    write(folder, "en", "own sentence")
    await asked(hass, "warm up")
    own_intent.go_on.clear()
    result = await asked(hass, "own sentence", deadline_ms=600)
    assert result == SentenceDone(id=3, text="own sentence")
    own_intent.go_on.set()
    await hass.async_block_till_done()
    assert len(own_intent.given) == 1


async def test_a_trigger_that_takes_long_counts_as_done_at_the_deadline(hass: HomeAssistant) -> None:
    done = async_capture_events(hass, "late")
    await automate(hass, "good night", {"delay": {"milliseconds": 400}}, {"event": "late"})
    result = await asked(hass, "good night", deadline_ms=300)
    assert (result, len(done)) == (SentenceDone(id=3, text="good night"), 0)
    await asyncio.sleep(0.5)
    await hass.async_block_till_done()
    assert len(done) == 1


async def test_what_was_not_recognised_in_time_is_not_done_any_more(
    hass: HomeAssistant, folder: Path, own_intent: OwnIntent
) -> None:
    write(folder, "en", "own sentence")
    own = await known(hass)
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow(*_: Any, **__: Any) -> None:
        started.set()
        await go_on.wait()

    with patch.object(conversation, "async_handle_intents", slow):
        question = SentenceAsked(id=3, texts=("own sentence",), deadline_ms=200)
        assert await answer(hass, question, ORIGIN, own) == SentenceDone(id=3)
    assert started.is_set()
    await hass.async_block_till_done()
    assert own_intent.given == []
    own.stop()


async def test_a_sentence_that_fails_is_done_nevertheless_and_logged_without_a_word(
    hass: HomeAssistant, folder: Path, own_intent: OwnIntent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="custom_components.local_voice")
    write(folder, "en", f"own {WORD}")
    own_intent.error = intent.IntentHandleError(WORD)
    result = await asked(hass, f"own {WORD}")
    assert (result.text, result.speech) == (f"own {WORD}", "An unexpected error occurred")
    own_intent.error = intent.InvalidSlotInfo(WORD)
    result = await asked(hass, f"own {WORD}")
    assert (result.text, result.speech) == (f"own {WORD}", "")
    ours = [record.getMessage() for record in caplog.records if "local_voice" in record.name]
    assert "A sentence of Home Assistant's own failed: InvalidSlotInfo" in ours
    assert not any(WORD in line for line in ours)


async def test_inside_a_pipeline_triggers_are_not_asked_again(
    hass: HomeAssistant, folder: Path, own_intent: OwnIntent
) -> None:
    done = async_capture_events(hass, "night")
    await automate(hass, "good night", {"event": "night"})
    write(folder, "en", "own sentence")

    async def own_sentence(text: str) -> intent.IntentResponse | None:
        with chat_session(hass, None, Context()) as session:
            given = conversation.ConversationInput(
                text=text,
                context=Context(),
                conversation_id=session.conversation_id,
                device_id=None,
                satellite_id=None,
                language="en",
                agent_id="conversation.local_voice",
            )
            with conversation.async_get_chat_log(hass, session, given) as chat_log:
                return await async_own_sentence(hass, given, chat_log, triggers=False)

    assert await own_sentence("good night") is None
    assert not done
    response = await own_sentence("own sentence")
    assert response is not None
    assert response.speech["plain"]["speech"] == "own answer"


OWN_WAYS = """
language: en
intents:
  HassTurnOn:
    data:
      - sentences: ["fire up [the] {name}"]
  OpenSesame:
    data:
      - sentences: ["open sesame"]
"""
DOOR, KETTLE, LAMP = "lock.front_door", "switch.kettle", "light.kitchen_light"


@pytest.mark.parametrize(
    ("decisions", "said", "is_done"),
    [
        ((), "fire up the kettle", True),
        ((), "open sesame", True),
        ((decision("never", entities=[LAMP]),), "fire up the kettle", True),
        ((decision("free", entities=[KETTLE]),), "fire up the kettle", True),
        ((decision("confirm", entities=[KETTLE]),), "fire up the kettle", False),
        ((decision("pin", entities=[KETTLE]),), "fire up the kettle", False),
        ((decision("never", entities=[KETTLE]),), "fire up the kettle", False),
        ((decision("free", entities=[KETTLE], areas=["bedroom"]),), "fire up the kettle", False),
        ((decision("free", entities=[KETTLE], areas=["kitchen"]),), "fire up the kettle", True),
        ((decision("confirm", entities=[DOOR]),), "open sesame", True),
        ((decision("never", entities=[DOOR]),), "open sesame", False),
        ((decision("never", kinds=["lock"]),), "open sesame", False),
    ],
)
async def test_a_custom_sentence_is_done_as_far_as_the_household_did_not_decide_otherwise(
    hass: HomeAssistant, folder: Path, decisions: tuple[ConfigSubentryData, ...], said: str, is_done: bool
) -> None:
    path = folder / "custom_sentences" / "en" / "own.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(OWN_WAYS)
    unlock = {"action": "lock.unlock", "target": {"entity_id": DOOR}}
    assert await async_setup_component(
        hass, "intent_script", {"intent_script": {"OpenSesame": {"action": [unlock], "speech": {"text": "Welcome"}}}}
    )
    entry = MockConfigEntry(domain="local_voice", subentries_data=decisions)
    decided = Guards(hass, entry, "en", usual=None)
    origin = replace(ORIGIN, stands_in="kitchen")
    own = await known(hass)
    done = await answer(
        hass,
        SentenceAsked(id=3, texts=(said,), deadline_ms=3_000),
        origin,
        own,
        lambda result: may_be_done_unasked(hass, decided, result, origin),
    )
    own.stop()
    assert bool(done.text) is is_done
