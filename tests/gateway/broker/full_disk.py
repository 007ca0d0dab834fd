"""An audit log on a small disk of its own that is really full; prints what it found. Runs in a mount namespace."""

import json
import os
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from gateway.ballast import SIZE_BYTES, Ballast
from gateway.broker.audit import Action, AuditError, AuditLog
from tests.gateway.broker.audit_logs import flaw

DISK_BYTES: Final = 3 * SIZE_BYTES
MOST_ROWS: Final = 2_000
MORE_ROWS: Final = 500
"""Of an urgent kind, on a full disk: more than there are peers, four times over."""


def fill(disk: Path) -> None:
    """Leave not one page."""
    for size in (1024 * 1024, 4096, 1):
        with suppress(OSError), (disk / "filler").open("ab", buffering=0) as file:
            while True:
                os.write(file.fileno(), bytes(size))


def appended(log: AuditLog, count: int, *, is_urgent: bool) -> tuple[int, str]:
    """Append until that fails, up to `count` rows; return how many there were, and the error."""
    for number in range(count):
        size = log.head.size
        try:
            log.append("owner", Action.REVOKE, "0" * 32, is_urgent=is_urgent)
        except AuditError as error:
            assert log.head.size == size
            return number, str(error)
    return count, ""


def ballast_bytes(folder: Path) -> int:
    """Return how much of the disk the ballast really takes."""
    path = folder / "audit.ballast"
    return path.stat().st_blocks * 512 if path.exists() else 0


def main(disk: Path, *, is_sabotaged: bool) -> None:
    """Find out what works on a full disk, and what again when there is room."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0700", "tmpfs", str(disk)], check=True)
    if is_sabotaged:
        Ballast.refill = lambda _: None  # type: ignore[assignment, method-assign]
    folder = disk / "gateway"
    found: dict[str, object] = {}
    with closing(AuditLog(folder)) as log:
        found["ballast"] = ballast_bytes(folder)
        fill(disk)
        found["ordinary"], found["error"] = appended(log, MOST_ROWS, is_urgent=False)
        found["urgent"], _ = appended(log, MORE_ROWS, is_urgent=True)
        found["ballast when full"] = ballast_bytes(folder)
        (disk / "filler").unlink()
        found["with room"], _ = appended(log, 10, is_urgent=False)
        found["ballast with room"] = ballast_bytes(folder)
        rows = log.head.size
    found["flaw"] = str(flaw(folder) or "")
    fill(disk)
    with suppress(Exception), closing(AuditLog(folder)) as log:
        found["start"] = (log.head.size, log.append("gateway", Action.START, is_urgent=True).size - rows)
    found["rows"] = rows
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), is_sabotaged=len(sys.argv) > 2)
