"""What is kept of a turn: one line, and its summary."""

import logging

import pytest

from gateway.events import (
    ConsentAsked,
    Event,
    IntentRecognized,
    Outcome,
    Reply,
    Transcript,
    TurnEnded,
    TurnFailed,
    WakeDetected,
)
from gateway.server.turn_record import TurnRecord, TurnSummary

WAKE = WakeDetected(t_ms=0, wake_word="alexa", score=0.876)
TURN: list[Event] = [
    WAKE,
    Transcript(t_ms=1, text="secret words", score=-0.1, hypotheses=()),
    IntentRecognized(t_ms=1, name="HassTurnOn", slots={"name": "secret"}, heard="secret", used="secret"),
    Reply(t_ms=1, text="secret", first_sound_ms=412),
    TurnEnded(t_ms=2, outcome=Outcome.ACTION, stages_ms={"stt": 120.4, "action": 300.0}),
]


def test_a_turn_is_one_line_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gateway")
    summaries: list[TurnSummary] = []
    record = TurnRecord("shelf", summaries.append)
    for event in TURN:
        record(event)
        if event is WAKE:
            record.began(WAKE.wake_word)
    assert caplog.messages == [
        "shelf: turn: action; wake alexa 0.88; intent HassTurnOn; first sound after 412 ms; "
        "ms after the end of speech: stt 120, action 300"
    ]
    assert summaries == [
        TurnSummary(outcome=Outcome.ACTION, wake_word="alexa", stages_ms={"stt": 120.4, "action": 300.0})
    ]


def test_a_turn_that_was_left_to_another_leaves_nothing_for_the_next(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gateway")
    record = TurnRecord("shelf")
    record(WAKE)
    record.began(WAKE.wake_word)
    record.forget()
    record(TurnFailed(t_ms=1, code="engine"))
    record(TurnEnded(t_ms=2, outcome=Outcome.ERROR, stages_ms={}))
    assert caplog.messages == ["shelf: failed: engine", "shelf: turn: error; ms after the end of speech: none"]


def test_of_a_request_to_the_cloud_its_id_is_told_and_not_what_is_in_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gateway")
    record = TurnRecord("shelf")
    record(Transcript(t_ms=1, text="secret words", score=-0.1, hypotheses=()))
    record(ConsentAsked(t_ms=2, request_id="0123", content="text"))
    record(TurnEnded(t_ms=3, outcome=Outcome.CONSENT_ASKED, stages_ms={}))
    assert caplog.messages == [
        "shelf: turn: consent_asked; consent asked for text, request 0123; ms after the end of speech: none"
    ]
