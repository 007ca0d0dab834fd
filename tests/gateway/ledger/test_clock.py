"""The ledger's own time, on a machine whose clocks and switch are in the test's hands."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from gateway.errors import LedgerError
from gateway.ledger.clock import LATEST_S, LedgerClock, system_boot_id, system_boottime

BEGIN = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
YEARS = 3_653 * DAY
WEEK = 7 * DAY
LATE = timedelta(minutes=3)
"""The last minute is not on disk, and two minutes are too little to tell clocks apart."""


@dataclass
class Machine:
    """One machine; true time goes on whatever its clocks show."""

    true: datetime = BEGIN
    wrong: timedelta = timedelta()
    """By how much its wall clock is ahead."""
    booted: datetime = BEGIN - HOUR
    boots: int = 1
    stored: bytes | None = None
    clock: LedgerClock = field(init=False)
    shifts: list[tuple[datetime, timedelta]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start()

    def wall(self) -> float:
        return (self.true + self.wrong).timestamp()

    def start(self) -> None:
        """The ledger starts."""
        self.clock = LedgerClock(
            self.stored,
            wall=self.wall,
            boottime=lambda: (self.true - self.booted).total_seconds(),
            boot_id=lambda: f"boot {self.boots}",
        )
        self.keep()

    def keep(self) -> None:
        self.now()
        self.stored = self.clock.stored()

    def now(self) -> datetime:
        now = self.clock.now()
        if (leap := self.clock.leap) is not None:
            self.shifts.append((leap.since, leap.by))
            self.stored = self.clock.stored()
            self.clock.leap_is_done()
        return now

    def run(self, passed: timedelta, step: timedelta = MINUTE) -> None:
        end = self.true + passed
        while self.true < end:
            self.true = min(self.true + step, end)
            self.keep()

    def off(self, passed: timedelta, *, wrong: timedelta | None = None) -> None:
        """Switch it off and on again; it shows the time with that error then."""
        self.true += passed
        self.booted, self.boots = self.true, self.boots + 1
        self.wrong = self.wrong if wrong is None else wrong
        self.start()

    def age_of(self, made: datetime) -> timedelta:
        """How old something is that was made at this moment of the ledger's time, wherever it has been moved to."""
        now = self.now()
        for since, by in self.shifts:
            made += by if made >= since else timedelta()  # as the ledger moves what is in it
        return timedelta(seconds=round((now - made).total_seconds()))


def test_a_new_ledger_begins_with_the_wall_clock() -> None:
    assert Machine().now() == BEGIN


@pytest.mark.parametrize("jump", [HOUR, -HOUR, YEARS, -YEARS, datetime(1970, 1, 1, tzinfo=UTC) - BEGIN])
def test_while_the_machine_is_on_the_wall_clock_may_say_what_it_likes(jump: timedelta) -> None:
    machine = Machine()
    made = machine.now()
    machine.run(HOUR)
    machine.wrong = jump
    machine.run(WEEK - HOUR, step=HOUR)
    assert machine.age_of(made) == WEEK
    machine.start()  # the process alone
    machine.wrong = timedelta()
    machine.run(HOUR)
    assert machine.age_of(made) == WEEK + HOUR
    assert not machine.shifts


@pytest.mark.parametrize("passed", [timedelta(seconds=20), MINUTE, HOUR, DAY, 30 * DAY, 399 * DAY])
def test_the_time_that_the_machine_was_off_counts_at_once(passed: timedelta) -> None:
    machine = Machine()
    made = machine.now()
    machine.off(passed)
    assert machine.age_of(made) == passed
    assert not machine.shifts


@pytest.mark.parametrize("wrong", [HOUR, -HOUR, YEARS, -YEARS])
def test_a_wall_clock_that_is_as_wrong_after_as_before_counts_right(wrong: timedelta) -> None:
    machine = Machine(wrong=wrong)
    made = machine.now()
    machine.run(HOUR)
    machine.off(8 * HOUR)
    assert machine.age_of(made) == 9 * HOUR


def test_a_clock_without_a_battery_deletes_nothing_early_and_what_was_off_counts_once_it_is_put_right() -> None:
    machine = Machine()
    old = machine.now()
    machine.run(DAY, step=HOUR)
    machine.off(8 * DAY, wrong=datetime(1970, 1, 1, tzinfo=UTC) - BEGIN - 9 * DAY)
    new = machine.now()
    assert machine.age_of(old) == DAY  # nobody can know more
    machine.run(10 * MINUTE)
    assert machine.age_of(old) == DAY + 10 * MINUTE
    machine.wrong = timedelta()
    assert machine.age_of(old) == 9 * DAY + 10 * MINUTE
    assert machine.age_of(new) == 10 * MINUTE
    assert len(machine.shifts) == 1
    machine.run(HOUR)
    assert machine.age_of(new) == 70 * MINUTE


