"""The witness: honest logs are kept, whatever happens in between; every change of every row is found."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.local_voice.wire.broker_messages import FROM_BROKER, AuditHead, AuditRows
from custom_components.local_voice.witness import Finding, Kept, Verdict, Witness, is_signed, row_hash, short
from tests.home_assistant.scripted_audit import ScriptedLog
from tests.home_assistant.test_golden import golden

ROWS: Final = 300
"""As long a log as many households will ever have."""
LATER: Final = 30
"""Rows that are written after it was tampered with: more than a message holds."""

type Rows = list[str]

TAMPERINGS: Final[dict[str, Callable[[Rows, int], Rows]]] = {
    "flipped": lambda rows, at: [*rows[:at], _flipped(rows[at]), *rows[at + 1 :]],
    "dropped": lambda rows, at: rows[:at] + rows[at + 1 :],
    "reordered": lambda rows, at: [*rows[:at], *reversed(rows[at : at + 2]), *rows[at + 2 :]],
    "truncated": lambda rows, at: rows[:at],
    "forked": lambda rows, at: rows[:at] + [_flipped(row) for row in rows[at:]],
    "added to": lambda rows, at: [*rows[:at], _flipped(rows[at]), *rows[at:]],
}
"""What becomes of rows when one is tampered with, by somebody who has the key and makes all hashes anew."""


def _flipped(row: str) -> str:
    return row.replace("start", "stars")


def heard(message: dict[str, Any]) -> Any:
    return FROM_BROKER.decode(json.dumps(message))


def head_of(log: ScriptedLog, size: int | None = None) -> AuditHead:
    head: AuditHead = heard(log.head(size))
    return head


def watch(witness: Witness, log: ScriptedLog) -> Verdict | None:
    """Tell all that a new connection tells."""
    witness.begin()
    kept = witness.kept.head
    for page in log.pages(len(log.rows) if kept is None else kept.size):
        witness.chain(page["first"], page["rows"])
    return witness.judge(head_of(log))


def missed(at: range, later: int) -> list[tuple[str, int]]:
    """Return which tamperings a witness of the whole log does not find, each with the row."""
    honest, tampered, not_found = ScriptedLog(ROWS), ScriptedLog(0), []
    kept = Kept(head_of(honest))
    for name, tamper in TAMPERINGS.items():
        for row in at:
            tampered.rows = tamper(honest.rows, row)
            for _ in range(later):
                tampered.append("later")
            witness = Witness(kept)
            if watch(witness, tampered) is None or witness.kept.head != kept.head:
                not_found.append((name, row))
    return not_found


# Honest logs


@settings(deadline=None)
@given(
    st.integers(0, 5), st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["goes on", "reconnected", "restarted"])))
)
def test_whatever_an_honest_log_does_is_well(first: int, steps: list[tuple[int, str]]) -> None:
    log, witness = ScriptedLog(first), Witness(Kept())
    assert watch(witness, log) is None
    for rows, how in steps:
        known = len(log.rows)
        for _ in range(rows):
            log.append()
        if how == "restarted":
            witness = Witness(witness.kept)
        if how == "reconnected":
            assert watch(witness, log) is None
        else:
            for page in log.pages(known):
                witness.chain(page["first"], page["rows"])
            assert witness.judge(head_of(log)) is None
        assert witness.kept == Kept(head_of(log))


def test_the_first_head_is_taken_as_it_comes() -> None:
    log, witness = ScriptedLog(40), Witness(Kept())
    witness.chain(1, log.rows[:3])
    assert witness.judge(head_of(log)) is None
    assert witness.kept == Kept(head_of(log))


def test_the_golden_log_is_chained_and_signed_as_here() -> None:
    messages = [heard(message) for message in golden("broker_to_home") if message["type"].startswith("audit")]
    rows = next(message for message in messages if isinstance(message, AuditRows))
    head = next(message for message in messages if isinstance(message, AuditHead))
    watched = next(said for said in golden("home_to_broker") if said["type"] == "watch_audit" and "hash" in said)
    link = watched["hash"]
    for row in rows.rows:
        link = row_hash(link, row)
    assert (rows.first, link, is_signed(head)) == (watched["size"] + 1, head.hash, True)


def test_a_head_is_shown_by_its_size_and_the_beginning_of_its_hash() -> None:
    head = head_of(ScriptedLog(12))
    assert short(head) == f"12:{head.hash[:16]}"


# Tampering


@pytest.mark.parametrize("later", [0, LATER])
def test_every_change_of_every_row_is_found(later: int) -> None:
    assert missed(range(ROWS - 1), later) == []


@pytest.mark.parametrize("later", [0, LATER])
def test_without_the_chain_changes_are_not_found(monkeypatch: pytest.MonkeyPatch, later: int) -> None:
    look = Witness._wrong_with

    def look_away(self: Witness, head: AuditHead) -> Verdict | None:
        wrong = look(self, head)
        return None if wrong is Verdict.FORKED else wrong

    monkeypatch.setattr(Witness, "_wrong_with", look_away)
    assert {name for name, _ in missed(range(0, ROWS - 1, 10), later)} >= {"flipped", "reordered", "forked", "added to"}


@pytest.mark.parametrize("name", ["flipped", "dropped", "reordered", "added to"])
def test_rows_that_are_told_otherwise_than_they_are_written_are_found(name: str) -> None:
    log = ScriptedLog(ROWS)
    kept = Kept(head_of(log, ROWS - LATER))
    told = log.rows[-LATER:]
    for row in range(LATER - 1):
        witness = Witness(kept)
        witness.chain(ROWS - LATER + 1, TAMPERINGS[name](told, row))
        assert witness.judge(head_of(log)) is Verdict.FORKED
        assert witness.kept == Kept(kept.head, Finding(Verdict.FORKED, head_of(log)))


@pytest.mark.parametrize("first", [0, 9, 10, 12])
def test_rows_with_a_gap_before_them_lead_nowhere(first: int) -> None:
    log = ScriptedLog(12)
    witness = Witness(Kept(head_of(log, 10)))
    witness.chain(first, log.rows[10:])
    witness.chain(11, log.rows[10:])
    assert witness.judge(head_of(log)) is Verdict.FORKED
    assert watch(witness, log) is None, "told anew, without the gap"


def test_an_older_log_went_back_and_is_well_when_it_is_the_newer_one_again() -> None:
    older, newer = ScriptedLog(10), ScriptedLog(12)
    witness = Witness(Kept(head_of(newer)))
    assert watch(witness, older) is Verdict.WENT_BACK
    assert witness.kept == Kept(head_of(newer), Finding(Verdict.WENT_BACK, head_of(older)))
    assert watch(witness, newer) is None
    assert witness.kept == Kept(head_of(newer))


def test_a_log_that_went_back_and_goes_on_is_forked_and_stays_so() -> None:
    written, log = ScriptedLog(12), ScriptedLog(10)
    witness = Witness(Kept(head_of(written)))
    assert watch(witness, log) is Verdict.WENT_BACK
    for _ in range(5):
        log.rows.append(f"other {len(log.rows)}")
        witness.chain(len(log.rows), log.rows[-1:])
        wrong = witness.judge(head_of(log))
        assert wrong is (Verdict.WENT_BACK if len(log.rows) < 12 else Verdict.FORKED)
        assert witness.kept == Kept(head_of(written), Finding(wrong, head_of(log)))
    assert watch(witness, log) is Verdict.FORKED


def test_another_key_is_another_log() -> None:
    witness = Witness(Kept(head_of(ScriptedLog(10))))
    another = ScriptedLog(20, seed=8)
    assert watch(witness, another) is Verdict.REPLACED
    assert witness.kept.finding == Finding(Verdict.REPLACED, head_of(another))


def test_a_log_is_never_another_by_its_key_alone() -> None:
    log, another = ScriptedLog(10), ScriptedLog(10, seed=8)
    witness = Witness(Kept(head_of(log)))
    assert witness.judge(replace(head_of(log), key=head_of(another).key)) is Verdict.UNSIGNED


# Signatures


@pytest.mark.parametrize(
    "change",
    [
        {"size": 11},
        {"hash": "ab" * 32},
        {"at": "2026-11-22T07:00:00.000+00:00"},
        {"key": "ff" * 32},  # no point of the curve
        {"signature": "00" * 64},
    ],
)
def test_a_head_that_is_not_signed_is_not_taken(change: dict[str, Any]) -> None:
    log = ScriptedLog(12)
    unsigned = replace(head_of(log), **change)
    first = Witness(Kept())
    assert first.judge(unsigned) is Verdict.UNSIGNED
    assert first.kept == Kept(None, Finding(Verdict.UNSIGNED, unsigned))
    later = Witness(Kept(head_of(log, 11)))
    later.chain(12, log.rows[11:])
    assert later.judge(unsigned) is Verdict.UNSIGNED
    assert later.judge(head_of(log)) is None
    assert later.kept == Kept(head_of(log))


def test_a_head_that_says_nothing_does_not_hide_a_worse_one() -> None:
    log, older = ScriptedLog(12), ScriptedLog(10)
    witness = Witness(Kept(head_of(log)))
    watch(witness, older)
    assert witness.judge(replace(head_of(log), hash="ab" * 32)) is Verdict.UNSIGNED
    assert witness.kept.finding == Finding(Verdict.WENT_BACK, head_of(older))


# Accepting


def test_what_was_shown_is_accepted_and_what_came_since_is_judged_from_there() -> None:
    log = ScriptedLog(10)
    witness = Witness(Kept(head_of(ScriptedLog(12))))
    watch(witness, log)
    shown = head_of(log)
    for _ in range(30):
        log.append()
    watch(witness, log)
    witness.accept(shown)
    assert witness.kept == Kept(shown)
    assert watch(witness, log) is None
    assert witness.kept == Kept(head_of(log))
