"""What a satellite of the gateway does, as the events of the pipeline that Home Assistant did not run.

`AssistSatelliteEntity.state` is final and follows these events, so this is how it comes to tell the truth.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from homeassistant.components.assist_pipeline import PipelineEvent, PipelineEventType


class Activity(StrEnum):
    """`satellite_changed.activity`."""

    IDLE = "idle"
    LISTENING = "listening"
    PROCESSING = "processing"
    RESPONDING = "responding"

    @classmethod
    def of(cls, name: str) -> Activity:
        """Return the activity of that name; one that a newer gateway made up counts as none."""
        return cls(name) if name in cls else cls.IDLE


EVENTS_INTO: Final[Mapping[Activity, tuple[PipelineEventType, ...]]] = {
    Activity.LISTENING: (PipelineEventType.RUN_START, PipelineEventType.STT_START),
    Activity.PROCESSING: (PipelineEventType.STT_END, PipelineEventType.INTENT_START),
    Activity.RESPONDING: (PipelineEventType.INTENT_END, PipelineEventType.TTS_START),
    Activity.IDLE: (PipelineEventType.RUN_END,),
}
"""What has just happened when an activity begins. No event has data: what was said stays in the gateway."""


def events_between(before: Activity, after: Activity) -> tuple[PipelineEvent, ...]:
    """Return what happened between two activities; nothing where they are the same."""
    return () if before is after else tuple(PipelineEvent(kind) for kind in EVENTS_INTO[after])


def answer_event(text: str) -> PipelineEvent:
    """Return what ends `ask_question`: the words of the answer, or that the run is over without any."""
    if text:
        return PipelineEvent(PipelineEventType.STT_END, {"stt_output": {"text": text}})
    return PipelineEvent(PipelineEventType.RUN_END)
