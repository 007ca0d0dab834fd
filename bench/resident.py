"""What other processes keep in memory: each page by the share that a process has of it, so that sums are right."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
KIB: Final = 1024


def family(pid: int, proc: Path = PROC) -> tuple[int, ...]:
    """Return a process and all that descend from it, itself first. Those that end meanwhile are left out."""
    children: dict[int, list[int]] = {}
    for folder in proc.glob("[0-9]*"):
        parent = _field(folder / "status", "PPid")
        if parent is not None:
            children.setdefault(parent, []).append(int(folder.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(one := waiting.pop(0))
        waiting += sorted(children.get(one, ()))
    return tuple(found)


def resident_mib(pids: Iterable[int], proc: Path = PROC) -> float:
    """Return what these processes have in memory together, MiB; one that has ended has nothing.

    Shared pages count by share (PSS). Where the kernel does not tell that of a process, as of one that lets nobody look
    into it, all its pages count (RSS), which is more.
    """
    return sum(_resident_kib(proc / str(pid)) for pid in pids) / KIB


def _resident_kib(folder: Path) -> int:
    proportional = _field(folder / "smaps_rollup", "Pss")
    return proportional if proportional is not None else _field(folder / "status", "VmRSS") or 0


def _field(path: Path, name: str) -> int | None:
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:  # it has ended, or may not be looked into
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), None)
