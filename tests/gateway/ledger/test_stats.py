"""How well it does, counted from rows."""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from gateway.events import Outcome
from gateway.ledger.rows import Kind, TurnRow, new_id
from gateway.ledger.schema import LARGEST_TALLY_BYTES
from gateway.ledger.stats import MOST_DAYS, MOST_STAGES, Counts, Stats, Tally, day_of, days_until, stats_of

TODAY = date(2026, 11, 22)
BERLIN = ZoneInfo("Europe/Berlin")


def row(outcome: str = Outcome.ACTION, *, kind: Kind = "turn", stages_ms: Mapping[str, float] | None = None) -> TurnRow:
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    return TurnRow(id=new_id(), at=at, satellite_id="shelf", kind=kind, outcome=outcome, stages_ms=stages_ms or {})


def tally_of(rows: Iterable[TurnRow]) -> Tally:
    tally = Tally()
    for one in rows:
        tally.add(one)
    return tally


def stats_today(*rows: TurnRow) -> Stats:
    return stats_of({TODAY: tally_of(rows)}, [TODAY])


def test_every_day_is_told_oldest_first_and_those_without_a_turn_as_well() -> None:
    days = days_until(TODAY, 3)
    stats = stats_of({TODAY: tally_of([row()]), days[0]: tally_of([row()]), date(2026, 1, 1): tally_of([row()])}, days)
    assert list(stats.days) == [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)]
    assert [counts.turns for counts in stats.days.values()] == [1, 0, 1]
    assert stats.total == Counts(turns=2, understood=2)


def test_how_long_people_waited_for_an_answer_is_told_by_day() -> None:
    days = days_until(TODAY, 2)
    waited = [row(stages_ms={"first_sound": ms, "stt": 1.0}) for ms in (500, 500, 4_000)]
    assert stats_of({TODAY: tally_of(waited), days[0]: tally_of([row()])}, days).reply_ms == {TODAY: 510.0}


def test_a_day_begins_at_midnight_where_people_live() -> None:
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert (day_of(late), day_of(late, BERLIN)) == (date(2026, 11, 21), date(2026, 11, 22))


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_today_is_always_told(days: int) -> None:
    assert days_until(TODAY, days) == [TODAY]


def test_no_more_days_are_told_than_anything_is_kept_for() -> None:
    assert len(days_until(TODAY, 100_000)) == MOST_DAYS


def test_the_share_is_of_turns_in_which_it_can_be_told() -> None:
    outcomes = [
        Outcome.ACTION,
        Outcome.ANSWER,
        Outcome.NEVER_MIND,
        Outcome.NOT_CONFIRMED,
        Outcome.FORGOTTEN,
        Outcome.NOT_UNDERSTOOD,
        Outcome.ERROR,
        Outcome.CONSENT_ASKED,
        Outcome.NOTHING_HEARD,
        "",
    ]
    total = stats_today(*map(row, outcomes)).total
    assert total == Counts(turns=10, understood=5, not_understood=2, cloud=1, failed=1)
    assert total.understood_share == pytest.approx(5 / 7)


def test_without_a_turn_there_is_no_share() -> None:
    assert stats_of({}, [TODAY]).total.understood_share is None


def test_false_wakes_are_no_turns() -> None:
    false_wake = row(Outcome.NOTHING_HEARD, kind="false_wake", stages_ms={"stt": 1.0})
    stats = stats_today(false_wake, row())
    assert stats.total == Counts(turns=1, understood=1, false_wakes=1)
    assert stats.stages == {}


def test_of_each_stage_the_middle_and_one_in_twenty_are_told_to_five_percent() -> None:
    rows = [row(stages_ms={"stt": float(ms), "action": 300.0}) for ms in range(1_000, 0, -1)]
    rows.append(row(stages_ms={"stt": math.inf, "action": math.nan}))
    stages = stats_today(*rows).stages
    assert (stages["stt"].turns, stages["action"].turns) == (1_000, 1_000)
    assert stages["stt"].median_ms == pytest.approx(500, rel=0.05)
    assert stages["stt"].p95_ms == pytest.approx(950, rel=0.05)
    assert stages["action"].median_ms == stages["action"].p95_ms == pytest.approx(300, rel=0.05)


@pytest.mark.parametrize("ms", [0.0, 0.3, 7.0, 120.4, 2_800.0, 64_000.0])
def test_one_turn_is_its_own_median(ms: float) -> None:
    stages = stats_today(row(stages_ms={"stt": ms})).stages
    assert stages["stt"].median_ms == stages["stt"].p95_ms == pytest.approx(max(ms, 1.0), rel=0.05)


def test_what_took_ages_counts_as_two_minutes() -> None:
    assert stats_today(row(stages_ms={"stt": 1e9})).stages["stt"].median_ms == pytest.approx(131_072, rel=0.05)


def test_there_are_only_so_many_stages_and_none_with_a_name_that_may_have_been_said() -> None:
    rows = [row(stages_ms={f"stage_{number}": 1.0}) for number in range(MOST_STAGES + 1)]
    assert len(stats_today(*rows).stages) == MOST_STAGES
    assert stats_today(row(stages_ms={"turn on the lamp": 1.0, "Ä": 1.0, "": 1.0, "x" * 33: 1.0})).stages == {}


def test_an_outcome_that_is_unknown_is_counted_without_its_name() -> None:
    tally = tally_of([row("turn on the lamp"), row("turn on the lamp")])
    assert tally.outcomes == {"": 2}
    assert tally.counts() == Counts(turns=2)


def test_tallies_are_one_when_merged_and_come_back_from_json() -> None:
    one, two = tally_of([row(stages_ms={"stt": 4.0})]), tally_of([row(stages_ms={"stt": 4.0}), row(kind="false_wake")])
    two.corrected = 1
    one.merge(two)
    assert one.counts() == Counts(turns=2, understood=2, false_wakes=1, corrected=1)
    assert one.stages == {"stt": {16: 2}}
    assert msgspec.json.decode(msgspec.json.encode(one), type=Tally) == one


def test_the_fullest_day_can_be_kept() -> None:
    names = [f"{number:02}{'x' * 30}" for number in range(MOST_STAGES)]
    times = [2 ** (number / 8) for number in range(8 * 18)]
    tally = tally_of(row(stages_ms=dict.fromkeys(names, ms)) for ms in times)
    for stage in tally.stages.values():
        for bucket in stage:
            stage[bucket] = 99_999
    assert len(msgspec.json.encode(tally)) < LARGEST_TALLY_BYTES