def test_a_clock_that_goes_on_where_it_stopped_is_listened_to_for_a_day() -> None:
    machine = Machine()
    made = machine.now()
    machine.run(HOUR)
    machine.off(8 * HOUR, wrong=-8 * HOUR)
    machine.run(20 * HOUR)
    machine.start()
    assert machine.age_of(made) == 21 * HOUR
    machine.wrong = timedelta()
    assert machine.age_of(made) == 29 * HOUR


def test_after_a_day_of_silence_a_jump_is_only_a_jump() -> None:
    machine = Machine()
    made = machine.now()
    machine.off(8 * HOUR, wrong=-8 * HOUR)
    machine.run(25 * HOUR, step=HOUR)
    machine.wrong = YEARS
    machine.run(HOUR)
    assert machine.age_of(made) == 26 * HOUR  # late, by the eight hours for which it was off


@pytest.mark.parametrize("jump", [HOUR, YEARS])
def test_once_it_is_known_how_long_the_machine_was_off_jumps_change_nothing(jump: timedelta) -> None:
    machine = Machine()
    made = machine.now()
    machine.off(8 * HOUR)
    machine.wrong = jump
    machine.run(30 * HOUR, step=HOUR)
    assert machine.age_of(made) == 38 * HOUR


@pytest.mark.parametrize("jump", [HOUR, -HOUR, YEARS, -YEARS, datetime(1970, 1, 1, tzinfo=UTC) - BEGIN])
def test_after_a_jump_both_ways_to_read_the_clock_are_remembered(jump: timedelta) -> None:
    for wrong_after in (jump, timedelta()):
        machine = Machine()
        made = machine.now()
        machine.wrong = jump
        machine.run(HOUR)
        machine.off(8 * HOUR, wrong=wrong_after)
        off = machine.age_of(made) - HOUR
        if abs(jump) == HOUR:
            assert off in (7 * HOUR, 8 * HOUR)
        else:
            assert off == 8 * HOUR


def test_a_boot_ten_years_ahead_deletes_nothing_where_the_clock_is_put_right() -> None:
    machine = Machine()
    made = machine.now()
    machine.off(HOUR, wrong=YEARS)
    machine.run(6 * HOUR)
    assert machine.age_of(made) == 6 * HOUR
    machine.wrong = timedelta()
    machine.run(HOUR)
    assert machine.age_of(made) == 8 * HOUR


def test_a_machine_from_a_cupboard_forgets_after_a_day() -> None:
    machine = Machine()
    old = machine.now()
    machine.off(YEARS)
    new = machine.now()
    machine.run(23 * HOUR, step=HOUR)
    assert machine.age_of(old) == 23 * HOUR
    machine.run(2 * HOUR, step=HOUR)
    assert machine.age_of(old) == YEARS + 25 * HOUR
    assert machine.age_of(new) == 25 * HOUR


def test_ten_years_that_are_told_for_the_last_hours_only_are_not_believed() -> None:
    machine = Machine()
    made = machine.now()
    machine.off(MINUTE)
    machine.run(20 * HOUR, step=HOUR)
    machine.wrong = YEARS
    machine.run(10 * HOUR, step=HOUR)
    assert machine.age_of(made) == 30 * HOUR + MINUTE


def test_a_clock_that_is_a_little_behind_is_not_read_as_ten_years_ahead() -> None:
    machine = Machine()
    made = machine.now()
    machine.wrong = -YEARS
    machine.run(HOUR)
    machine.wrong = timedelta()
    machine.run(HOUR)
    machine.off(8 * HOUR, wrong=-10 * HOUR)
    machine.run(25 * HOUR, step=HOUR)
    assert machine.age_of(made) == 27 * HOUR


def test_an_early_clock_deletes_early_by_no_more_than_it_is_ahead() -> None:
    machine = Machine()
    made = machine.now()
    machine.off(MINUTE, wrong=HOUR)
    machine.run(HOUR)
    machine.wrong = timedelta()
    machine.run(HOUR)
    assert machine.age_of(made) == 3 * HOUR + MINUTE


def test_a_ledger_that_began_in_1970_goes_on_counting_when_the_clock_is_put_right() -> None:
    machine = Machine(wrong=datetime(1970, 1, 1, tzinfo=UTC) - BEGIN)
    made = machine.now()
    machine.run(10 * MINUTE)
    machine.wrong = timedelta()
    machine.run(10 * MINUTE)
    assert machine.age_of(made) == 20 * MINUTE
    assert machine.clock.on_the_wall(made) == BEGIN
    machine.off(8 * HOUR)
    assert machine.age_of(made) == 8 * HOUR + 20 * MINUTE
    assert machine.clock.on_the_wall(made) == BEGIN


