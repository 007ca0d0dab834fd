"""Rows, corrections and selections as they travel, and back."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from gateway.events import Hypothesis, StateChange
from gateway.ledger.corrections import Correction
from gateway.ledger.reading import Entry
from gateway.ledger.rows import TurnRow
from gateway.ledger.selection import Selection
from gateway.ledger_translate import (
    LONGEST_LAST_S,
    correction_of,
    correction_words,
    selection_of,
    turn_words,
)
from gateway.wire.learning_words import CorrectionWords, MeaningWords
from gateway.wire.ledger_words import ChangeWords, HypothesisWords, SelectionWords, TurnWords

NOW: Final = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
ROW: Final = TurnRow(
    id="0" * 32,
    at=NOW,
    satellite_id="kitchen",
    area_id="kitchen",
    user_id="u1",
    conversation_id="c1",
    outcome="action",
    wake_word="okay_nabu",
    wake_score=0.9,
    second_score=0.8,
    hypotheses=(Hypothesis(text="turn on the light", score=-0.2),),
    heard="turn on the light",
    used="turn on the lights",
    why="the second means something",
    intent="HassTurnOn",
    slots={"name": "light", "area": ("a", ("b", "c")), "brightness": 20},
    changes=(StateChange(entity_id="light.a", name="Light", before="off", after="on"),),
    reply="Turned on the light",
    stages_ms={"stt": 120.0},
    audio_ms=900,
)
CORRECTION: Final = Correction(
    meant="turn on the lamp",
    intent="HassTurnOn",
    slots={"name": "lamp"},
    entity_id="light.b",
    corrected_at=NOW,
    by="u1",
)


def test_a_turn_with_all_that_is_known_of_it() -> None:
    entry = Entry(
        row=ROW,
        keep_until=NOW + timedelta(days=7),
        clip_until=NOW + timedelta(days=1),
        correction=CORRECTION,
        is_false_wake_marked=True,
    )
    words = turn_words(entry)
    assert msgspec.json.decode(msgspec.json.encode(words), type=TurnWords) == words
    assert words.slots == {"name": "light", "area": ("a", "('b', 'c')"), "brightness": 20}
    assert words.hypotheses == (HypothesisWords(text="turn on the light", score=-0.2),)
    assert words.changes == (ChangeWords(entity_id="light.a", name="Light", before="off", after="on"),)
    assert (words.at, words.keep_until, words.clip_until) == (
        "2026-11-22T18:30:00+00:00",
        "2026-11-29T18:30:00+00:00",
        "2026-11-23T18:30:00+00:00",
    )
    assert words.correction == correction_words(CORRECTION)
    assert words.wake_mark == "false"
    same = [
        *("satellite_id", "area_id", "user_id", "conversation_id", "kind", "outcome", "wake_word", "wake_score"),
        *("second_score", "heard", "used", "why", "intent", "reply", "audio_ms"),
    ]
    assert all(getattr(words, name) == getattr(ROW, name) for name in same)


def test_a_turn_without_anything() -> None:
    words = turn_words(Entry(row=TurnRow(id="0" * 32, at=NOW, satellite_id=""), keep_until=NOW))
    assert (words.clip_until, words.correction, words.wake_mark) == ("", None, "")


def test_a_correction_comes_back_as_it_was() -> None:
    assert correction_of(correction_words(CORRECTION), now=NOW) == CORRECTION


def test_when_is_now_where_it_is_not_said() -> None:
    words = CorrectionWords(meant="x", meaning=MeaningWords())
    assert correction_of(words, now=NOW).corrected_at == NOW


def test_a_selection() -> None:
    words = SelectionWords(area_id="kitchen", since="2026-11-22T19:30:00+01:00", last_s=2**53, corrected=False)
    assert selection_of(words, of_user="u1") == Selection(
        area_id="kitchen", user_id="u1", since=NOW, last_s=LONGEST_LAST_S, corrected=False
    )
    assert selection_of(SelectionWords(), of_user=None) == Selection()
