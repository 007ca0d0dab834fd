"""Speech recognition, in real pipelines."""

import logging

import pytest
from homeassistant.components.assist_pipeline import PipelineEventType
from homeassistant.components.assist_pipeline.pipeline import PipelineStage
from homeassistant.components.stt import async_get_speech_to_text_entity
from homeassistant.components.tts import async_get_stream
from homeassistant.core import HomeAssistant

from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import ScriptedGateway
from tests.home_assistant.voice import SPEECH, data_of, entity_of, kinds, our_pipeline, run_sound, talk


async def test_what_is_said_is_written_down_while_it_goes_on(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    pipeline = await our_pipeline(hass, await setup_entry())
    events = await run_sound(hass, pipeline, talk(), end_stage=PipelineStage.STT)
    assert data_of(events, PipelineEventType.STT_END) == {"stt_output": {"text": gateway.words}}
    (asked,) = gateway.all_told("recognize")
    assert asked == {"type": "recognize", "id": 1, "language": "en", "conversation_id": asked["conversation_id"]}


async def test_what_is_recognised_and_what_is_understood_are_of_one_conversation(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    pipeline = await our_pipeline(hass, await setup_entry())
    await run_sound(hass, pipeline, talk(), end_stage=PipelineStage.INTENT, conversation_id="one of our own")
    ids = [(await gateway.told(kind))["conversation_id"] for kind in ("recognize", "converse")]
    assert ids == ["one of our own"] * 2


async def test_what_is_recognised_outside_a_conversation_belongs_to_none(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    recogniser = async_get_speech_to_text_entity(hass, entity_of(hass, await setup_entry(), "stt"))
    assert recogniser is not None
    assert (await recogniser.async_process_audio_stream(SPEECH, talk(200))).text == gateway.words
    assert "conversation_id" not in await gateway.told("recognize")


async def test_the_whole_pipeline_runs_without_a_vad_of_home_assistant(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    pipeline = await our_pipeline(hass, await setup_entry())
    events = await run_sound(hass, pipeline, talk(), start_stage=PipelineStage.WAKE_WORD)
    stream = async_get_stream(hass, data_of(events, PipelineEventType.TTS_END)["tts_output"]["token"])
    assert stream is not None
    assert [piece async for piece in stream.async_stream_result()]
    assert kinds(events) == [
        PipelineEventType.RUN_START,
        PipelineEventType.WAKE_WORD_START,
        PipelineEventType.WAKE_WORD_END,
        PipelineEventType.STT_START,
        PipelineEventType.STT_END,
        PipelineEventType.INTENT_START,
        PipelineEventType.INTENT_END,
        PipelineEventType.TTS_START,
        PipelineEventType.TTS_END,
        PipelineEventType.RUN_END,
    ]
    assert data_of(events, PipelineEventType.STT_START)["audio_processing"] == {
        "requires_external_vad": False,
        "prefers_auto_gain_enabled": False,
        "prefers_noise_reduction_enabled": False,
    }


async def test_no_word_of_a_whole_run_stands_in_a_state_an_attribute_or_the_log(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.words, gateway.conversed = "canary please", {"speech": "Here is a canary", "outcome": "answer"}
    pipeline = await our_pipeline(hass, await setup_entry())
    events = await run_sound(hass, pipeline, talk(), start_stage=PipelineStage.WAKE_WORD)
    stream = async_get_stream(hass, data_of(events, PipelineEventType.TTS_END)["tts_output"]["token"])
    assert stream is not None
    assert [piece async for piece in stream.async_stream_result()]
    assert "canary" not in repr([state.as_dict() for state in hass.states.async_all()])
    # What Home Assistant writes down where somebody has asked it to write down everything is its own.
    shown = (each for each in caplog.records if each.name.startswith("custom_") or each.levelno > logging.DEBUG)
    assert "canary" not in " ".join(each.getMessage() for each in shown)


async def test_the_recogniser_is_told_how_much_may_be_the_wake_word_and_only_in_that_run(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    pipeline = await our_pipeline(hass, await setup_entry())
    await run_sound(hass, pipeline, talk(), start_stage=PipelineStage.WAKE_WORD, end_stage=PipelineStage.STT)
    await run_sound(hass, pipeline, talk(), start_stage=PipelineStage.STT, end_stage=PipelineStage.STT)
    assert [told.get("wake_tail_ms", 0) for told in gateway.all_told("recognize")] == [100, 0]


async def test_silence_is_no_text_and_no_failure(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.words = ""
    pipeline = await our_pipeline(hass, await setup_entry())
    events = await run_sound(hass, pipeline, talk(), end_stage=PipelineStage.STT)
    assert data_of(events, PipelineEventType.ERROR)["code"] == "stt-no-text-recognized"
    assert "failed" not in caplog.text


async def test_a_refusal_fails_the_run_and_is_logged_once_until_it_works_again(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline = await our_pipeline(hass, await setup_entry())

    async def code() -> str | None:
        events = await run_sound(hass, pipeline, talk(), end_stage=PipelineStage.STT)
        return next(
            (event.data["code"] for event in events if event.type is PipelineEventType.ERROR and event.data), None
        )

    refusal = {"type": "recognized", "error": "busy", "message": "canary"}
    gateway.scripts["recognize"] = lambda heard: [{**refusal, "id": heard["id"]}]
    assert [await code(), await code()] == ["stt-stream-failed"] * 2
    assert caplog.text.count("failed: busy") == 1
    del gateway.scripts["recognize"]
    assert await code() is None
    gateway.scripts["recognize"] = lambda heard: [{**refusal, "id": heard["id"]}]
    assert await code() == "stt-stream-failed"
    assert caplog.text.count("failed: busy") == 2
    assert "canary" not in caplog.text


async def test_a_gateway_that_goes_away_fails_the_run_at_once(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    pipeline = await our_pipeline(hass, await setup_entry())
    gateway.scripts["recognize"] = lambda _: [None]
    events = await run_sound(hass, pipeline, talk(), end_stage=PipelineStage.STT)
    assert data_of(events, PipelineEventType.ERROR)["code"] == "stt-stream-failed"


async def test_it_hears_the_language_of_the_gateway(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.offered["language"] = "de"
    entity = async_get_speech_to_text_entity(hass, entity_of(hass, await setup_entry(), "stt"))
    assert entity is not None
    assert entity.supported_languages == ["de"]


async def test_it_hears_both_languages_of_a_gateway_that_has_two(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.offered["second_language"] = "de"
    entry = await setup_entry()
    entity = async_get_speech_to_text_entity(hass, entity_of(hass, entry, "stt"))
    assert entity is not None
    assert entity.supported_languages == ["en", "de"]
