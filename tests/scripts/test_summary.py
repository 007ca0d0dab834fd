import subprocess
import sys
from pathlib import Path

from tests.scripts.conftest import REPOSITORY

CLOSING = "=================== 3 passed, 2 skipped in 1.25s ==================="
REPORT = """<testsuites><testsuite><testcase name="a"/>
<testcase name="b"><skipped message="no shared recordings (LOCAL_VOICE_SHARED=../shared)"/></testcase>
<testcase name="c"><skipped message="no sound card"/></testcase></testsuite></testsuites>"""


def summary(folder: Path) -> list[str]:
    command = [sys.executable, str(REPOSITORY / "scripts/test_summary.py"), str(folder)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout.splitlines()


def test_the_last_line_counts_what_was_skipped_for_lack_of_recordings(tmp_path: Path) -> None:
    (tmp_path / "unit.log").write_text(f"=== test session starts ===\n...\n{CLOSING}\n")
    (tmp_path / "unit.xml").write_text(REPORT)
    assert summary(tmp_path) == [CLOSING, "1 tests skipped: no shared recordings (LOCAL_VOICE_SHARED)"]


def test_a_part_that_broke_off_is_named(tmp_path: Path) -> None:
    (tmp_path / "models.log").write_text("INTERNALERROR> ...\n")
    assert summary(tmp_path) == [
        "models: pytest did not come to its end",
        "0 tests skipped: no shared recordings (LOCAL_VOICE_SHARED)",
    ]
