"""When the power fails, nothing acknowledged is lost, and nothing that was forgotten comes back."""

import random
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import apsw
import pytest

from gateway.errors import LedgerError
from gateway.ledger import database as database_module
from gateway.ledger.ledger import Ledger
from gateway.ledger.selection import Selection
from tests.gateway.broker.power_cuts import Disk
from tests.gateway.ledger.ledgers import AUDIO, PCM, TIMES, corrected, opened, rule, told, turn

CUTS: Final = 80 * TIMES
CUTS_OF_ONE_LEDGER: Final = 10
"""Then a new one begins, and so its beginning is cut off, too."""
MOST_OPERATIONS: Final = 500
"""Writes and syncs before a cut: a start, some dozen changes, and now and then a checkpoint."""
SABOTAGED_CUTS: Final = CUTS // 4

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""SQLite has no use for some of the errors that it gets from a disk without power, and APSW then says so."""


@pytest.fixture(autouse=True)
def _small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Often a checkpoint."""
    monkeypatch.setattr(database_module, "CHECKPOINT_COMMITS", 5)


class LostError(AssertionError):
    """What was acknowledged is not so."""


@dataclass
class Known:
    """What the ledger has acknowledged."""

    rows: dict[str, bool] = field(default_factory=dict)
    """Rows that are there, and whether they were corrected."""
    rules: dict[str, str] = field(default_factory=dict)
    """Rules that are there, with their turns."""
    gone: set[str] = field(default_factory=set)
    """Rows and rules that are not there any more."""
    owed: list[int] = field(default_factory=list)


class House:
    """A gateway whose power fails again and again; remembers what it was told was kept, or gone."""

    def __init__(self, folder: Path, chance: random.Random, synchronous: str) -> None:
        self.folder = folder
        self.known = Known()
        self.acknowledged = 0
        self._chance = chance
        self._synchronous = synchronous

    def live_until_a_cut(self) -> None:
        """Change things until the power fails in the middle of some operation; leave what is on the disk then."""
        left: dict[Path, bytes] = {}
        operations = self._chance.randint(1, MOST_OPERATIONS)

        def before(_: str) -> None:
            nonlocal operations
            operations -= 1
            if operations == 0:
                left.update(self._other_files())
                left.update(disk.after_cut(self._chance))
            if operations <= 0:
                raise apsw.IOError("the power has failed")

        disk = Disk(f"power-{self.folder.name}", before)
        try:
            with suppress(LedgerError, apsw.Error), closing(Ledger(self.folder, vfs=disk.name)) as ledger:
                assert ledger._database is not None
                ledger._database.execute(f"PRAGMA synchronous = {self._synchronous}")
                ledger.set_retention(AUDIO)
                while True:
                    self._change(ledger)
        finally:
            disk.close()
        for path in [path for path in self.folder.rglob("*") if path.is_file()]:
            path.unlink()
        for path, content in left.items():
            path.write_bytes(content)

    def _other_files(self) -> dict[Path, bytes]:
        """Return clips and keys: what is renamed to its place is synced before."""
        files = [path for path in self.folder.rglob("*") if path.is_file() and not path.name.startswith("ledger.db")]
        return {path: path.read_bytes() for path in files}

    def _change(self, ledger: Ledger) -> None:
        known, chance = self.known, self._chance
        match chance.randrange(8) if known.rows else 0:
            case 0 | 1 | 2:
                row = turn()
                ledger.record(row, PCM[: chance.choice((0, 2_000))])
                known.rows[row.id] = False
            case 3 | 4:
                row_id, one = chance.choice(list(known.rows)), chance.choice((rule(), None))
                if not ledger.correct(row_id, corrected(), one):
                    raise LostError(f"row {row_id} cannot be corrected")
                known.rows[row_id] = True
                known.rules |= {} if one is None else {one.id: row_id}
            case 5:
                gone = chance.sample(list(known.rows), min(len(known.rows), 2))
                keep_rules = chance.random() < 0.5
                rules = set() if keep_rules else {one for one, row_id in known.rules.items() if row_id in gone}
                self._forget({*gone, *rules})
                ledger.delete(Selection(ids=tuple(gone)), keep_rules=keep_rules)
                known.gone.update(gone)
            case 6 if known.rules:
                one_id = chance.choice(list(known.rules))
                self._forget({one_id})
                ledger.remove_rule(one_id)
                known.gone.add(one_id)
            case _:
                known.owed.append(ledger.owe(b"act"))
        self.acknowledged += 1

    def _forget(self, ids: set[str]) -> None:
        """Know that these may be gone from now on."""
        self.known.rows = {
            row_id: is_corrected for row_id, is_corrected in self.known.rows.items() if row_id not in ids
        }
        self.known.rules = {one: row_id for one, row_id in self.known.rules.items() if one not in ids}

    def look(self) -> None:
        """Raise LostError where something is not as it was acknowledged."""
        known = self.known
        with opened(self.folder) as ledger:
            there, rules = {*told(ledger)}, {one.id for one in ledger.rules()}
            if lost := (known.rows.keys() - there) | (known.rules.keys() - rules):
                raise LostError(f"{len(lost)} rows and rules are lost")
            if known.gone & (there | rules):
                raise LostError("what was forgotten came back")
            for row_id in there:
                entry, clip = ledger.get(row_id), ledger.clip(row_id)
                if entry is None or (known.rows.get(row_id) and entry.correction is None):
                    raise LostError("a correction is lost")
                if clip is not None and clip != PCM[:2_000]:
                    raise LostError("a clip is not what was said")
            if {path.stem for path in self.folder.rglob("*.bin")} - there:
                raise LostError("a clip is left over")
            if [number for number, _ in ledger.owed()] != known.owed[: len(ledger.owed())]:
                raise LostError("a receipt is lost")
            for number in known.owed:
                ledger.paid(number)
            known.owed.clear()


def cut(folder: Path, cuts: int, synchronous: str = "FULL") -> Iterator[tuple[House, LostError | None]]:
    """Cut the power so often; yield after each cut what was found."""
    chance = random.Random(20261122)  # noqa: S311 - the same cuts each time
    house = House(folder / "0", chance, synchronous)
    for number in range(cuts):
        if number % CUTS_OF_ONE_LEDGER == 0:
            house = House(folder / str(number), chance, synchronous)
        lost = None
        try:
            house.live_until_a_cut()
            house.look()
        except LostError as error:
            lost = error
        except (LedgerError, AssertionError) as error:  # it cannot be opened, or some row cannot be read
            lost = LostError(str(error))
        yield house, lost
        if lost:
            house = House(folder / f"{number}-again", chance, synchronous)


def test_nothing_is_lost_and_nothing_comes_back_when_the_power_fails(
    memory: Path, state: Callable[[str], None]
) -> None:
    acknowledged: dict[Path, int] = {}
    for house, lost in cut(memory, CUTS):
        assert lost is None
        acknowledged[house.folder] = house.acknowledged
    total = sum(acknowledged.values())
    assert total > CUTS
    state(f"ledger: {CUTS} power cuts, {total} acknowledged changes, 0 lost, 0 came back")


def test_without_full_the_same_test_finds_what_is_lost(memory: Path, state: Callable[[str], None]) -> None:
    lost = [str(lost) for _, lost in cut(memory, SABOTAGED_CUTS, "OFF") if lost]
    assert len(lost) > SABOTAGED_CUTS // 10
    state(f"ledger: with synchronous=OFF, {len(lost)} of {SABOTAGED_CUTS} power cuts lose something")
