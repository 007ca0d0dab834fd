"""A full disk: what must be written still is, at the ballast's cost; the rest is refused, and works again with room."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway import ballast as ballasts
from gateway.ballast import SIZE_BYTES, Ballast
from gateway.broker.audit import Action, AuditError
from tests.full_disks import on_a_full_disk
from tests.gateway.broker.audit_logs import flaw, opened
from tests.gateway.broker.full_disk import MORE_ROWS, MOST_ROWS


def found_on(folder: Path, *arguments: str) -> dict[str, Any]:
    """Return what `full_disk` found on a disk of its own."""
    folder.mkdir()
    found = on_a_full_disk("tests.gateway.broker.full_disk", folder, *arguments)
    assert not list(folder.iterdir()), "the disk went with the process"
    return found


def test_on_a_full_disk_only_what_is_urgent_is_written(tmp_path: Path) -> None:
    found = found_on(tmp_path / "disk")
    assert found["ballast"] >= SIZE_BYTES
    assert found["ordinary"] < MOST_ROWS
    assert found["error"].endswith("make room on the disk")
    assert "audit.db: the audit log cannot be written (" in found["error"]
    assert found["urgent"] == MORE_ROWS
    assert found["ballast when full"] == 0
    assert found["with room"] == 10
    assert found["ballast with room"] >= SIZE_BYTES
    assert found["flaw"] == ""
    assert found["rows"] == found["ordinary"] + MORE_ROWS + 10
    assert found["start"] == [found["rows"], 1], "and it starts again on a full disk"


def test_without_the_ballast_nothing_would_be_written(tmp_path: Path) -> None:
    found = found_on(tmp_path / "disk", "sabotaged")
    assert found["urgent"] == 0
    assert "start" not in found


@contextmanager
def largest_file(size_bytes: int) -> Iterator[None]:
    """Let no file of this process grow beyond so much."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_log_that_may_not_grow_refuses_rows_and_takes_them_again(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        log.append("owner", Action.CONFIGURE)
        with largest_file((tmp_path / "audit.db-wal").stat().st_size):
            for is_urgent in (False, True):
                with pytest.raises(AuditError, match=r"audit\.db: the audit log cannot be written .*; check the disk"):
                    log.append("owner", Action.CONFIGURE, is_urgent=is_urgent)
        assert not (tmp_path / "audit.ballast").exists(), "it was given up for what was urgent, in vain"
        assert log.append("owner", Action.CONFIGURE).size == 2
        assert (tmp_path / "audit.ballast").exists()
    assert flaw(tmp_path) is None


def test_the_ballast_is_only_made_where_there_is_room_for_it_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ballast"
    ballast = Ballast(path, 1_000_000)
    monkeypatch.setattr(Ballast, "_free_bytes", lambda _: 1_999_999)
    ballast.refill()
    assert not path.exists()
    assert not ballast.give_up()
    monkeypatch.setattr(Ballast, "_free_bytes", lambda _: 2_000_000)
    ballast.refill()
    assert (path.stat().st_size, path.stat().st_mode & 0o777) == (1_000_000, 0o600)
    os.truncate(path, 500_000)
    ballast.refill()
    assert path.stat().st_size == 1_000_000
    ballast.make_room()
    assert path.exists(), "there is room"
    monkeypatch.setattr(Ballast, "_free_bytes", lambda _: ballasts.ROOM_BYTES - 1)
    ballast.make_room()
    assert not path.exists()


def test_a_ballast_that_cannot_be_written_leaves_nothing_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with largest_file(4096):
        Ballast(tmp_path / "ballast").refill()
    assert not (tmp_path / "ballast").exists()
    assert "there is no room to be given up on a full disk (File too large)" in caplog.text
    nowhere = Ballast(tmp_path / "nowhere" / "ballast")
    nowhere.refill()
    nowhere.make_room()
    assert list(tmp_path.iterdir()) == []
