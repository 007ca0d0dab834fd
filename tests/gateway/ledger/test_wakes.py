"""What is known of wakes: numbers, until their time is over."""

from pathlib import Path

import pytest

from gateway.errors import TooManyError
from gateway.ledger import wakes
from gateway.ledger.retention import Retention
from gateway.ledger.selection import EVERYTHING, Selection
from gateway.ledger.wakes import Wake
from tests.gateway.ledger.ledgers import BEGIN, DAY, HOUR, Hands, corrected, opened, tampering, turn, where

REAL = Wake(wake_word="okay_nabu", score=0.97, second_score=0.8, verdict="real")


def test_a_wake_is_real_where_something_was_understood_after_it(tmp_path: Path) -> None:
    rows = [
        turn(wake_score=0.5),
        turn(wake_score=0.6, outcome="error"),
        turn(wake_score=0.7, kind="false_wake", outcome="nothing_heard"),
        turn(wake_score=0.8, outcome="not_confirmed", second_score=None),
        turn(wake_score=0.9, outcome="forgotten"),
        turn(wake_score=None),
        turn(wake_word=""),
        turn(satellite_id="hall-1"),
    ]
    with opened(tmp_path) as ledger:
        for row in rows:
            ledger.record(row)
        found = ledger.wakes("kitchen-1")
        assert [(wake.score, wake.verdict) for wake in found] == [
            (0.9, "real"),
            (0.8, ""),
            (0.7, ""),
            (0.6, ""),
            (0.5, "real"),
        ]
        assert [wake.second_score for wake in found] == [0.8, None, 0.8, 0.8, 0.8]
        assert ledger.wakes("kitchen-1", 2) == found[:2]
        assert ledger.wakes("kitchen-1", -1) == ()
        assert ledger.wakes("hall-1") == (REAL,)


def test_a_wake_can_be_marked_and_the_mark_taken_back(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        row, silent = turn(), turn(wake_score=None)
        for one in (row, silent):
            ledger.record(one)
        assert ledger.mark_wake(row.id, is_false=True)
        entry = ledger.get(row.id)
        assert entry is not None
        assert entry.is_false_wake_marked
        assert [wake.verdict for wake in ledger.wakes("kitchen-1")] == ["false"]
        assert ledger.mark_wake(row.id, is_false=False)
        entry = ledger.get(row.id)
        assert entry is not None
        assert not entry.is_false_wake_marked
        assert [wake.verdict for wake in ledger.wakes("kitchen-1")] == ["real"]
        assert not ledger.mark_wake(silent.id, is_false=True)
        assert not ledger.mark_wake("f" * 32, is_false=True)


def test_a_turn_that_is_corrected_was_said_by_somebody(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        unknown, marked = turn(outcome="error"), turn(outcome="error")
        for row in (unknown, marked):
            ledger.record(row)
        ledger.mark_wake(marked.id, is_false=True)
        for row in (unknown, marked):
            ledger.correct(row.id, corrected())
        assert [wake.verdict for wake in ledger.wakes("kitchen-1")] == ["false", "real"]


def test_a_wake_whose_turn_has_gone_knows_no_more_than_the_day(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        row = turn()
        ledger.record(row)
        ledger.delete(Selection(ids=(row.id,)))
        assert where(tmp_path, row.id.encode()) == []
        assert ledger.wakes("kitchen-1") == (REAL,)
        with tampering(tmp_path) as database:
            ((made_us,),) = database.execute("SELECT made_us FROM wakes").fetchall()
        assert made_us == BEGIN.replace(hour=0).timestamp() * 1_000_000


def test_where_nothing_of_turns_is_kept_no_wakes_are(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.set_retention(Retention(transcripts_s=None))
        ledger.record(turn())
        assert ledger.wakes("kitchen-1") == ()


def test_after_thirty_days_a_wake_is_gone(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        ledger.set_retention(Retention(transcripts_s=60 * 24 * 3_600))
        ledger.record(turn())
        hands.pass_by(30 * DAY - HOUR)
        ledger.sweep()
        assert len(ledger.wakes("kitchen-1")) == 1
        hands.pass_by(HOUR)
        assert ledger.wakes("kitchen-1") == (), "though nobody has swept"
        ledger.sweep()
        with tampering(tmp_path) as database:
            assert database.execute("SELECT count(*) FROM wakes").fetchall() == [(0,)]


def test_of_a_satellite_and_in_all_only_so_many_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakes, "MOST_WAKES", 3)
    monkeypatch.setattr(wakes, "MOST_WAKES_IN_ALL", 4)
    with opened(tmp_path) as ledger:
        first = turn(wake_score=0.0)
        ledger.record(first)
        for number in range(1, 5):
            ledger.record(turn(wake_score=number / 10))
        assert [wake.score for wake in ledger.wakes("kitchen-1")] == [0.4, 0.3, 0.2]
        ledger.record(turn(satellite_id="hall-1"))
        ledger.record(turn(satellite_id="hall-1"))
        ledger.sweep()
        assert [len(ledger.wakes(satellite)) for satellite in ("kitchen-1", "hall-1")] == [2, 2]
        assert ledger.mark_wake(first.id, is_false=True)
        assert [wake.score for wake in ledger.wakes("kitchen-1")] == [0.0, 0.4, 0.3], "it is known again"


def test_satellites_may_have_a_sensitivity_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakes, "MOST_SATELLITES", 2)
    with opened(tmp_path) as ledger:
        assert ledger.sensitivities() == {}
        ledger.set_sensitivity("kitchen-1", 40)
        ledger.set_sensitivity("hall-1", 120)
        ledger.set_sensitivity("kitchen-1", 35)
        with pytest.raises(TooManyError, match="2 satellites"):
            ledger.set_sensitivity("bath-1", 1)
    with opened(tmp_path) as ledger:
        assert ledger.sensitivities() == {"hall-1": 100, "kitchen-1": 35}
        ledger.set_sensitivity("hall-1", None)
        ledger.set_sensitivity("hall-1", None)
        assert ledger.sensitivities() == {"kitchen-1": 35}


def test_everything_is_wakes_and_sensitivities_too(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.record(turn())
        ledger.set_sensitivity("kitchen-1", 40)
        ledger.set_retention(Retention(transcripts_s=3_600))
        ledger.delete(EVERYTHING)
        assert (len(ledger.wakes("kitchen-1")), len(ledger.sensitivities())) == (1, 1)
        ledger.delete(EVERYTHING, everything=True)
        assert (len(ledger.wakes("kitchen-1")), len(ledger.sensitivities())) == (0, 0)
        assert where(tmp_path, b"kitchen-1") == []
        assert ledger.retention == Retention(transcripts_s=3_600), "what was chosen stays"
