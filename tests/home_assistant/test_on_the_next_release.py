"""The newer release of Home Assistant is the one that is tested, or none."""

import subprocess

from tests.home_assistant.on_the_next_release import ROOT


def test_the_older_release_is_not_taken_for_the_newer() -> None:
    older = ROOT / ".venv-ha/bin/python"
    run = subprocess.run(
        [older, "-m", "tests.home_assistant.on_the_next_release", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert run.returncode == 1
    assert "run this with .venv-e2e/bin/python" in run.stderr
