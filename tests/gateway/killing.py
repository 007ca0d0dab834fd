"""A program that starts processes which are killed, one after the other: what they say comes back on one connection."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TextIO

DEADLINE_S: Final = 30.0


@contextmanager
def server(module: str) -> Iterator[tuple[socket.socket, TextIO]]:
    """Start `module`; return the connection with it, and what comes from there."""
    ours, theirs = socket.socketpair()
    with ours, ours.makefile("r", encoding="ascii") as lines:
        with theirs:
            command = [sys.executable, "-m", module, str(theirs.fileno())]
            process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        ours.settimeout(DEADLINE_S)
        try:
            yield ours, lines
        finally:
            ours.shutdown(socket.SHUT_RDWR)
            process.wait(DEADLINE_S)
