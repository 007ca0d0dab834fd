"""On a full disk somebody can still be revoked, and a gateway starts; what could wait is refused."""

from pathlib import Path
from typing import Any

from tests.full_disks import on_a_full_disk


def found_on(folder: Path, *arguments: str) -> dict[str, Any]:
    """Return what `full_disk_records` found on a disk of its own."""
    return on_a_full_disk("tests.gateway.broker.full_disk_records", folder, *arguments)


def test_on_a_full_disk_peers_are_revoked_and_a_gateway_starts(tmp_path: Path) -> None:
    found = found_on(tmp_path)
    assert found["revocations"] == ["done"] * 50
    assert found["left"] == found["left after a restart"] == 50
    assert (found["start"], found["voice"]) == ("done", "done")
    for refused in (found["pairing"], found["setting"]):
        assert "cannot be written" in refused
    assert found["paired"] == 100


def test_without_the_ballast_nobody_could_be_revoked(tmp_path: Path) -> None:
    found = found_on(tmp_path, "sabotaged")
    assert "done" not in found["revocations"]
    assert found["left"] == 100
