"""A program that records, corrects and deletes until it is killed, and says of each what it has acknowledged.

It is a server, which forks for each life: starting Python takes longer than a life. On descriptor `FD` it reads lines
`FOLDER SEED honest|hasty`, answers `pid N`, then `asked ID…` before it deletes, `deleted ID…` after it, `recorded ID`,
`taught ID RULE`, and `end` when that life has ended. The hasty one says so before it is true.
"""

import os
import random
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from gateway.ballast import Ballast
from gateway.ledger.ledger import Ledger
from gateway.ledger.selection import Selection
from tests.gateway.ledger.ledgers import AUDIO, PCM, corrected, rule, turn


def main(descriptor: int) -> None:
    """Serve until the other end is closed."""
    Ballast.refill = lambda _: None  # type: ignore[assignment, method-assign]  # not under test here
    with socket.socket(fileno=descriptor) as link, link.makefile("r", encoding="ascii") as lines:
        for line in lines:
            folder, seed, manner = line.split()
            pid = os.fork()
            if pid == 0:
                chance = random.Random(int(seed))  # noqa: S311
                Life(Path(folder), link, chance, is_hasty=manner == "hasty").live()
            link.sendall(f"pid {pid}\n".encode())
            os.waitpid(pid, 0)
            link.sendall(b"end\n")


class Life:
    """Records, corrects and deletes for ever."""

    def __init__(self, folder: Path, link: socket.socket, chance: random.Random, *, is_hasty: bool) -> None:
        self._link = link
        self._chance = chance
        self._is_hasty = is_hasty
        self._ledger = Ledger(folder)
        if self._ledger.retention != AUDIO:
            self._ledger.set_retention(AUDIO)

    def live(self) -> None:
        """Be killed, some time."""
        there = [entry.row.id for entry in self._ledger.page(limit=200).entries]
        chance = self._chance
        while True:
            if there and chance.random() < 0.25:
                gone = chance.sample(there, min(len(there), chance.choice((1, 1, 5))))
                self._say("asked", gone)
                self._acknowledge("deleted", gone, partial(self._ledger.delete, Selection(ids=tuple(gone))))
                there = [row_id for row_id in there if row_id not in gone]
            else:
                there.append(self._record())
            if chance.random() < 0.02:
                self._ledger.rotate()

    def _record(self) -> str:
        row, one = turn(), rule()
        pcm = PCM[: self._chance.choice((0, 2_000, 32_000))]
        self._acknowledge("recorded", [row.id], lambda: self._ledger.record(row, pcm))
        if self._chance.random() < 0.2:
            self._acknowledge("taught", [row.id, one.id], lambda: self._ledger.correct(row.id, corrected(), one))
        return row.id

    def _acknowledge(self, word: str, ids: list[str], do: Callable[[], object]) -> None:
        if self._is_hasty:
            self._say(word, ids)
            time.sleep(0.001)  # as long as a slow disk takes
        do()
        if not self._is_hasty:
            self._say(word, ids)

    def _say(self, word: str, ids: list[str]) -> None:
        self._link.sendall(" ".join([word, *ids, "\n"]).encode())


if __name__ == "__main__":
    main(int(sys.argv[1]))
