"""Corrections go with their turns; rules stay until somebody removes them, or has their turns forgotten."""

from dataclasses import replace
from datetime import UTC, date, timedelta
from pathlib import Path

import pytest

from gateway.errors import LedgerError, TooManyError
from gateway.ledger import teaching
from gateway.ledger.keys import read_ring
from gateway.ledger.ledger import Receipt
from gateway.ledger.selection import EVERYTHING, LAST_HOUR_S, Selection, of_day
from tests.gateway.ledger.ledgers import (
    AUDIO,
    BEGIN,
    DAY,
    EVENING,
    HOUR,
    PCM,
    Hands,
    corrected,
    opened,
    rule,
    tampering,
    told,
    turn,
    where,
)


def test_a_correction_and_its_rule_are_there_after_a_restart(tmp_path: Path) -> None:
    one = rule()
    with opened(tmp_path, Hands()) as ledger:
        ledger.record(EVENING)
        assert ledger.correct(EVENING.id, corrected(), one)
    with opened(tmp_path, Hands()) as ledger:
        entry = ledger.get(EVENING.id)
        assert entry is not None
        assert entry.correction == corrected(rule_id=one.id)
        assert entry.row == EVENING
        assert ledger.rules() == (replace(one, turn_id=EVENING.id),)
        assert ledger.page().entries == (entry,)


