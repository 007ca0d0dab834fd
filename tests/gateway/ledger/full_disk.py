"""A ledger on a small disk of its own that is really full; prints what it found. Runs in a mount namespace."""

import json
import logging
import os
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from gateway.ballast import Ballast
from gateway.errors import LedgerError
from gateway.ledger.keys import read_ring
from gateway.ledger.ledger import BALLAST_BYTES, BALLAST_NAME, Ledger
from gateway.ledger.selection import EVERYTHING, Selection
from gateway.rules import MOST_RULES
from tests.gateway.ledger.ledgers import AUDIO, BEGIN, DAY, HOUR, PCM, Hands, corrected, opened, rule, told, turn

DISK_BYTES: Final = 3 * BALLAST_BYTES
FIRST_ROWS: Final = 500
MOST_ROWS: Final = 5_000


def fill(disk: Path) -> None:
    """Leave not one page."""
    for size in (1024 * 1024, 4096, 1):
        with suppress(OSError), (disk / "filler").open("ab", buffering=0) as file:
            while True:
                os.write(file.fileno(), bytes(size))


def ballast_bytes(folder: Path) -> int:
    """Return how much of the disk the ballast really takes."""
    path = folder / BALLAST_NAME
    return path.stat().st_blocks * 512 if path.exists() else 0


def recorded(ledger: Ledger, count: int) -> tuple[int, str]:
    """Record until that fails, up to `count` rows; return how many there were, and the error."""
    for number in range(count):
        try:
            ledger.record(turn(), PCM)
        except LedgerError as error:
            return number, str(error)
    return count, ""


def key(folder: Path) -> int:
    """Return the number of the wrapping key."""
    ring = read_ring(folder / "ledger.key")
    assert ring is not None
    assert not ring.is_replacing
    return ring.current


def main(disk: Path, *, is_sabotaged: bool) -> None:
    """Find out what works on a full disk, and what again when there is room."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0700", "tmpfs", str(disk)], check=True)
    if is_sabotaged:
        Ballast.refill = lambda _: None  # type: ignore[assignment, method-assign]
    logging.disable()  # hundreds of clips that there is no room for
    folder = disk / "ledger"
    found: dict[str, object] = {}
    with closing(Ledger(folder)) as ledger:
        ledger.set_retention(AUDIO)
        found["with room"], _ = recorded(ledger, FIRST_ROWS)
        for row_id in told(ledger)[:MOST_RULES]:
            ledger.correct(row_id, corrected(), rule())
        found["ballast"] = ballast_bytes(folder)
        fill(disk)
        found["on a full disk"], found["error"] = recorded(ledger, MOST_ROWS)
        ids = told(ledger)[::-1]
        found["readable"] = len(ids)
        before = key(folder)
        fill(disk)
        try:
            receipt = ledger.delete(Selection(ids=tuple(ids[:1])), owing=lambda receipt: b"%d" % receipt.count)
            found["one"], found["rules"], found["owed"] = receipt.count, receipt.rules, len(ledger.owed())
            found["all"] = ledger.delete(EVERYTHING).count
        except LedgerError as error:
            found["refused"] = str(error)
            print(json.dumps(found))  # noqa: T201
            return
        found["keys"] = key(folder) - before
        found["left"] = len(told(ledger))
        found["clips"] = len(list(folder.rglob("*.bin")))
        fill(disk)
    with closing(Ledger(folder)) as ledger:
        found["after a start"] = len(told(ledger))
        (disk / "filler").unlink()
        found["with room again"], _ = recorded(ledger, 10)
        found["ballast again"] = ballast_bytes(folder)
    found |= leaping(disk)
    print(json.dumps(found))  # noqa: T201


def leaping(disk: Path) -> dict[str, object]:
    """Find out what works where time that was missing has to be written down, and there is no room for that."""
    hands, folder = Hands(), disk / "leaping"
    with opened(folder, hands) as ledger:
        ledger.record(turn())
    hands.wall, hands.up_s, hands.boot = BEGIN.replace(year=1970), 10.0, "boot 2"
    with opened(folder, hands) as ledger:
        ledger.record(turn())
        hands.pass_by(HOUR)
        hands.wall = BEGIN + DAY
        (folder / BALLAST_NAME).unlink(missing_ok=True)
        fill(disk)
        _, error = recorded(ledger, 1)
        found = {"leaping": error, "leaping readable": len(told(ledger))}
        for path in (disk / "filler", disk / "ledger" / BALLAST_NAME):
            path.unlink(missing_ok=True)
        Ballast(folder / BALLAST_NAME, BALLAST_BYTES).refill()
        fill(disk)
        return found | {"leaping deleted": ledger.delete(EVERYTHING).count}


if __name__ == "__main__":
    main(Path(sys.argv[1]), is_sabotaged=len(sys.argv) > 2)
