"""A module of ours, run where the disk is its own, and soon full."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

DEADLINE_S: Final = 60.0
IN_A_NAMESPACE: Final = ("unshare", "--mount", "--propagation", "private")


def on_a_full_disk(module: str, folder: Path, *arguments: str) -> dict[str, Any]:
    """Return what `module` found, which mounts a small disk at `folder`; it goes with the process."""
    if os.geteuid() != 0 or subprocess.run([*IN_A_NAMESPACE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("a disk of one's own takes root and a mount namespace")
    command = [*IN_A_NAMESPACE, sys.executable, "-m", module, str(folder), *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=DEADLINE_S)
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found
