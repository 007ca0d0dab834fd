"""Turns that others run step by step: what was recognised and what it was asked to do become one row."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic

import pytest

from gateway.errors import EngineError
from gateway.events import ActionDone, ConsentAsked, Hypothesis, IntentRecognized, StateChange
from gateway.ledger.rows import TurnRow, decoded, encoded
from gateway.server import pipeline_turns
from gateway.server.pipeline_turns import PipelineTurns
from gateway.turn.spoken import Said, Spoken
from tests.gateway.server.kept_ledger import WITH_SOUND, NotingLedger

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
READINGS = (Hypothesis(text="turn on the life", score=-0.3), Hypothesis(text="turn on the light", score=-0.4))
SAID = Said(
    text="turn on the light", satellite_id="box", area_id="kitchen", user_id="user", conversation_id="conversation"
)
INTENT = IntentRecognized(t_ms=0, name="HassTurnOn", slots={"name": "Light"}, heard=SAID.text, used=SAID.text)
CHANGE = StateChange(entity_id="light.light", name="Light", before="off", after="on")
DONE = ActionDone(t_ms=0, intent="HassTurnOn", changes=(CHANGE,))
PCM = b"\1\2" * 100


def spoken(text: str = "turn on the light") -> Spoken:
    return Spoken(
        at=NOW,
        ended_s=monotonic() - 0.5,
        text=text,
        hypotheses=READINGS,
        pcm=PCM,
        audio_ms=1_300,
        recognized_ms=220.0,
    )


def asked(turns: PipelineTurns, said: Said = SAID, key: str = "conversation") -> None:
    with turns.begin(said, key=key) as turn:
        turn.tell(INTENT)
        turn.tell(DONE)
        turn.ended("action", "Turned on the light")


async def test_what_was_recognised_and_what_was_done_with_it_are_one_row() -> None:
    ledger = NotingLedger(kept=WITH_SOUND)
    turns = PipelineTurns(ledger)
    turns.recognized("conversation", spoken(), conversation_id="conversation")
    asked(turns)
    row = ledger.row
    assert row == TurnRow(
        id=row.id,
        at=NOW,
        satellite_id="box",
        area_id="kitchen",
        user_id="user",
        conversation_id="conversation",
        outcome="action",
        hypotheses=READINGS,
        heard="turn on the life",
        used="turn on the light",
        why='heard "turn on the life"; took "turn on the light", the likeliest reading that means something here',
        intent="HassTurnOn",
        slots={"name": "Light"},
        changes=(CHANGE,),
        reply="Turned on the light",
        stages_ms=row.stages_ms,
        audio_ms=1_300,
    )
    assert set(row.stages_ms) == {"stt", "intent", "action"}
    assert row.stages_ms["stt"] == 220.0
    assert 500 <= row.stages_ms["intent"] <= row.stages_ms["action"] < 2_000
    assert ledger.clips == [PCM]
    assert decoded(encoded(row)) == row
    turns.close()
    assert len(ledger.rows) == 1


async def test_what_was_typed_has_no_readings_no_sound_and_no_times() -> None:
    ledger = NotingLedger(kept=WITH_SOUND)
    asked(PipelineTurns(ledger))
    row = ledger.row
    assert (row.heard, row.hypotheses, row.audio_ms, row.stages_ms) == (SAID.text, (), 0, {})
    assert row.why == f'heard "{SAID.text}"; that is the likeliest reading, and it means something here'
    assert ledger.clips == [b""]
    assert abs((datetime.now(UTC) - row.at).total_seconds()) < 5


async def test_where_no_recordings_are_kept_no_sound_waits() -> None:
    ledger = NotingLedger()
    turns = PipelineTurns(ledger)
    turns.recognized("conversation", spoken())
    ledger.kept = WITH_SOUND
    asked(turns)
    assert ledger.clips == [b""]


async def test_each_sentence_of_a_conversation_is_a_row_and_only_the_first_was_recognised() -> None:
    ledger = NotingLedger()
    turns = PipelineTurns(ledger)
    turns.recognized("conversation", spoken())
    with turns.begin(SAID, key="conversation") as turn:
        turn.ended("question", "Unlock the front door?")
    with turns.begin(replace(SAID, text="yes"), key="conversation") as turn:
        turn.ended("action", "Done")
    assert [(row.outcome, row.reply, bool(row.hypotheses)) for row in ledger.rows] == [
        ("question", "Unlock the front door?", True),
        ("action", "Done", False),
    ]
    assert {row.conversation_id for row in ledger.rows} == {"conversation"}


@pytest.mark.parametrize(
    ("outcome", "error", "why"),
    [
        ("not_understood", "", "no reading of it means anything that can be done here"),
        ("error", "home", "something failed: home"),
        ("consent_asked", "", "a person was asked whether the words may be sent to the cloud, request 1"),
    ],
)
async def test_why_it_ended_as_it_did_is_in_the_row(outcome: str, error: str, why: str) -> None:
    ledger = NotingLedger()
    with PipelineTurns(ledger).begin(SAID, key="") as turn:
        if outcome == "consent_asked":
            turn.tell(ConsentAsked(t_ms=0, request_id="1", content="text"))
        turn.ended(outcome, "", error=error)
    assert (ledger.row.outcome, ledger.row.why) == (outcome, f'heard "{SAID.text}"; {why}')


async def test_what_fails_or_is_given_up_is_a_row_of_what_had_happened() -> None:
    ledger = NotingLedger()
    turns = PipelineTurns(ledger)
    with pytest.raises(EngineError), turns.begin(SAID, key="") as turn:
        raise EngineError("scripted")
    with suppress(asyncio.CancelledError), turns.begin(SAID, key="") as turn:
        turn.tell(DONE)
        raise asyncio.CancelledError
    assert [(row.outcome, len(row.changes)) for row in ledger.rows] == [("error", 0), ("action", 1)]
    assert ledger.rows[0].why.endswith("something failed: engine; it was cut short")


async def test_what_nothing_is_asked_with_is_a_row_of_its_own_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline_turns, "PENDING_S", 0.01)
    ledger = NotingLedger(kept=WITH_SOUND)
    turns = PipelineTurns(ledger)
    turns.recognized("conversation", spoken(), conversation_id="conversation")
    assert ledger.rows == []
    await asyncio.sleep(0.05)
    row = ledger.row
    assert (row.at, row.outcome, row.conversation_id, row.heard) == (
        NOW,
        "recognized",
        "conversation",
        READINGS[0].text,
    )
    assert row.why == 'heard "turn on the light"; it was written down, and nothing was asked of the gateway with it'
    assert (row.stages_ms, row.audio_ms, ledger.clips) == ({"stt": 220.0}, 1_300, [PCM])
    asked(turns)
    assert (len(ledger.rows), ledger.rows[1].hypotheses) == (2, ())


async def test_without_a_key_it_is_one_at_once() -> None:
    ledger = NotingLedger()
    PipelineTurns(ledger).recognized("", replace(spoken(), hypotheses=()))
    assert (ledger.row.outcome, ledger.row.heard) == ("recognized", "turn on the light")


async def test_so_is_the_one_before_under_the_same_key_and_the_oldest_of_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipeline_turns, "MOST_PENDING", 2)
    ledger = NotingLedger()
    turns = PipelineTurns(ledger)
    for key, text in (("a", "first"), ("a", "second"), ("b", "third"), ("c", "fourth")):
        turns.recognized(key, spoken(text), conversation_id=key)
    assert [(row.conversation_id, row.outcome) for row in ledger.rows] == [("a", "recognized")] * 2
    turns.close()
    assert [row.conversation_id for row in ledger.rows] == ["a", "a", "b", "c"]


async def test_what_waits_when_something_is_forgotten_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline_turns, "PENDING_S", 0.01)
    ledger = NotingLedger()
    turns = PipelineTurns(ledger)
    turns.recognized("conversation", spoken())
    turns.forget()
    await asyncio.sleep(0.03)
    turns.close()
    assert ledger.rows == []


@pytest.mark.parametrize(("is_woken", "kind"), [(True, "false_wake"), (False, "turn")])
async def test_where_nothing_was_said_there_is_a_row_without_words(is_woken: bool, kind: str) -> None:
    ledger = NotingLedger()
    PipelineTurns(ledger, satellite_id="wyoming").nothing_heard(NOW, "silence", is_woken=is_woken)
    row = ledger.row
    assert (row.at, row.outcome, row.kind, row.satellite_id) == (NOW, "nothing_heard", kind, "wyoming")
    assert (row.heard, row.why) == ("", "nobody spoke")
