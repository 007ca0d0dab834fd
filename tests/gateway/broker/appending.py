"""A program that appends to an audit log until it is killed, and says of each row that it is kept.

It is a server, which forks for each life: starting Python takes longer than a life. On descriptor `FD` it reads lines
`FOLDER honest|hasty`, answers `pid N`, then `SIZE HASH` for each row, and `end` when that life has ended. The hasty one
says so before it is true.
"""

import os
import socket
import sys
import time
from pathlib import Path

from gateway.ballast import Ballast
from gateway.broker.audit import Action, AuditLog


def main(descriptor: int) -> None:
    """Serve until the other end is closed."""
    Ballast.refill = lambda _: None  # type: ignore[assignment, method-assign]  # not under test here
    with socket.socket(fileno=descriptor) as link, link.makefile("r", encoding="ascii") as lines:
        for line in lines:
            folder, manner = line.split()
            pid = os.fork()
            if pid == 0:
                live(Path(folder), link, is_hasty=manner == "hasty")
            link.sendall(f"pid {pid}\n".encode())
            os.waitpid(pid, 0)
            link.sendall(b"end\n")


def live(folder: Path, link: socket.socket, *, is_hasty: bool) -> None:
    """Append for ever."""
    log = AuditLog(folder)
    while True:
        if is_hasty:
            link.sendall(f"{log.head.size + 1} ?\n".encode())
            time.sleep(0.001)  # as long as a slow disk takes
        head = log.append("owner", Action.REVOKE, "0" * 32, is_urgent=True)
        if not is_hasty:
            link.sendall(f"{head.size} {head.hash}\n".encode())


if __name__ == "__main__":
    main(int(sys.argv[1]))