def test_there_is_one_leap_after_a_boot_and_no_second() -> None:
    machine = Machine()
    machine.off(10 * HOUR, wrong=-20 * HOUR)
    machine.wrong = -5 * HOUR
    machine.clock.now()
    first = machine.clock.leap
    assert first is not None
    assert round(first.by.total_seconds()) == 5 * 3_600
    machine.wrong = timedelta()
    machine.clock.now()
    assert machine.clock.leap == first


def test_a_leap_that_was_not_written_down_comes_again() -> None:
    machine = Machine()
    old = machine.now()
    machine.off(10 * HOUR, wrong=-10 * HOUR)
    made = machine.now()
    machine.wrong = timedelta()
    machine.clock.now()
    assert machine.clock.leap is not None
    machine.start()  # killed before it was on disk
    assert machine.age_of(made) == timedelta()
    assert machine.age_of(old) == 10 * HOUR
    assert len(machine.shifts) == 1


def test_a_folder_that_came_from_another_machine_is_not_aged_by_this_ones_uptime() -> None:
    machine = Machine()
    made = machine.now()
    machine.true += HOUR
    machine.boots, machine.booted = 77, machine.true - 300 * DAY
    machine.start()
    assert machine.age_of(made) == HOUR


def test_without_a_boot_id_the_wall_clock_counts() -> None:
    shown = [1_000_000.0, 5.0]
    first = LedgerClock(None, wall=lambda: shown[0], boottime=lambda: shown[1], boot_id=lambda: "")
    stored = first.stored()
    shown[0] += 3_600
    again = LedgerClock(stored, wall=lambda: shown[0], boottime=lambda: shown[1], boot_id=lambda: "")
    assert again.now() - datetime.fromtimestamp(1_000_000, UTC) == HOUR


@pytest.mark.parametrize("shown", [-1.0, math.inf, -math.inf, math.nan, 1e300])
def test_clocks_that_show_nonsense_stop_nothing(shown: float) -> None:
    clock = LedgerClock(None, wall=lambda: shown, boottime=lambda: shown, boot_id=lambda: "one")
    again = LedgerClock(clock.stored(), wall=lambda: -shown, boottime=lambda: -shown, boot_id=lambda: "two")
    assert clock.now() <= datetime.fromtimestamp(LATEST_S, UTC)
    assert again.now() >= clock.now()
    assert again.on_the_wall(clock.now()) + 365 * DAY


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"{}",
        b"\xff",
        b"x" * 2_000,
        b'{"version":2,"time_s":1,"boot_id":"","boottime_s":1}',
        b'{"version":1,"time_s":-1,"boot_id":"","boottime_s":1}',
        b'{"version":1,"time_s":1e999,"boot_id":"","boottime_s":1}',
        b'{"version":1,"time_s":1,"boot_id":"","boottime_s":1,"offsets_s":[]}',
    ],
)
def test_what_is_no_time_of_ours_is_refused(stored: bytes) -> None:
    with pytest.raises(LedgerError, match="the time that the ledger has stored"):
        LedgerClock(stored)


def test_the_system_has_both_clocks_and_a_boot_id(monkeypatch: pytest.MonkeyPatch) -> None:
    assert system_boottime() > 0
    assert len(system_boot_id()) == 36
    clock = LedgerClock(None)
    assert abs(clock.now() - datetime.now(UTC)) < MINUTE
    assert LedgerClock(clock.stored()).now() >= clock.now() - MINUTE
    monkeypatch.setattr("gateway.ledger.clock._BOOT_ID", Path("/nowhere"))
    assert system_boot_id() == ""


@pytest.mark.parametrize("seed", range(20))
def test_a_wall_clock_that_is_never_ahead_never_makes_anything_older_than_it_is(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable, not secret
    machine = Machine()
    made, made_at, on = machine.now(), machine.true, timedelta()
    for _ in range(60):
        before = machine.now()
        match random.randrange(5):
            case 0 | 1:
                passed = random.choice((MINUTE, HOUR, 5 * HOUR))
                machine.run(passed, step=HOUR)
                on += passed
            case 2:
                machine.wrong = random.choice((timedelta(), -HOUR, -YEARS))
            case 3:
                machine.start()
            case _:
                passed = random.choice((MINUTE, 8 * HOUR, 3 * DAY))
                machine.off(passed, wrong=random.choice((timedelta(), -passed, -HOUR, -YEARS)))
        assert machine.now() >= before
        assert on - LATE <= machine.age_of(made) <= machine.true - made_at + LATE
