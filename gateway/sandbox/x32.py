"""The other numbers that x86-64 has for the same calls, tried by a process of its own, as some filters kill for it.

systemd's SystemCallArchitectures= makes such a filter. What was killed has got nowhere, and another process than the
one that tests itself goes on testing. The one that is started has the filters of the thread that starts it.
"""

import os
import signal
import socket
import subprocess
import sys
from errno import EPERM
from typing import Final

ALONE_S: Final = 10.0
"""For Python to start, make one call and end: many times what a small box takes under load."""
REFUSED: Final = 100
"""Added to an error's number, it is an exit status by which Python does not end on its own account."""
_SOCKET: Final = 0x4000_0000 + 41
_PR_SET_DUMPABLE: Final = 4
_ALONE: Final = f"""
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl({_PR_SET_DUMPABLE}, 0)  # who is killed leaves no core file
made = libc.syscall(ctypes.c_long({_SOCKET}), {int(socket.AF_INET)}, {int(socket.SOCK_STREAM)}, 0)
sys.exit(0 if made >= 0 else {REFUSED} + ctypes.get_errno())
"""
"""What it runs: nothing of the environment, nothing of any package, and little that takes long to import."""


def make_socket() -> None:
    """Have a socket made by another process. Returns if it was made, or if nobody knows; raises OSError if not."""
    command = [sys.executable, "-I", "-S", "-B", "-c", _ALONE]
    try:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=ALONE_S, check=False).returncode  # noqa: S603 -- our own program
    except OSError, subprocess.TimeoutExpired:
        return
    if ended == -signal.SIGSYS:
        raise PermissionError(EPERM, "killed for it")
    if ended > REFUSED:
        raise OSError(ended - REFUSED, os.strerror(ended - REFUSED))
