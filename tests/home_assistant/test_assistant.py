"""The assistant "Local Voice": made, remembered, left alone, removed."""

import logging
from unittest.mock import patch

import pytest
from homeassistant.components.assist_pipeline import (
    Pipeline,
    async_get_pipelines,
    async_update_pipeline,
)
from homeassistant.components.assist_pipeline.pipeline import async_get_pipeline, async_setup_pipeline_store
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.local_voice.assistant import NAME, language_for
from custom_components.local_voice.const import CONF_PIPELINE, CONF_PIPELINE_ID, CONF_PREFERRED
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import ScriptedGateway


def ours(hass: HomeAssistant) -> list[Pipeline]:
    return [pipeline for pipeline in async_get_pipelines(hass) if pipeline.name == NAME]


async def delete(hass: HomeAssistant, pipeline: Pipeline) -> None:
    await (await async_setup_pipeline_store(hass)).pipeline_store.async_delete_item(pipeline.id)


async def prefer(hass: HomeAssistant, pipeline_id: str) -> None:
    (await async_setup_pipeline_store(hass)).pipeline_store.async_set_preferred_item(pipeline_id)


async def change(hass: HomeAssistant, entry: MockConfigEntry, *, wanted: bool) -> None:
    hass.config_entries.async_update_entry(entry, options={CONF_PIPELINE: wanted})
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()


async def test_every_stage_of_the_assistant_is_the_gateways(hass: HomeAssistant, setup_entry: SetUp) -> None:
    entry = await setup_entry()

    (assistant,) = ours(hass)
    registry = er.async_get(hass)
    engines = (assistant.stt_engine, assistant.tts_engine, assistant.conversation_engine, assistant.wake_word_entity)
    for engine in engines:
        assert engine is not None
        registered = registry.async_get(engine)
        assert registered is not None
        assert registered.config_entry_id == entry.entry_id
    assert assistant.wake_word_id == "okay_nabu"
    assert (assistant.language, assistant.conversation_language, assistant.stt_language) == ("en", "en", "en")
    assert assistant.prefer_local_intents is False
    assert entry.data[CONF_PIPELINE_ID] == assistant.id
    assert async_get_pipeline(hass).id != assistant.id


async def test_the_assistant_speaks_as_the_gateway_does_even_where_there_is_a_voice_of_the_homes_country(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    hass.config.country = "GB"
    voices = [
        {"id": "joe", "name": "Joe", "language": "en-US"},
        {"id": "espeak-en-gb", "name": "espeak", "language": "en-GB"},
    ]
    gateway.offered = gateway.offered | {"voice": "joe", "voices": voices}
    await setup_entry()

    (assistant,) = ours(hass)
    assert (assistant.tts_language, assistant.tts_voice) == ("en-US", None)


async def test_a_gateway_that_listens_for_nothing_makes_an_assistant_without_a_wake_word(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.offered = gateway.offered | {"wake_words": []}
    await setup_entry()

    (assistant,) = ours(hass)
    assert (assistant.wake_word_entity, assistant.wake_word_id) == (None, None)


async def test_the_assistant_becomes_the_preferred_one_where_that_was_wanted(
    hass: HomeAssistant, entry: MockConfigEntry, setup_entry: SetUp
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_PREFERRED: True})

    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()

    assert async_get_pipeline(hass).name == NAME


async def test_no_assistant_is_made_where_none_is_wanted(
    hass: HomeAssistant, entry: MockConfigEntry, setup_entry: SetUp
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options={CONF_PIPELINE: False})

    await hass.config_entries.async_setup(entry.entry_id)

    assert ours(hass) == []


async def test_an_assistant_is_made_once(hass: HomeAssistant, setup_entry: SetUp) -> None:
    entry = await setup_entry()
    (assistant,) = ours(hass)
    await async_update_pipeline(hass, assistant, name="Computer")

    await change(hass, entry, wanted=True)

    assert ours(hass) == []
    assert [pipeline.name for pipeline in async_get_pipelines(hass) if pipeline.id == assistant.id] == ["Computer"]


async def test_an_assistant_that_its_owner_deleted_does_not_come_back(hass: HomeAssistant, setup_entry: SetUp) -> None:
    entry = await setup_entry()
    await delete(hass, ours(hass)[0])

    await change(hass, entry, wanted=True)

    assert ours(hass) == []


async def test_switched_off_it_is_removed_and_switched_on_made_anew(hass: HomeAssistant, setup_entry: SetUp) -> None:
    entry = await setup_entry()

    await change(hass, entry, wanted=False)
    assert ours(hass) == []
    assert CONF_PIPELINE_ID not in entry.data
    await change(hass, entry, wanted=True)

    assert len(ours(hass)) == 1


async def test_switched_off_the_preferred_one_stays_until_another_is_preferred(
    hass: HomeAssistant, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    before = async_get_pipeline(hass)
    await prefer(hass, ours(hass)[0].id)

    await change(hass, entry, wanted=False)
    assert len(ours(hass)) == 1
    await prefer(hass, before.id)
    await change(hass, entry, wanted=False)

    assert ours(hass) == []


async def test_an_assistant_that_understands_by_something_else_is_its_owners(
    hass: HomeAssistant, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    await async_update_pipeline(hass, ours(hass)[0], conversation_engine="conversation.home_assistant")

    await change(hass, entry, wanted=False)

    assert len(ours(hass)) == 1
    assert CONF_PIPELINE_ID not in entry.data


async def test_removing_the_entry_removes_the_assistant(hass: HomeAssistant, setup_entry: SetUp) -> None:
    entry = await setup_entry()

    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()

    assert ours(hass) == []


async def test_removing_the_entry_leaves_the_preferred_assistant(hass: HomeAssistant, setup_entry: SetUp) -> None:
    entry = await setup_entry()
    await prefer(hass, ours(hass)[0].id)

    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()

    assert len(ours(hass)) == 1


async def test_an_assistant_is_made_once_all_engines_are_there(hass: HomeAssistant, setup_entry: SetUp) -> None:
    entry = await setup_entry()
    stt = ours(hass)[0].stt_engine
    assert stt is not None
    await change(hass, entry, wanted=False)
    er.async_get(hass).async_update_entity(stt, disabled_by=er.RegistryEntryDisabler.USER)

    await change(hass, entry, wanted=True)
    assert ours(hass) == []
    er.async_get(hass).async_update_entity(stt, disabled_by=None)
    await change(hass, entry, wanted=True)

    assert len(ours(hass)) == 1


async def test_a_language_that_the_gateway_does_not_hear_makes_no_assistant_and_says_so(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    hass.config.language = "fr"

    entry = await setup_entry()

    assert entry.state is ConfigEntryState.LOADED
    assert ours(hass) == []
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [line for line in warnings if "does not hear, understand and speak fr" in line]


async def test_an_engine_that_is_away_serves_no_language(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "conversation", {})
    assert await async_setup_component(hass, "stt", {})

    assert language_for(hass, "conversation", "conversation.nobody", "en") is None
    assert language_for(hass, "stt", "stt.nobody", "en") is None
    assert language_for(hass, "conversation", "conversation.home_assistant", "en") == "en"


async def test_an_engine_of_every_language_serves_for_any(hass: HomeAssistant) -> None:
    hass.states.async_set("conversation.polyglot", "unknown")

    with patch("custom_components.local_voice.assistant.async_get_conversation_languages", return_value="*"):
        assert language_for(hass, "conversation", "conversation.polyglot", "gsw") == "gsw"
