"""What a satellite does, as events of a pipeline."""

import pytest
from homeassistant.components.assist_pipeline import PipelineEventType

from custom_components.local_voice.pipeline_events import Activity, answer_event, events_between


@pytest.mark.parametrize(
    ("before", "after", "happened"),
    [
        ("idle", "listening", [PipelineEventType.RUN_START, PipelineEventType.STT_START]),
        ("listening", "processing", [PipelineEventType.STT_END, PipelineEventType.INTENT_START]),
        ("processing", "responding", [PipelineEventType.INTENT_END, PipelineEventType.TTS_START]),
        ("responding", "listening", [PipelineEventType.RUN_START, PipelineEventType.STT_START]),
        ("responding", "idle", [PipelineEventType.RUN_END]),
        ("listening", "idle", [PipelineEventType.RUN_END]),
        ("listening", "listening", []),
    ],
)
def test_a_change_of_activity_is_what_has_happened_by_then(
    before: str, after: str, happened: list[PipelineEventType]
) -> None:
    events = events_between(Activity.of(before), Activity.of(after))
    assert [event.type for event in events] == happened
    assert all(event.data is None for event in events)


def test_an_activity_of_a_newer_gateway_is_none() -> None:
    assert Activity.of("dancing") is Activity.IDLE


def test_an_answer_ends_the_question_and_silence_does_too() -> None:
    answer, silence = answer_event("yes"), answer_event("")
    assert (answer.type, answer.data) == (PipelineEventType.STT_END, {"stt_output": {"text": "yes"}})
    assert (silence.type, silence.data) == (PipelineEventType.RUN_END, None)
