"""Runs a command as the systemd unit of the gateway does, as far as the kernel sees it: filter, user, capabilities.

`python as_the_unit.py UNIT COMMAND…`, as root, becomes the command. What the names of groups of system calls stand for
is asked of systemd-analyze; libseccomp makes the filter, as it does for systemd.
"""

import ctypes
import errno
import os
import re
import subprocess
import sys
from pathlib import Path

USER = 65_000
"""In the range from which systemd takes users that exist while a service runs."""
ALLOW, REFUSE = 0x7FFF_0000, 0x0005_0000 | errno.EPERM
BAD_ARCHITECTURE = 2
"""`SCMP_FLTATR_ACT_BADARCH`: what becomes of calls of another architecture. libseccomp kills, unless it is told."""


def members(name: str) -> set[str]:
    """Return the system calls that a word of SystemCallFilter= stands for."""
    if not name.startswith("@"):
        return {name}
    command = ("systemd-analyze", "syscall-filter", name)
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    words = (line.strip() for line in said.splitlines()[1:])
    return set().union(*(members(word) for word in words if word and not word.startswith("#")))


def allowed(lines: list[str]) -> set[str]:
    """Return what SystemCallFilter= allows, line by line; systemd adds `@default` by itself."""
    calls: set[str] = set()
    for line in lines:
        named = set().union(*(members(word) for word in line.removeprefix("~").split()))
        calls = calls - named if line.startswith("~") else calls | named
    return calls | members("@default")


def load(calls: set[str], *, kills_others: bool) -> None:
    """Have the kernel refuse all other calls to this process and what it becomes."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    filter_ = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(REFUSE)))
    if not kills_others:
        assert library.seccomp_attr_set(filter_, BAD_ARCHITECTURE, ctypes.c_uint32(ALLOW)) == 0
    for call in sorted(calls):
        number = library.seccomp_syscall_resolve_name(call.encode())
        if number >= 0:
            assert library.seccomp_rule_add_array(filter_, ctypes.c_uint32(ALLOW), number, 0, None) == 0, call
    assert library.seccomp_load(filter_) == 0


def main() -> None:
    """Become the command."""
    unit = Path(sys.argv[1]).read_text(encoding="utf-8")

    def said(name: str) -> list[str]:
        return re.findall(rf"^{name}=(.*)$", unit, re.MULTILINE)

    load(allowed(said("SystemCallFilter")), kills_others=bool(said("SystemCallArchitectures")))
    os.umask(int(said("UMask")[0], 8))
    names = " ".join(said("AmbientCapabilities")).split()
    capabilities = ",".join(["-all", *(f"+{name.removeprefix('CAP_').lower()}" for name in names)])
    rights = [f"--{which}={capabilities}" for which in ("inh-caps", "ambient-caps", "bounding-set")]
    becoming = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs", *rights]
    os.execvp("setpriv", [*becoming, *sys.argv[2:]])  # noqa: S606 - to become the command, not to start it


if __name__ == "__main__":
    main()
