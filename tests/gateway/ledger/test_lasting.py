"""Timers last over restarts, boots and clocks that are put right; they are encrypted, and gone when they are over."""

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from gateway.ledger.selection import EVERYTHING
from gateway.ledger.snapshot import snapshot
from gateway.timers import LONGEST_COMMAND_CHARS, LONGEST_NAME_CHARS, MOST_TIMERS, LastingTimer
from tests.gateway.ledger.ledgers import BEGIN, DAY, EVENING, HOUR, Hands, opened, tampering, where

MINUTE: Final = timedelta(minutes=1)
PIZZA: Final = LastingTimer(
    number=3,
    left_s=600.0,
    name="canarium",
    satellite_id="kitchen-1",
    area_id="kitchen",
    area_name="Küche",
    floor_id="ground",
    start=(None, 10, None),
    duration_s=600,
    language="de",
)
PAUSED: Final = replace(PIZZA, number=4, is_active=False, left_s=30.0)
LATER: Final = replace(PIZZA, number=9, name=None, command="unlock the canarium", is_confirmed=True)


def test_what_is_left_goes_on_while_nobody_runs_except_where_it_is_paused(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        ledger.keep_timers([PIZZA, PAUSED, LATER])
        assert ledger.timers() == (PIZZA, PAUSED, LATER)
    hands.pass_by(4 * MINUTE)
    with opened(tmp_path, hands) as ledger:
        assert ledger.timers() == (replace(PIZZA, left_s=360.0), PAUSED, replace(LATER, left_s=360.0))
        hands.pass_by(7 * MINUTE)
        assert [timer.left_s for timer in ledger.timers()] == [-60.0, 30.0, -60.0]


@pytest.mark.parametrize("jump", [-400 * DAY, -HOUR, HOUR, 400 * DAY])
def test_a_wall_clock_that_jumps_changes_nothing(tmp_path: Path, jump: timedelta) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        ledger.keep_timers([PIZZA])
        hands.wall += jump
        hands.pass_by(MINUTE)
        ledger.sweep()
        assert [timer.left_s for timer in ledger.timers()] == [540.0]
    hands.wall -= 2 * jump
    hands.pass_by(MINUTE)
    with opened(tmp_path, hands) as ledger:
        assert [timer.left_s for timer in ledger.timers()] == [480.0]


def test_for_how_long_the_machine_was_off_the_wall_clock_tells(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        ledger.keep_timers([PIZZA])
    hands.wall += 5 * MINUTE
    hands.up_s, hands.boot = 10.0, "boot 2"
    with opened(tmp_path, hands) as ledger:
        (timer,) = ledger.timers()
    assert timer.left_s == pytest.approx(300.0, abs=0.1)


def test_a_clock_without_a_battery_that_is_put_right_later_counts_for_what_was_set_before_it_was_off(
    tmp_path: Path,
) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        ledger.keep_timers([replace(PIZZA, left_s=7_200.0)])
    hands.up_s, hands.boot = 10.0, "boot 2"  # its wall clock begins where it was
    with opened(tmp_path, hands) as ledger:
        ledger.keep_timers([*ledger.timers(), replace(PIZZA, number=5)])
        hands.pass_by(MINUTE)
        hands.wall += HOUR
        ledger.sweep()
        before, after = ledger.timers()
    assert before.left_s == pytest.approx(3_540.0, abs=0.1)
    assert after.left_s == pytest.approx(540.0, abs=0.1), "set after it was off, it is no older than it is"


def test_nothing_of_them_is_plain_and_nothing_is_left_of_one_that_is_over(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.keep_timers([PIZZA, LATER])
        for said in (b"canarium", "Küche".encode(), b"kitchen-1"):
            assert where(tmp_path, said) == []
        with tampering(tmp_path) as database:
            ((content, key),) = database.execute("SELECT content, content_key FROM timers WHERE seq = 3").fetchall()
        assert isinstance(content, bytes)
        assert isinstance(key, bytes)
        assert where(tmp_path, content[30:60]) != []
        ledger.keep_timers([LATER])
        assert where(tmp_path, content[30:60]) == []
        assert where(tmp_path, key) == []
        assert [timer.number for timer in ledger.timers()] == [9]


def test_one_that_is_changed_is_kept_as_it_is_now_and_one_that_is_not_is_not_written_again(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        ledger.keep_timers([PIZZA, PAUSED])
        with tampering(tmp_path) as database:
            before = database.execute("SELECT * FROM timers ORDER BY seq").fetchall()
        hands.pass_by(MINUTE)
        resumed = replace(PAUSED, is_active=True, left_s=90.0, duration_s=660)
        ledger.keep_timers([replace(PIZZA, left_s=540.4), resumed])
        assert ledger.timers() == (replace(PIZZA, left_s=540.0), resumed)
        with tampering(tmp_path) as database:
            after = database.execute("SELECT * FROM timers ORDER BY seq").fetchall()
    assert (after[0] == before[0], after[1] == before[1]) == (True, False)


def test_they_outlast_another_wrapping_key_and_go_with_everything(tmp_path: Path) -> None:
    with opened(tmp_path, Hands()) as ledger:
        ledger.keep_timers([PIZZA])
        ledger.rotate()
        assert ledger.timers() == (PIZZA,)
        ledger.record(EVENING)
        ledger.delete(EVERYTHING)
        assert ledger.timers() == (PIZZA,), "turns are not timers"
        ledger.delete(EVERYTHING, everything=True)
        assert ledger.timers() == ()


def test_one_that_was_altered_is_left_out_and_named_by_its_number(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "gateway")
    with opened(tmp_path, Hands()) as ledger:
        ledger.keep_timers([PIZZA, PAUSED])
        with tampering(tmp_path) as database:
            database.execute("UPDATE timers SET content = (SELECT content FROM timers WHERE seq = 4) WHERE seq = 3")
        assert ledger.timers() == (PAUSED,)
        assert caplog.messages == ["ledger: timer 3 cannot be read (LedgerError)"]
        ledger.keep_timers([PIZZA, PAUSED])
        assert ledger.timers() == (PIZZA, PAUSED)


def test_there_are_only_so_many_of_the_largest_there_may_be(tmp_path: Path) -> None:
    largest = replace(LATER, name="\0" * LONGEST_NAME_CHARS, command="\0" * LONGEST_COMMAND_CHARS)
    with opened(tmp_path, Hands()) as ledger:
        ledger.keep_timers(replace(largest, number=number) for number in range(1, MOST_TIMERS + 10))
        assert len(ledger.timers()) == MOST_TIMERS
        ledger.keep_timers([])
        assert ledger.timers() == ()


def test_a_copy_without_turns_has_no_timers_either(tmp_path: Path) -> None:
    with opened(tmp_path / "ledger", Hands()) as ledger:
        ledger.keep_timers([PIZZA])
    for with_turns, kept in ((False, []), (True, [3])):
        copies = snapshot(tmp_path / "ledger", with_turns=with_turns)
        assert copies is not None
        folder = tmp_path / f"copy-{with_turns}"
        folder.mkdir(mode=0o700)
        for name, content in zip(("ledger.db", "ledger.key"), copies, strict=True):
            (folder / name).write_bytes(content)
        with opened(folder, Hands(wall=BEGIN)) as ledger:
            assert [timer.number for timer in ledger.timers()] == kept
