"""A gateway's records on a small disk that is really full; prints what may still be done. Runs in a mount namespace."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from gateway.ballast import Ballast
from gateway.broker.records import OWNER, Records
from gateway.errors import ConfigError
from gateway.offer import SettingsChange
from gateway.protection import Protection
from gateway.wire.peers import Role
from tests.gateway.broker.full_disk import DISK_BYTES, fill


def outcome(act: Callable[[], object]) -> str:
    """Return `done`, or why it was not."""
    try:
        act()
    except ConfigError as error:
        return str(error)
    return "done"


def main(disk: Path, *, is_sabotaged: bool) -> None:
    """Fill the disk, and try everything."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0700", "tmpfs", str(disk)], check=True)
    if is_sabotaged:
        Ballast.refill = lambda _: None  # type: ignore[assignment, method-assign]
    with closing(Records(disk / "gateway")) as records:
        peers = [records.pair(by=OWNER, name="Shelf", role=Role.SATELLITE).peer.id for _ in range(100)]
        fill(disk)
        rows = records.audit.head.size
        found: dict[str, object] = {}
        found["pairing"] = outcome(lambda: records.pair(by=OWNER, name="One more", role=Role.SATELLITE))
        found["setting"] = outcome(lambda: records.keep_settings(SettingsChange(voice="joe")))
        found["paired"] = len(records.peers.peers())
        found["rows"] = records.audit.head.size - rows
        found["revocations"] = [outcome(lambda one=one: records.revoke(one, by=OWNER)) for one in peers[:50]]  # type: ignore[misc]
        found["left"] = len(records.peers.peers())
    with closing(Records(disk / "gateway")) as records:
        found["start"] = outcome(lambda: records.broker_started(version="1", configuration="c"))
        found["voice"] = outcome(lambda: records.voice_started(Protection(), version="1"))
        found["left after a restart"] = len(records.peers.peers())
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), is_sabotaged=len(sys.argv) > 2)
