"""Counts without content: kept for a year, whatever is kept of the turns."""

from datetime import UTC, date, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.ledger.retention import Retention
from gateway.ledger.selection import EVERYTHING
from gateway.ledger.stats import Counts
from tests.gateway.ledger.ledgers import BEGIN, DAY, HOUR, Hands, corrected, opened, tampering, turn, where

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = BEGIN.date()


def test_what_is_forgotten_or_past_its_date_is_counted_all_the_same(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        ledger.record(turn())
        ledger.delete(EVERYTHING)
        hands.pass_by(DAY)
        ledger.record(turn(at=hands.wall, kind="false_wake"))
        ledger.record(turn(at=hands.wall))
    hands.pass_by(29 * DAY)
    with opened(tmp_path, hands) as ledger:
        assert ledger.count() == 0
        stats = ledger.stats(31)
        assert stats.total == Counts(turns=2, understood=2, false_wakes=1)
        assert next(iter(stats.days)) == TODAY
        assert stats.days[TODAY] == Counts(turns=1, understood=1)
        assert stats.stages["stt"].median_ms == pytest.approx(300, rel=0.05)


def test_turns_are_counted_where_nothing_of_them_is_kept(tmp_path: Path) -> None:
    with opened(tmp_path, Hands()) as ledger:
        ledger.set_retention(Retention(transcripts_s=None))
        assert ledger.record(turn(heard="canarium", outcome="canarium", stages_ms={"canarium x": 1.0})) is None
        assert ledger.stats(1).total.turns == 1
        assert where(tmp_path, b"canarium") == []
        assert where(tmp_path, b"kitchen-1") == []


def test_a_row_that_comes_twice_is_counted_once(tmp_path: Path) -> None:
    with opened(tmp_path, Hands()) as ledger:
        row = turn()
        ledger.record(row)
        ledger.record(row)
        assert ledger.stats(1).total.turns == 1


def test_who_makes_rows_up_makes_up_no_days(tmp_path: Path) -> None:
    with opened(tmp_path, Hands()) as ledger:
        for years in range(1, 20):
            ledger.record(turn(at=BEGIN - years * 365 * DAY))
        assert ledger.stats(1).total.turns == 19


def test_days_are_those_of_who_asks_and_stay_so(tmp_path: Path) -> None:
    hands = Hands(wall=BEGIN + 11.5 * HOUR)
    with opened(tmp_path, hands) as ledger:
        ledger.record(turn())
        assert list(ledger.stats(1, BERLIN).days) == [date(2026, 11, 23)]
        ledger.record(turn())
    with opened(tmp_path, hands) as ledger:
        assert ledger.stats(1, ZoneInfo("UTC")).days[date(2026, 11, 23)].turns == 1, "who says nothing changes nothing"
        assert ledger.stats(1, UTC).total.turns == 1
        assert ledger.stats(1, timezone(timedelta(hours=5))).total.turns == 1
        ledger.record(turn())
        assert [counts.turns for counts in ledger.stats(2).days.values()] == [1, 2]
        assert list(ledger.stats(1, ZoneInfo("America/New_York")).days) == [date(2026, 11, 22)]


def test_a_zone_that_is_unknown_here_is_utc(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with opened(tmp_path, Hands()) as ledger:
        ledger.stats(1, BERLIN)
    for stored in (b"Atlantis/Capital", b"\xff", b"../etc"):
        with tampering(tmp_path) as database:
            database.execute("UPDATE state SET value = ? WHERE name = 'zone'", (stored,))
        with opened(tmp_path, Hands(wall=BEGIN + 11.5 * HOUR)) as ledger:
            assert list(ledger.stats(1).days) == [TODAY]
        assert "the time zone is unknown here" in caplog.text
        caplog.clear()


def test_after_a_year_counts_are_gone(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        ledger.record(turn())
        hands.pass_by(366 * DAY - HOUR)
        ledger.sweep()
        assert ledger.stats(367).total.turns == 0, "366 days are told, today among them"
        with tampering(tmp_path) as database:
            assert database.execute("SELECT count(*) FROM tallies").fetchall() == [(1,)]
        hands.pass_by(2 * HOUR)
        ledger.sweep()
        with tampering(tmp_path) as database:
            assert database.execute("SELECT count(*) FROM tallies").fetchall() == [(0,)]


def test_everything_is_everything(tmp_path: Path) -> None:
    with opened(tmp_path, Hands()) as ledger:
        ledger.record(turn())
        ledger.delete(EVERYTHING, everything=True)
        assert ledger.stats(1).total == Counts()


def test_a_turn_that_is_corrected_counts_once_and_on_its_own_day(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        row = turn()
        ledger.record(row)
        hands.pass_by(DAY)
        assert ledger.correct(row.id, corrected())
        assert ledger.correct(row.id, corrected("turn off the lamp"))
        stats = ledger.stats(2)
        assert (stats.days[TODAY].corrected, stats.total.corrected) == (1, 1)


def test_a_correction_of_a_day_that_is_not_known_is_not_counted(tmp_path: Path) -> None:
    with opened(tmp_path, Hands()) as ledger:
        row = turn(at=BEGIN - 2 * DAY)
        ledger.record(row)
        assert ledger.correct(row.id, corrected())
        assert ledger.stats(3).total.corrected == 0


def test_counts_that_cannot_be_read_begin_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with opened(tmp_path, Hands()) as ledger:
        ledger.record(turn())
        with tampering(tmp_path) as database:
            database.execute("UPDATE tallies SET counts = x'ff'")
        assert ledger.stats(1).total.turns == 0
        assert "a day's counts cannot be read" in caplog.text
        ledger.record(turn())
        assert ledger.stats(1).total.turns == 1
