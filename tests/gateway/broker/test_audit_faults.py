"""A disk that fails at the n-th write or sync, once and for ever, for each n that appending and checkpoints come to."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

import apsw
import pytest

from gateway.ballast import SIZE_BYTES, Ballast
from gateway.broker import audit_database
from gateway.broker.audit import BALLAST_NAME, Action, AuditError, AuditLog
from gateway.errors import ConfigError
from tests.gateway.broker.audit_logs import flaw, opened
from tests.gateway.broker.power_cuts import Disk

ROWS: Final = 8
"""So many that there is a checkpoint among them."""
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""SQLite has no use for some of the errors that it gets from a broken disk, and APSW then says so."""


@pytest.fixture(autouse=True)
def _small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint after few rows, and no ballast: it is not under test here."""
    monkeypatch.setattr(audit_database, "CHECKPOINT_ROWS", 4)
    monkeypatch.setattr(Ballast, "refill", lambda _: None)


class Faults:
    """Which operations fail: after `begin`, from the n-th on so many, with this error."""

    def __init__(self) -> None:
        self.operations: list[str] = []
        self._failing = range(0)
        self._error: type[apsw.Error] = apsw.IOError

    def begin(self, first: int, count: int, error: type[apsw.Error] = apsw.IOError) -> None:
        """Count operations from now on."""
        self.operations.clear()
        self._failing = range(first, first + count)
        self._error = error

    def before(self, operation: str) -> None:
        self.operations.append(operation)
        if len(self.operations) in self._failing:
            raise self._error(f"{operation} failed")

    def end(self) -> None:
        """The disk is a good one again."""
        self._failing = range(0)


@contextmanager
def on_disk(faults: Faults) -> Iterator[str]:
    with closing(Disk("faults", faults.before)) as disk:
        yield disk.name


def append(log: AuditLog) -> int:
    """Append rows, whatever the disk does; return how many were acknowledged."""
    acknowledged, first = 0, log.head.size
    for _ in range(ROWS):
        with suppress(AuditError):
            acknowledged = log.append("owner", Action.CONFIGURE).size - first
        assert log.head.size == first + acknowledged
    return acknowledged


def operations_of_appending(folder: Path) -> list[str]:
    faults = Faults()
    with on_disk(faults) as vfs, opened(folder, vfs=vfs) as log:
        faults.operations.clear()
        append(log)
        return list(faults.operations)


@pytest.mark.parametrize("error", [apsw.IOError, apsw.FullError])
@pytest.mark.parametrize("count", [1, 1_000_000], ids=["once", "for ever"])
def test_a_row_that_a_broken_disk_refuses_is_not_there_and_the_next_ones_are(
    tmp_path: Path, error: type[apsw.Error], count: int, caplog: pytest.LogCaptureFixture
) -> None:
    operations = operations_of_appending(tmp_path / "good")
    assert {name.split()[1] for name in operations} == {"audit.db", "audit.db-wal"}, "a checkpoint is among them"
    refused = 0
    for number in range(1, len(operations) + 1):
        folder = tmp_path / str(number)
        with opened(folder):
            pass
        faults = Faults()
        with on_disk(faults) as vfs, opened(folder, vfs=vfs) as log:
            faults.begin(number, count, error)
            acknowledged = append(log)
            refused += ROWS - acknowledged
            faults.end()
            acknowledged += append(log)
            assert acknowledged >= ROWS, "the disk works again, and so does the log"
            assert log.head.size == acknowledged
        with opened(folder) as log:
            assert (log.head.size, log.flaw) == (acknowledged, None)
        assert flaw(folder) is None
    assert refused > len(operations) // 2
    assert "audit.db: the write-ahead log grows" in caplog.text, "a checkpoint that failed stopped nothing"


@pytest.mark.parametrize("count", [1, 1_000_000], ids=["once", "for ever"])
def test_a_log_whose_making_fails_is_made_the_next_time(tmp_path: Path, count: int) -> None:
    faults = Faults()
    with on_disk(faults) as vfs, opened(tmp_path / "good", vfs=vfs):
        pass
    failed = 0
    for number in range(1, len(faults.operations) + 1):
        folder = tmp_path / str(number)
        faults.begin(number, count)
        with on_disk(faults) as vfs:
            try:
                AuditLog(folder, vfs=vfs).close()
            except ConfigError:
                failed += 1
        with opened(folder) as log:
            assert log.append("owner", Action.START).size == 1
        assert flaw(folder) is None
    assert failed > 5


@pytest.mark.parametrize("count", [1, 1_000_000], ids=["once", "for ever"])
def test_a_yes_that_a_broken_disk_refuses_has_consumed_nothing(tmp_path: Path, count: int) -> None:
    refused = 0
    for number in range(1, 100):
        folder = tmp_path / str(number)
        with opened(folder):
            pass
        faults = Faults()
        with on_disk(faults) as vfs, opened(folder, vfs=vfs) as log:
            faults.begin(number, count)
            with suppress(AuditError):
                log.approve("owner", "r1")
            faults.end()
            is_consumed = log.head.size == 1
        with opened(folder) as log:
            assert log.head.size == is_consumed
            if is_consumed:
                break
            log.approve("owner", "r1")
            refused += 1
        assert flaw(folder) is None
    assert refused > 2
    with opened(folder) as log, pytest.raises(AuditError, match="consumed"):
        log.approve("owner", "r1")


def test_an_urgent_row_that_does_not_fit_is_written_when_the_ballast_is_gone(tmp_path: Path) -> None:
    faults = Faults()
    with on_disk(faults) as vfs, opened(tmp_path, vfs=vfs) as log:
        (tmp_path / BALLAST_NAME).touch()
        os.truncate(tmp_path / BALLAST_NAME, SIZE_BYTES)
        faults.begin(1, 1, apsw.FullError)
        assert log.append("owner", Action.REVOKE, is_urgent=True).size == 1
        assert not (tmp_path / BALLAST_NAME).exists()
        faults.begin(1, 1, apsw.FullError)
        with pytest.raises(AuditError, match="make room on the disk"):
            log.append("owner", Action.REVOKE, is_urgent=True)
    assert flaw(tmp_path) is None
