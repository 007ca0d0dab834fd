import json
import math
from dataclasses import FrozenInstanceError

import pytest

from gateway.events import (
    ActionDone,
    ConsentAsked,
    Hypothesis,
    IntentRecognized,
    Outcome,
    ReplyAudio,
    Slots,
    Sound,
    StateChange,
    Transcript,
    TurnEnded,
    WakeDetected,
    as_json,
)
from gateway.events import _json as to_json
from gateway.suggestions import Replacement


def test_an_event_is_written_with_its_type_and_time_first() -> None:
    event = WakeDetected(t_ms=812, wake_word="alexa", score=0.98765432)
    assert list(as_json(event).items()) == [
        ("type", "wake"),
        ("t_ms", 812),
        ("wake_word", "alexa"),
        ("score", 0.9877),
        ("second_score", None),
    ]


def test_hypotheses_slots_and_changes_are_written_whole() -> None:
    heard = Transcript(t_ms=1, text="a", score=-0.5, hypotheses=(Hypothesis(text="a", score=-0.5),))
    replaced = Replacement(heard="b", used="a", cost=1 / 3, is_name=True)
    slots: Slots = {"area": ("Kitchen", "Hall"), "to": 5}
    meant = IntentRecognized(t_ms=2, name="X", slots=slots, heard="a", used="a", replaced=(replaced,), is_asked=True)
    change = StateChange(entity_id="light.a", name="A", before="off", after="on")
    done = ActionDone(t_ms=3, intent="X", changes=(change,))
    ended = TurnEnded(t_ms=4, outcome=Outcome.ACTION, stages_ms={"stt": 12.34567})
    assert json.loads(json.dumps([as_json(event) for event in (heard, meant, done, ended)])) == [
        {"type": "transcript", "t_ms": 1, "text": "a", "score": -0.5, "hypotheses": [{"text": "a", "score": -0.5}]},
        {
            "type": "intent",
            "t_ms": 2,
            "name": "X",
            "slots": {"area": ["Kitchen", "Hall"], "to": 5},
            "heard": "a",
            "used": "a",
            "rule_ids": [],
            "replaced": [
                {"heard": "b", "used": "a", "cost": 0.3333, "is_filler": False, "is_name": True, "is_value": False}
            ],
            "is_asked": True,
            "is_nearest": False,
        },
        {
            "type": "action",
            "t_ms": 3,
            "intent": "X",
            "changes": [{"entity_id": "light.a", "name": "A", "before": "off", "after": "on"}],
        },
        {"type": "end", "t_ms": 4, "outcome": "action", "stages_ms": {"stt": 12.3457}},
    ]


def test_that_a_person_is_asked_is_written_with_its_request() -> None:
    assert as_json(ConsentAsked(t_ms=5, request_id="0123", content="audio")) == {
        "type": "consent",
        "t_ms": 5,
        "request_id": "0123",
        "content": "audio",
    }


def test_sound_is_never_written() -> None:
    with pytest.raises(TypeError):
        as_json(ReplyAudio(t_ms=0, sound=Sound(rate_hz=16_000, pcm=b"")))


def test_what_does_not_travel_is_refused() -> None:
    with pytest.raises(TypeError, match="object does not travel"):
        to_json(object())


def test_events_do_not_change() -> None:
    event = WakeDetected(t_ms=0, wake_word="alexa", score=1.0)
    with pytest.raises(FrozenInstanceError):
        event.t_ms = 1  # type: ignore[misc]


def test_confidence_is_a_probability() -> None:
    assert Hypothesis(text="", score=-0.5).confidence == pytest.approx(math.exp(-0.5))
    assert Hypothesis(text="", score=0.3).confidence == 1.0


def test_a_sound_knows_its_length() -> None:
    assert Sound(rate_hz=16_000, pcm=bytes(32_000)).duration_ms == 1_000