def test_a_turn_that_is_not_there_cannot_be_corrected(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        ledger.record(EVENING)
        assert not ledger.correct("f" * 32, corrected(), rule())
        hands.pass_by(8 * DAY)
        assert not ledger.correct(EVENING.id, corrected(), rule())
        assert ledger.rules() == ()


def test_a_correction_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.record(EVENING)
        first = rule()
        ledger.correct(EVENING.id, corrected("canarium"), first)
        ledger.correct(EVENING.id, corrected("turn off the lamp"))
        entry = ledger.get(EVENING.id)
        assert entry is not None
        assert entry.correction == corrected("turn off the lamp")
        assert [one.id for one in ledger.rules()] == [first.id], "nobody said that it is to be unlearned"


def test_nothing_that_was_taught_is_plain(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.record(EVENING)
        taught = corrected("canarium", intent="canarium", slots={"canarium": "canarium"}, by="canarium")
        ledger.correct(EVENING.id, taught, rule("canarium", meant="canarium", entity_id="canarium", by="canarium"))
        assert where(tmp_path, b"canarium") == []


def test_the_newest_rule_comes_first_and_one_that_comes_twice_is_one(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.record(EVENING)
        one, two = rule("one"), rule("two")
        for taught in (one, two, one):
            assert ledger.correct(EVENING.id, corrected(), taught)
        assert [known.id for known in ledger.rules()] == [two.id, one.id]


def test_there_are_only_so_many_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teaching, "MOST_RULES", 2)
    with opened(tmp_path) as ledger:
        ledger.record(EVENING)
        one = rule()
        for taught in (one, rule()):
            ledger.correct(EVENING.id, corrected(), taught)
        with pytest.raises(TooManyError, match="2 rules already; remove one"):
            ledger.correct(EVENING.id, corrected("turn off the lamp"), rule())
        entry = ledger.get(EVENING.id)
        assert entry is not None
        assert entry.correction is not None
        assert entry.correction.meant == "turn on the lamp", "all of it or nothing"
        assert ledger.remove_rule(one.id)
        assert ledger.correct(EVENING.id, corrected(), rule())


def test_a_rule_that_is_removed_is_gone_for_good_and_its_correction_stays(tmp_path: Path) -> None:
    one, other = rule(), rule()
    with opened(tmp_path) as ledger:
        ledger.record(EVENING)
        ledger.correct(EVENING.id, corrected(), other)
        ledger.correct(EVENING.id, corrected(), one)
        with tampering(tmp_path) as database:
            (traces,) = database.execute(
                "SELECT substr(content, 20, 40), content_key FROM rules JOIN rule_keys USING (seq) WHERE id = ?",
                (one.id,),
            ).fetchall()
        before = read_ring(tmp_path / "ledger.key")
        assert ledger.remove_rule(one.id)
        assert read_ring(tmp_path / "ledger.key") != before
        for trace in (*traces, one.id.encode()):
            assert isinstance(trace, bytes)
            assert where(tmp_path, trace) == []
        assert [known.id for known in ledger.rules()] == [other.id]
        assert not ledger.remove_rule(one.id)
        entry = ledger.get(EVENING.id)
        assert entry is not None
        assert entry.correction == corrected()


def test_a_turn_that_expires_leaves_its_rule_and_takes_its_correction(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        ledger.record(EVENING)
        ledger.correct(EVENING.id, corrected(), rule())
        hands.pass_by(8 * DAY)
        ledger.sweep()
        assert told(ledger) == []
        assert len(ledger.rules()) == 1
        with tampering(tmp_path) as database:
            assert database.execute("SELECT count(*) FROM corrections").fetchall() == [(0,)]


@pytest.mark.parametrize("has_expired", [False, True])
def test_whoever_has_turns_forgotten_finds_their_rules(tmp_path: Path, *, has_expired: bool) -> None:
    selections = {
        "id": Selection(ids=(EVENING.id,)),
        "room": Selection(area_id="kitchen"),
        "satellite": Selection(satellite_id="kitchen-1", outcome="action"),
        "user": Selection(user_id="user-1", kind="turn"),
        "day": of_day(date(2026, 11, 22), UTC),
        "corrected": Selection(corrected=True),
        "everything": EVERYTHING,
    }
    others = (
        Selection(ids=("f" * 32,)),
        Selection(area_id="hall"),
        Selection(user_id=""),
        of_day(date(2026, 11, 21), UTC),
        Selection(corrected=False),
        Selection(outcome="error"),
    )
    for name, selection in selections.items():
        hands = Hands()
        with opened(tmp_path / name, hands) as ledger:
            ledger.record(EVENING)
            ledger.correct(EVENING.id, corrected(), rule())
            if has_expired:
                hands.pass_by(8 * DAY)
                ledger.sweep()
            assert [ledger.delete(other).rules for other in others] == [0] * len(others)
            receipt = ledger.delete(selection)
            assert (receipt.count, receipt.rules) == (0 if has_expired else 1, 1), name
            assert ledger.rules() == ()


def test_a_turn_goes_and_its_rule_stays_where_that_is_wanted(tmp_path: Path) -> None:
    one = rule()
    receipts: list[Receipt] = []

    def owing(receipt: Receipt) -> bytes:
        receipts.append(receipt)
        return b"act"

    with opened(tmp_path) as ledger:
        ledger.set_retention(AUDIO)
        ledger.record(EVENING, PCM)
        ledger.correct(EVENING.id, corrected("canarium"), one)
        with tampering(tmp_path) as database:
            (traces,) = database.execute("SELECT substr(content, 20, 40), content_key FROM rows JOIN keys").fetchall()
            ((taught,),) = database.execute("SELECT substr(content, 20, 40) FROM corrections").fetchall()
        receipt = ledger.delete(Selection(ids=(EVENING.id,)), keep_rules=True, owing=owing)
        assert (receipt.count, receipt.clips, receipt.rules) == (1, 1, 0)
        assert receipts == [receipt]
        assert ledger.deletions == 1
        assert (told(ledger), ledger.clip(EVENING.id)) == ([], None)
        for trace in (*traces, taught):
            assert isinstance(trace, bytes)
            assert where(tmp_path, trace) == []
    with opened(tmp_path) as ledger:
        assert ledger.rules() == (replace(one, turn_id=EVENING.id),)
        gone = Selection(ids=(EVENING.id,))
        again = ledger.delete(gone, keep_rules=True)
        assert (again.count, again.rules, ledger.deletions) == (0, 0, 1)
        assert ledger.delete(gone).rules == 1, "somebody wants it gone after all"
        assert ledger.rules() == ()


def test_the_last_hour_finds_the_rules_of_the_last_hours_turns(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        early, late = turn(), turn()
        ledger.record(early)
        hands.pass_by(2 * HOUR)
        ledger.record(late)
        for row in (early, late):
            ledger.correct(row.id, corrected(), rule())
        assert ledger.delete(Selection(last_s=LAST_HOUR_S)).rules == 1
        assert [one.turn_id for one in ledger.rules()] == [early.id]


def test_rules_keep_their_age_where_the_ledgers_time_leaps(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands):
        pass
    hands.wall, hands.up_s, hands.boot = BEGIN.replace(year=1970), 10.0, "boot 2"
    with opened(tmp_path, hands) as ledger:
        ledger.record(EVENING)
        ledger.correct(EVENING.id, corrected(), rule())
        hands.pass_by(timedelta(minutes=1))
        hands.wall = BEGIN + 8 * DAY
        assert ledger.delete(Selection(last_s=LAST_HOUR_S)).rules == 1


def test_corrected_turns_can_be_selected_counted_and_found(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        one, other = turn(), turn()
        for row in (one, other):
            ledger.record(row)
        ledger.correct(one.id, corrected("canarium"))
        assert [entry.row.id for entry in ledger.page(Selection(corrected=True)).entries] == [one.id]
        assert [entry.row.id for entry in ledger.page(Selection(corrected=False)).entries] == [other.id]
        assert (ledger.count(), ledger.count(Selection(corrected=True))) == (2, 1)
        assert [entry.row.id for entry in ledger.search("canarium lamp").entries] == [one.id]


def test_what_was_taught_survives_another_wrapping_key(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.record(EVENING)
        ledger.correct(EVENING.id, corrected(), rule())
        for _ in range(2):
            ledger.rotate()
        assert len(ledger.rules()) == 1
        entry = ledger.get(EVENING.id)
        assert entry is not None
        assert entry.correction is not None


def test_a_correction_is_kept_where_the_replacing_of_a_key_was_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as ledger:
        ledger.record(EVENING)
        bad = turn()
        ledger.record(bad)
        with tampering(tmp_path) as database:
            database.execute("UPDATE keys SET content_key = zeroblob(40) WHERE seq = 2")
        rotation = ledger._rotation
        with monkeypatch.context() as patch:
            patch.setattr(rotation, "_complete", lambda: (_ for _ in ()).throw(LedgerError("the disk says no")))
            with pytest.raises(LedgerError, match="the disk says no"):
                ledger.rotate()
        assert rotation.ring.is_replacing
        assert ledger.correct(EVENING.id, corrected(), rule())
        with pytest.raises(LedgerError, match="it was altered"):
            ledger.correct(bad.id, corrected())
        ledger.rotate()
        entry = ledger.get(EVENING.id)
        assert entry is not None
        assert entry.correction is not None
        assert len(ledger.rules()) == 1


def test_altered_rules_and_corrections_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with opened(tmp_path) as ledger:
        rows, rules = [turn(), turn()], [rule(), rule()]
        for row, one in zip(rows, rules, strict=True):
            ledger.record(row)
            ledger.correct(row.id, corrected(), one)
        with tampering(tmp_path) as database:
            database.execute("UPDATE rules SET at_us = at_us + 1 WHERE seq = 2")
            database.execute("UPDATE corrections SET content = (SELECT content FROM corrections WHERE seq = 1)")
        assert [one.id for one in ledger.rules()] == [rules[0].id]
        assert f"rule {rules[1].id} cannot be read: it was altered" in caplog.text
        page = ledger.page()
        assert ([entry.row.id for entry in page.entries], page.unreadable) == ([rows[0].id], 1)
