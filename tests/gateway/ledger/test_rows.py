"""Rows as JSON: both ways, and cut rather than refused."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import LedgerError
from gateway.events import Hypothesis, StateChange
from gateway.ledger.rows import LARGEST_ROW_BYTES, ORDINARY, TIGHT, TurnRow, decoded, encoded, is_id, new_id
from tests.gateway.ledger.ledgers import BEGIN, EVENING


def test_a_row_comes_back_as_it_was() -> None:
    assert decoded(encoded(EVENING)) == EVENING


def test_an_empty_row_comes_back_as_it_was() -> None:
    row = TurnRow(id=new_id(), at=BEGIN, satellite_id="")
    assert decoded(encoded(row)) == row


def test_a_row_is_written_in_utc() -> None:
    row = replace(EVENING, at=datetime(2026, 11, 22, 13, tzinfo=timezone(timedelta(hours=1))))
    assert decoded(encoded(row)).at == BEGIN
    assert decoded(encoded(row)).at.tzinfo is UTC


def test_a_time_without_a_zone_is_taken_for_utc_when_read() -> None:
    raw = encoded(EVENING).replace(b"12:00:00Z", b"12:00:00")
    assert decoded(raw).at == BEGIN


def test_ids_are_32_hexadecimal_digits() -> None:
    assert is_id(new_id())
    assert new_id() != new_id()
    for text in ("", "0" * 31, "0" * 33, "A" * 32, "../" + "0" * 29, "٣" * 32):
        assert not is_id(text)


@pytest.mark.parametrize("change", [{"id": "../etc"}, {"at": BEGIN.replace(tzinfo=None)}, {"kind": "secret"}])
def test_a_row_without_an_id_or_a_zone_or_of_another_kind_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(LedgerError, match="needs an id of 32 hexadecimal digits"):
        encoded(replace(EVENING, **change))  # type: ignore[arg-type]


def test_what_is_too_long_is_cut() -> None:
    row = replace(
        EVENING,
        heard="x" * 3_000,
        hypotheses=(Hypothesis(text="y" * 3_000, score=-1.0),) * 20,
        slots={f"slot {number}": "z" * 3_000 for number in range(100)} | {"first": ("a",) * 100},
        changes=EVENING.changes * 500,
        stages_ms={f"stage {number}": 1.0 for number in range(100)},
        audio_ms=-1,
    )
    back = decoded(encoded(row))
    assert len(back.heard) == ORDINARY.text_chars
    assert [len(one.text) for one in back.hypotheses] == [ORDINARY.hypothesis_chars] * ORDINARY.hypotheses
    assert len(back.slots) == ORDINARY.slots
    assert {len(str(value)) for value in back.slots.values()} == {ORDINARY.value_chars}
    assert len(back.changes) == ORDINARY.changes
    assert len(back.stages_ms) == ORDINARY.stages
    assert back.audio_ms == 0


def test_a_row_that_is_long_everywhere_is_cut_once_more_and_is_never_too_large() -> None:
    long = "\x01" * 100_000  # six bytes each in JSON
    row = TurnRow(
        id=new_id(),
        at=BEGIN,
        satellite_id=long,
        area_id=long,
        user_id=long,
        conversation_id=long,
        outcome=long,
        wake_word=long,
        hypotheses=(Hypothesis(text=long, score=-1e-300),) * 99,
        heard=long,
        used=long,
        why=long,
        intent=long,
        slots={f"{number:02}{long}": (long,) * 99 for number in range(99)},
        changes=(StateChange(entity_id=long, name=long, before=long, after=long),) * 99,
        reply=long,
        stages_ms={f"{number:02}{long}": 1e-300 for number in range(99)},
        audio_ms=2**80,
    )
    raw = encoded(row)
    assert len(raw) <= LARGEST_ROW_BYTES
    assert len(decoded(raw).heard) == TIGHT.text_chars


def test_what_json_cannot_say_is_said_otherwise() -> None:
    row = replace(
        EVENING,
        heard="half a \ud83d character",
        wake_score=math.nan,
        second_score=None,
        hypotheses=(Hypothesis(text="a", score=-math.inf),),
        slots={"large": 2**70, "deep": (("a", "b"), 2.5), "none": None, "is": True, "infinite": math.inf},
        stages_ms={"stt": math.inf},
    )
    back = decoded(encoded(row))
    assert back.heard == "half a ? character"
    assert (back.wake_score, back.second_score, back.hypotheses[0].score) == (0.0, None, 0.0)
    assert back.slots == {
        "large": str(2**70),
        "deep": ("('a', 'b')", 2.5),
        "none": None,
        "is": True,
        "infinite": 0.0,
    }
    assert back.stages_ms == {"stt": 0.0}


def test_a_row_of_an_older_version_that_is_larger_than_any_now_is_cut_when_read() -> None:
    long = "\x01" * 2_000
    row = replace(EVENING, heard=long, used=long, why=long, reply=long)
    raw = msgspec.json.encode(row)
    assert len(raw) > LARGEST_ROW_BYTES
    assert [len(text) for text in (decoded(raw).heard, decoded(raw).reply)] == [TIGHT.text_chars] * 2


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"id":"x","at":"2026-11-22T12:00:00Z","satellite_id":""}',
        b'{"id":"%s","at":"9999-12-31T23:59:59-14:00","satellite_id":""}' % (b"0" * 32),
        b'{"id":"%s","at":"0001-01-01T00:00:00+14:00","satellite_id":""}' % (b"0" * 32),
    ],
)
def test_what_is_no_row_is_refused(raw: bytes) -> None:
    with pytest.raises(LedgerError):
        decoded(raw)


@given(st.text(), st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.floats() | st.text()))
def test_whatever_was_said_can_be_written_and_read(heard: str, slots: dict[str, str]) -> None:
    back = decoded(encoded(replace(EVENING, heard=heard, slots=slots)))
    assert len(back.heard) <= ORDINARY.text_chars
    assert decoded(encoded(back)) == back
