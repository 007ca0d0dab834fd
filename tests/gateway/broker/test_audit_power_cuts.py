"""No acknowledged row is lost when the power fails; without `synchronous=FULL`, this finds those that are."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import apsw
import pytest

from gateway.ballast import Ballast
from gateway.broker import audit_database
from gateway.broker.audit import Action
from gateway.broker.audit_database import Synchronous
from gateway.errors import ConfigError
from gateway.wire.broker_words import AuditHead
from tests.gateway.broker.audit_logs import TIMES, flaw, opened
from tests.gateway.broker.power_cuts import Disk

CUTS: Final = 400 * TIMES
CUTS_OF_ONE_LOG: Final = 20
"""Then a new one begins, and so its beginning is cut off, too."""
MOST_OPERATIONS: Final = 60
"""Writes and syncs before a cut: a few rows, and now and then a checkpoint."""
SABOTAGED_CUTS: Final = CUTS // 10

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""SQLite has no use for some of the errors that it gets from a disk without power, and APSW then says so."""


@pytest.fixture(autouse=True)
def _small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Often a checkpoint, and no ballast: it is not under test here."""
    monkeypatch.setattr(audit_database, "CHECKPOINT_ROWS", 4)
    monkeypatch.setattr(Ballast, "refill", lambda _: None)


class LostError(AssertionError):
    """A row that was acknowledged is not there any more."""


class House:
    """A gateway whose power fails again and again; remembers what it was told was kept."""

    def __init__(self, folder: Path, chance: random.Random, synchronous: Synchronous) -> None:
        self.folder = folder
        self.acknowledged: AuditHead | None = None
        self.rows = 0
        self._chance = chance
        self._synchronous = synchronous

    def live_until_a_cut(self) -> None:
        """Append rows until the power fails in the middle of some operation; leave what is on the disk then."""
        left: dict[Path, bytes] = {}
        operations = self._chance.randint(1, MOST_OPERATIONS)

        def before(_: str) -> None:
            nonlocal operations
            operations -= 1
            if operations == 0:
                left.update(disk.after_cut(self._chance))
            if operations <= 0:
                raise apsw.IOError("the power has failed")

        disk = Disk(f"power-{self.folder.name}", before)
        try:
            with suppress(ConfigError):
                self._append_for_ever(disk.name)
        finally:
            disk.close()
        for path in self.folder.glob("audit.db*"):
            path.unlink()
        for path, content in left.items():
            path.write_bytes(content)

    def _append_for_ever(self, vfs: str) -> None:
        with opened(self.folder, synchronous=self._synchronous, vfs=vfs) as log:
            while True:
                self.acknowledged = log.append("owner", Action.REVOKE, is_urgent=True)
                self.rows += 1

    def look(self) -> None:
        """Raise LostError where something that was acknowledged is gone, or the log is not whole."""
        with opened(self.folder) as log:
            kept = self.acknowledged
            if kept is not None and (log.head.size < kept.size or log.hash_at(kept.size) != kept.hash):
                raise LostError(f"row {kept.size} is gone: the log has {log.head.size}")
            if log.flaw:
                raise LostError(str(log.flaw))
        if found := flaw(self.folder):
            raise LostError(str(found))


def cut(folder: Path, cuts: int, synchronous: Synchronous = "FULL") -> Iterator[tuple[House, LostError | None]]:
    """Cut the power so often; yield after each cut what was found."""
    chance = random.Random(20261122)  # noqa: S311 - the same cuts each time
    house = House(folder / "0", chance, synchronous)
    for number in range(cuts):
        if number % CUTS_OF_ONE_LOG == 0:
            house = House(folder / str(number), chance, synchronous)
        house.live_until_a_cut()
        lost = None
        try:
            house.look()
        except LostError as error:
            lost = error
        except ConfigError as error:  # SQLite cannot even open it
            lost = LostError(str(error))
        if lost:
            house = House(folder / f"{number}-again", chance, synchronous)
        yield house, lost


def test_no_row_is_lost_when_the_power_fails(tmp_path: Path, state: Callable[[str], None]) -> None:
    rows: dict[Path, int] = {}
    for house, lost in cut(tmp_path, CUTS):
        assert lost is None
        rows[house.folder] = house.rows
    assert sum(rows.values()) > CUTS
    state(f"audit log: {CUTS} power cuts, {sum(rows.values())} acknowledged rows, 0 lost")


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_without_full_the_same_test_finds_lost_rows(
    tmp_path: Path, synchronous: Synchronous, state: Callable[[str], None]
) -> None:
    lost = [str(lost) for _, lost in cut(tmp_path, SABOTAGED_CUTS, synchronous) if lost]
    assert len(lost) > SABOTAGED_CUTS // 10
    state(f"audit log: with synchronous={synchronous}, {len(lost)} of {SABOTAGED_CUTS} power cuts lose rows")
