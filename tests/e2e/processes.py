"""The gateway's processes, as the system knows them: which there are, what they hold, and what binds them."""

import os
import signal
import time
from pathlib import Path
from typing import Final

from tests.e2e.program import descendants, is_alive

VOICE: Final = "voice"
BROKER: Final = "broker"
LEDGER: Final = "ledger"
DEADLINE_S: Final = 20.0
_LOOK_AGAIN_S: Final = 0.005


def child_of(launcher: int, name: str, *, other_than: int = 0, deadline_s: float = DEADLINE_S) -> int:
    """Return the id of a launcher's process of this name (`VOICE`, `BROKER`, `LEDGER`), as soon as there is one."""
    until_s = time.monotonic() + deadline_s
    while time.monotonic() < until_s:
        for pid in descendants(launcher) - {other_than}:
            if f"gateway.{name}_process" in command_line(pid) and is_alive(pid):
                return pid
        time.sleep(_LOOK_AGAIN_S)
    raise AssertionError(f"there is no {name} process after {deadline_s} s")


def command_line(pid: int) -> list[str]:
    """Return the words of the command that a process was started by; none of one that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")
    except OSError:
        return []


def kill(pid: int) -> float:
    """End a process at once; return when."""
    os.kill(pid, signal.SIGKILL)
    return time.monotonic()


def gone_after_s(pids: set[int], *, since_s: float, deadline_s: float = DEADLINE_S) -> float:
    """Return how long after `since_s` the last of these processes was gone."""
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() - since_s < deadline_s, "they do not end"
        time.sleep(_LOOK_AGAIN_S)
    return time.monotonic() - since_s


def begun_s(pid: int) -> float:
    """Return when a process was started, on the clock of `time.monotonic`; the kernel notes it to 10 ms."""
    ticks = int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
    asleep_s = time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
    return ticks / os.sysconf("SC_CLK_TCK") - asleep_s


def threads(pid: int) -> list[dict[str, str]]:
    """Return what the kernel says of each thread of a process (`/proc/PID/task/*/status`)."""
    found = []
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
        found.append({name: value.strip() for name, _, value in (line.partition(":") for line in lines)})
    return found


def descriptors(pid: int) -> dict[str, bool]:
    """Return what a process has open, as links in `/proc/PID/fd` say it, and whether it could write there."""
    found = {}
    for link in Path(f"/proc/{pid}/fd").iterdir():
        about = Path(f"/proc/{pid}/fdinfo/{link.name}").read_text(encoding="ascii")
        flags = next(int(line.split()[1], 8) for line in about.splitlines() if line.startswith("flags:"))
        found[str(link.readlink())] = flags & os.O_ACCMODE != os.O_RDONLY
    return found


def listening_at(port: int) -> str:
    """Return the socket that listens on a port of this network, as `descriptors` names it."""
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "0A" and int(local.rpartition(":")[2], 16) == port:
                return f"socket:[{inode}]"
    raise AssertionError(f"nobody listens on port {port}")
