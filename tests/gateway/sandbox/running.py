"""Programs that tests start to give something up for good, and what they say of it."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[3]
DEADLINE_S: Final = 60.0
NOBODY: Final = 65_534
READABLE: Final = (ROOT / "gateway", Path(sys.prefix), Path(sys.base_prefix))
"""What a program of ours reads."""
COVERAGE: Final = "COVERAGE_"
"""Of variables that have a program measured; one that may write no file could not say what was found."""

is_root: Final = os.geteuid() == 0
as_root = pytest.mark.skipif(not is_root, reason="only root can change the user: run the tests as root")


def run(
    script: str,
    *arguments: str,
    user: int | None = None,
    keep: Sequence[int] = (),
    is_measured: bool = True,
    expect: int = 0,
) -> str:
    """Run a script in a Python of its own, as another user where root tests; return what it wrote.

    The test fails where it ends otherwise than expected.
    """
    who: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user is not None and is_root else {}
    environ = {
        name: value for name, value in os.environ.items() if (is_measured and not who) or not name.startswith(COVERAGE)
    }
    done: subprocess.CompletedProcess[str] = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        pass_fds=keep,
        **who,
    )
    assert done.returncode == expect, f"it ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def told(script: str, *arguments: str, user: int | None = None, is_measured: bool = True) -> Any:
    """Return what a script says as JSON, in its last line."""
    return json.loads(run(script, *arguments, user=user, is_measured=is_measured).splitlines()[-1])
