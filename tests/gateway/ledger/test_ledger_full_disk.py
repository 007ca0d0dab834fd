"""A full disk: rows are refused with a clear error, and what is there can be read and deleted."""

from pathlib import Path
from typing import Any

from gateway.ledger.ledger import BALLAST_BYTES
from tests.full_disks import on_a_full_disk
from tests.gateway.ledger.full_disk import FIRST_ROWS, MOST_ROWS


def found_on(folder: Path, *arguments: str) -> dict[str, Any]:
    """Return what `full_disk` found on a disk of its own."""
    folder.mkdir()
    found = on_a_full_disk("tests.gateway.ledger.full_disk", folder, *arguments)
    assert not list(folder.iterdir()), "the disk went with the process"
    return found


def test_on_a_full_disk_everything_can_be_read_and_deleted(tmp_path: Path) -> None:
    found = found_on(tmp_path / "disk")
    assert found["with room"] == FIRST_ROWS
    assert found["ballast"] >= BALLAST_BYTES
    assert found["on a full disk"] < MOST_ROWS
    assert found["error"].endswith("the disk is full; make room on it, or delete what the ledger remembers")
    assert found["readable"] == FIRST_ROWS + found["on a full disk"]
    assert (found["one"], found["all"]) == (1, found["readable"] - 1)
    assert (found["rules"], found["owed"]) == (0, 1)
    assert found["keys"] == 2, "each deletion has replaced the wrapping key"
    assert (found["left"], found["clips"], found["after a start"]) == (0, 0, 0)
    assert found["with room again"] == 10
    assert found["ballast again"] >= BALLAST_BYTES
    assert found["leaping"].endswith("the disk is full; make room on it, or delete what the ledger remembers")
    assert (found["leaping readable"], found["leaping deleted"]) == (2, 2)


def test_without_the_ballast_nothing_could_be_deleted(tmp_path: Path) -> None:
    found = found_on(tmp_path / "disk", "sabotaged")
    assert found["refused"].endswith("make room on it, or delete what the ledger remembers")
    assert "all" not in found
