"""The ledger's time on the disk; and where the disk takes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import apsw
import pytest

from gateway.errors import LedgerError
from gateway.ledger.database import Database
from gateway.ledger.ledger import Ledger
from gateway.ledger.selection import EVERYTHING, LAST_HOUR_S, Selection
from tests.gateway.ledger.ledgers import (
    AUDIO,
    BEGIN,
    DAY,
    HOUR,
    PCM,
    Hands,
    corrected,
    opened,
    rule,
    told,
    turn,
)

MINUTE, YEARS = timedelta(minutes=1), 3_653 * DAY
IN_1970 = datetime.fromtimestamp(0, BEGIN.tzinfo)


@contextmanager
def leaping(folder: Path, hands: Hands) -> Iterator[tuple[Ledger, str, str]]:
    """Yield a ledger with a row of before and one of after a boot, whose clock was put right just now, by two days."""
    with opened(folder, hands) as ledger:
        ledger.set_retention(AUDIO)
        old = turn()
        ledger.record(old, PCM)
        hands.pass_by(MINUTE)
        ledger.sweep()
    hands.wall, hands.up_s, hands.boot = IN_1970, 10.0, "boot 2"
    with opened(folder, hands) as ledger:
        new = turn()
        ledger.record(new, PCM)
        hands.pass_by(MINUTE)
        hands.wall = BEGIN + 2 * DAY
        yield ledger, old.id, new.id


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Let the disk be full while the list has something in it."""
    is_full: list[bool] = []
    set_state = Database.set_state

    def setting(database: Database, name: str, value: bytes) -> None:
        if is_full and name == "clock":
            raise apsw.FullError("database or disk is full")
        set_state(database, name, value)

    monkeypatch.setattr(Database, "set_state", setting)
    return is_full  # type: ignore[return-value]


def test_on_a_full_disk_time_that_was_missing_keeps_nobody_from_reading_or_deleting(
    tmp_path: Path, full: list[bool], caplog: pytest.LogCaptureFixture
) -> None:
    hands = Hands()
    with leaping(tmp_path, hands) as (ledger, old, new):
        full.append(True)
        assert told(ledger) == [new, old]
        entry = ledger.get(new)
        assert entry is not None
        assert abs(entry.keep_until - (BEGIN + 9 * DAY)) < 5 * MINUTE, "seven days from now, as the clocks show it"
        assert ledger.clip(new) == PCM
        assert caplog.text.count("the time that was missing cannot be counted yet") == 1
        with pytest.raises(LedgerError, match="the disk is full"):
            ledger.record(turn())
        ledger.sweep()
        assert "how late it is cannot be written down" in caplog.text
        assert told(ledger) == [new, old]
        receipt = ledger.delete(Selection(ids=(old,)))
        assert (receipt.count, receipt.clips) == (1, 1)
        assert abs(receipt.at - hands.wall) < MINUTE
        full.clear()
        hands.pass_by(MINUTE)
        assert told(ledger) == [new]
        entry = ledger.get(new)
        assert entry is not None
        assert abs(entry.keep_until - (BEGIN + 9 * DAY)) < 5 * MINUTE
        hands.pass_by(6 * DAY)
        assert told(ledger) == [new]
        hands.pass_by(DAY)
        assert told(ledger) == []


def test_a_row_that_is_made_before_the_missing_time_is_counted_keeps_its_age(tmp_path: Path, full: list[bool]) -> None:
    hands = Hands()
    with leaping(tmp_path, hands) as (ledger, old, new):
        full.append(True)
        assert len(told(ledger)) == 2
        full.clear()
        late = turn(at=hands.wall)
        ledger.record(late)
        assert ledger.delete(Selection(last_s=LAST_HOUR_S)).count == 2
        assert told(ledger) == [old]
        assert new != old


def test_the_last_hour_is_the_last_hour_where_room_can_be_made(tmp_path: Path, full: list[bool]) -> None:
    with leaping(tmp_path, Hands()) as (ledger, old, _):
        full.append(True)
        ledger._ballast.give_up = lambda: bool(full) and full.pop()  # type: ignore[method-assign]
        assert ledger.delete(Selection(last_s=LAST_HOUR_S)).count == 1
        assert told(ledger) == [old]


@pytest.mark.parametrize("jump", [HOUR, -HOUR, YEARS, -YEARS, IN_1970 - BEGIN])
def test_a_wall_clock_that_jumps_deletes_nothing_early_and_keeps_nothing_longer(
    tmp_path: Path, jump: timedelta
) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        ledger.set_retention(AUDIO)
        row = turn()
        ledger.record(row, PCM)
        ledger.correct(row.id, corrected(), rule())
        hands.pass_by(DAY)
        hands.wall += jump
        ledger.sweep()
    with opened(tmp_path, hands) as ledger:
        late = turn(at=hands.wall)
        ledger.record(late, PCM)
        hands.pass_by(6 * DAY - MINUTE)
        ledger.sweep()
        assert told(ledger) == [late.id, row.id]
        assert ledger.clip(row.id) == PCM
        hands.wall -= jump
        hands.pass_by(MINUTE)
        assert told(ledger) == [late.id]
        assert ledger.clip(row.id) is None
        hands.pass_by(DAY)
        assert told(ledger) == []
        ledger.sweep()
        assert not list(tmp_path.rglob("*.bin"))
        assert len(ledger.wakes("kitchen-1")) == 2
        assert len(ledger.rules()) == 1
        hands.pass_by(23 * DAY)
        assert ledger.wakes("kitchen-1") == ()
        hands.pass_by(336 * DAY)
        ledger.sweep()
        assert ledger.stats(366).total.turns == 0
        assert ledger.delete(EVERYTHING).rules == 1
