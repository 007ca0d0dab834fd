"""How well it does, counted from rows."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.events import Outcome
from gateway.ledger.rows import Kind, TurnRow, new_id
from gateway.ledger.stats import MOST_DAYS, MOST_STAGES, Counts, StageTimes, since, stats_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def row(
    outcome: str = Outcome.ACTION,
    *,
    at: datetime = NOW,
    kind: Kind = "turn",
    stages_ms: Mapping[str, float] | None = None,
) -> TurnRow:
    return TurnRow(id=new_id(), at=at, satellite_id="shelf", kind=kind, outcome=outcome, stages_ms=stages_ms or {})


def test_every_day_is_told_oldest_first_and_those_without_a_turn_as_well() -> None:
    stats = stats_of([row(), row(at=NOW - timedelta(days=2))], 3, NOW)
    assert list(stats.days) == [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)]
    assert [counts.turns for counts in stats.days.values()] == [1, 0, 1]
    assert stats.total == Counts(turns=2, understood=2)


def test_what_is_older_or_lies_in_the_future_does_not_count() -> None:
    rows = [row(at=NOW - timedelta(days=1)), row(at=NOW + timedelta(days=1))]
    assert stats_of(rows, 1, NOW).total == Counts()


def test_a_day_begins_at_midnight_where_people_live() -> None:
    late = row(at=datetime(2026, 11, 21, 23, 30, tzinfo=UTC))
    assert stats_of([late], 1, NOW, BERLIN).total.turns == 1
    assert stats_of([late], 1, NOW).total.turns == 0
    assert since(1, NOW, BERLIN) == datetime(2026, 11, 21, 23, tzinfo=UTC)


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_today_is_always_told(days: int) -> None:
    assert list(stats_of([], days, NOW).days) == [NOW.date()]


def test_no_more_days_are_told_than_anything_is_kept_for() -> None:
    assert len(stats_of([], 100_000, NOW).days) == MOST_DAYS


def test_the_day_on_which_clocks_are_changed_is_one_day() -> None:
    now = datetime(2026, 10, 26, 12, tzinfo=UTC)
    assert list(stats_of([], 3, now, BERLIN).days) == [date(2026, 10, 24), date(2026, 10, 25), date(2026, 10, 26)]


def test_the_share_is_of_turns_in_which_it_can_be_told() -> None:
    outcomes = [
        Outcome.ACTION,
        Outcome.ANSWER,
        Outcome.NEVER_MIND,
        Outcome.NOT_CONFIRMED,
        Outcome.NOT_UNDERSTOOD,
        Outcome.ERROR,
        Outcome.CONSENT_ASKED,
        Outcome.NOTHING_HEARD,
        "",
    ]
    total = stats_of(map(row, outcomes), 1, NOW).total
    assert total == Counts(turns=9, understood=4, not_understood=2, cloud=1, failed=1)
    assert total.understood_share == pytest.approx(4 / 6)


def test_without_a_turn_there_is_no_share() -> None:
    assert stats_of([], 1, NOW).total.understood_share is None


def test_false_wakes_are_no_turns() -> None:
    false_wake = row(Outcome.NOTHING_HEARD, kind="false_wake", stages_ms={"stt": 1.0})
    stats = stats_of([false_wake, row()], 1, NOW)
    assert stats.total == Counts(turns=1, understood=1, false_wakes=1)
    assert stats.stages == {}


def test_of_each_stage_the_middle_and_one_in_twenty_are_told() -> None:
    rows = [row(stages_ms={"stt": float(ms), "action": 300.0}) for ms in range(100, 0, -1)]
    rows.append(row(stages_ms={"stt": math.inf, "action": 300.0}))
    assert stats_of(rows, 1, NOW).stages == {
        "stt": StageTimes(turns=100, median_ms=50.5, p95_ms=95.0),
        "action": StageTimes(turns=101, median_ms=300.0, p95_ms=300.0),
    }


def test_one_turn_is_its_own_median() -> None:
    stats = stats_of([row(stages_ms={"stt": 120.4})], 1, NOW)
    assert stats.stages == {"stt": StageTimes(turns=1, median_ms=120.4, p95_ms=120.4)}


def test_there_are_only_so_many_stages() -> None:
    rows = [row(stages_ms={f"stage {number}": 1.0}) for number in range(MOST_STAGES + 1)]
    assert len(stats_of(rows, 1, NOW).stages) == MOST_STAGES
