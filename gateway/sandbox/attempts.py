"""Every way out of a process that we know of, tried: the attempts, and what counts as having got out.

It runs inside the voice process, and as its child: the standard library only.

A way is **closed** if the kernel refuses it before anything leaves (`CLOSED`). Whatever else happens, it is open: a
connection that somebody turned away has left this process, and so has one that was waited for in vain.
"""

import errno
import json
import os
import sys
from typing import Final

from gateway.sandbox.aims import CHILD, Aims, Attempt, NotHereError, mark
from gateway.sandbox.kernel_calls import CALLS
from gateway.sandbox.ways_out import WAYS

ATTEMPTS: Final = WAYS | CALLS
"""By name, in order."""
CLOSED: Final = frozenset(
    {
        errno.EPERM,
        errno.EACCES,
        errno.ENOSYS,
        # No such protocol on this machine, or in this namespace.
        errno.EAFNOSUPPORT,
        errno.EPROTONOSUPPORT,
        errno.ESOCKTNOSUPPORT,
        errno.EOPNOTSUPP,
        # No network to send it to: of a loopback address, only the own kernel says so.
        errno.ENETUNREACH,
        errno.ENETDOWN,
        errno.EADDRNOTAVAIL,
    }
)
"""What the kernel answers before anything leaves. Not among them: ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT, EINVAL …"""


def open_ways(aims: Aims, who: str) -> tuple[int, list[str]]:
    """Try every way; return how many were tried, and those that are open (`child tcp`)."""
    tried = 0
    found = []
    for name, attempt in ATTEMPTS.items():
        try:
            is_open = _is_open(attempt, aims, mark(who, name))
        except NotHereError:
            continue
        tried += 1
        if is_open:
            found.append(f"{who} {name}")
    return tried, found


def _is_open(attempt: Attempt, aims: Aims, shown: bytes) -> bool:
    try:
        attempt(aims, shown)
    except OSError as error:
        return error.errno not in CLOSED
    return True


def main() -> None:
    """Try as the child, and end. The aims are the argument, the answer is one line of JSON: `[tried, [open, …]]`."""
    aims: Aims = json.loads(sys.argv[1])
    print(json.dumps(open_ways(aims, CHILD)), flush=True)  # noqa: T201 -- to whom started it
    os._exit(0)  # not waiting for a look-up that still waits
