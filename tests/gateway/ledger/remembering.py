"""A program that records and deletes until it is killed, and says of each what it has acknowledged.

It is a server, which forks for each life: starting Python takes longer than a life. On descriptor `FD` it reads lines
`FOLDER SEED honest|hasty`, answers `pid N`, then `asked ID…` before it deletes, `deleted ID…` after it, `recorded ID`,
and `end` when that life has ended. The hasty one says so before it is true.
"""

import os
import random
import socket
import sys
import time
from pathlib import Path

from gateway.ballast import Ballast
from gateway.ledger.ledger import Ledger
from gateway.ledger.selection import Selection
from tests.gateway.ledger.ledgers import AUDIO, PCM, turn


def main(descriptor: int) -> None:
    """Serve until the other end is closed."""
    Ballast.refill = lambda _: None  # type: ignore[assignment, method-assign]  # not under test here
    with socket.socket(fileno=descriptor) as link, link.makefile("r", encoding="ascii") as lines:
        for line in lines:
            folder, seed, manner = line.split()
            pid = os.fork()
            if pid == 0:
                live(Path(folder), link, random.Random(int(seed)), is_hasty=manner == "hasty")  # noqa: S311
            link.sendall(f"pid {pid}\n".encode())
            os.waitpid(pid, 0)
            link.sendall(b"end\n")


def live(folder: Path, link: socket.socket, chance: random.Random, *, is_hasty: bool) -> None:
    """Record and delete for ever."""

    def say(word: str, ids: list[str]) -> None:
        link.sendall(" ".join([word, *ids, "\n"]).encode())

    ledger = Ledger(folder)
    if ledger.retention != AUDIO:
        ledger.set_retention(AUDIO)
    there = [entry.row.id for entry in ledger.page(limit=200).entries]
    while True:
        if there and chance.random() < 0.25:
            gone = chance.sample(there, min(len(there), chance.choice((1, 1, 5))))
            say("asked", gone)
            if is_hasty:
                say("deleted", gone)
                time.sleep(0.001)  # as long as a slow disk takes
            ledger.delete(Selection(ids=tuple(gone)))
            there = [row_id for row_id in there if row_id not in gone]
            if not is_hasty:
                say("deleted", gone)
        else:
            row = turn()
            if is_hasty:
                say("recorded", [row.id])
                time.sleep(0.001)
            ledger.record(row, PCM[: chance.choice((0, 2_000, 32_000))])
            there.append(row.id)
            if not is_hasty:
                say("recorded", [row.id])
        if chance.random() < 0.02:
            ledger.rotate()


if __name__ == "__main__":
    main(int(sys.argv[1]))
