"""On a full disk somebody can still be revoked, and a gateway starts; what could wait is refused."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.broker.test_audit_full_disk import DEADLINE_S, IN_A_NAMESPACE


def on_a_full_disk(folder: Path, *arguments: str) -> dict[str, Any]:
    """Return what `full_disk_records` found on a disk of its own."""
    if os.geteuid() != 0 or subprocess.run([*IN_A_NAMESPACE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("a disk of one's own takes root and a mount namespace")
    command = [*IN_A_NAMESPACE, sys.executable, "-m", "tests.gateway.broker.full_disk_records", str(folder), *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=DEADLINE_S)
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_on_a_full_disk_peers_are_revoked_and_a_gateway_starts(tmp_path: Path) -> None:
    found = on_a_full_disk(tmp_path)
    assert found["revocations"] == ["done"] * 50
    assert found["left"] == found["left after a restart"] == 50
    assert (found["start"], found["voice"]) == ("done", "done")
    for refused in (found["pairing"], found["setting"]):
        assert "cannot be written" in refused
    assert found["paired"] == 100


def test_without_the_ballast_nobody_could_be_revoked(tmp_path: Path) -> None:
    found = on_a_full_disk(tmp_path, "sabotaged")
    assert "done" not in found["revocations"]
    assert found["left"] == 100
