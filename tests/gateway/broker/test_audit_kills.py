"""A process that is killed at any moment loses no row that it has acknowledged."""

import os
import random
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal, TextIO

import pytest

from gateway.ballast import Ballast
from tests.gateway.broker.audit_logs import TIMES, flaw, opened
from tests.gateway.killing import server

KILLS: Final = 300 * TIMES
KILLS_OF_ONE_LOG: Final = 10
"""Then a new one begins, so that some are killed while they make theirs."""
LONGEST_LIFE_S: Final = 0.03
type Manner = Literal["honest", "hasty"]


@pytest.fixture(autouse=True)
def _no_ballast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ballast, "refill", lambda _: None)


def killed(
    link: socket.socket, lines: TextIO, folder: Path, life_s: float, manner: Manner, *, is_early: bool
) -> tuple[int, str]:
    """Let a process append for a while, which begins with its first row or early, with itself; and kill it.

    Return what it acknowledged last.
    """
    link.sendall(f"{folder} {manner}\n".encode())
    pid, acknowledged, is_dying = 0, (0, ""), False
    while (line := lines.readline().split()) != ["end"]:
        assert line, "the server has gone"
        if line[0] == "pid":
            pid = int(line[1])
        else:
            acknowledged = max(acknowledged, (int(line[0]), line[1]))
        if pid and not is_dying and (is_early or acknowledged[0]):
            is_dying = True
            time.sleep(life_s)
            os.kill(pid, signal.SIGKILL)
    assert is_dying
    return acknowledged


def lost(folder: Path, kills: int, manner: Manner) -> Iterator[tuple[int, str]]:
    """Kill a process so often; yield after each time how many rows it had acknowledged, and what is wrong."""
    chance = random.Random(20261122)  # noqa: S311 - the same lives each time, as far as that can be
    with server("tests.gateway.broker.appending") as (link, lines):
        for number in range(kills):
            log_folder = folder / str(number // KILLS_OF_ONE_LOG)
            before = size_of(log_folder)
            life_s, is_early = chance.uniform(0, LONGEST_LIFE_S), number % 3 == 0
            size, last = killed(link, lines, log_folder, life_s, manner, is_early=is_early)
            with opened(log_folder) as log:
                wrong = str(log.flaw or "")
                if log.head.size < size or (manner == "honest" and size and log.hash_at(size) != last):
                    wrong = f"row {size} is gone: the log has {log.head.size}"
            if not wrong and number % KILLS_OF_ONE_LOG == KILLS_OF_ONE_LOG - 1:
                wrong = str(flaw(log_folder) or "")
            yield max(0, size - before), wrong


def size_of(folder: Path) -> int:
    if not folder.exists():
        return 0
    with opened(folder) as log:
        return log.head.size


def test_no_acknowledged_row_is_lost_when_the_process_is_killed(tmp_path: Path, state: Callable[[str], None]) -> None:
    rows = 0
    for count, wrong in lost(tmp_path, KILLS, "honest"):
        assert wrong == ""
        rows += count
    assert rows > KILLS // 2
    state(f"audit log: killed {KILLS} times, {rows} acknowledged rows, 0 lost")


def test_rows_that_are_acknowledged_before_they_are_written_are_found_to_be_lost(
    tmp_path: Path, state: Callable[[str], None]
) -> None:
    kills = KILLS // 10
    found = [wrong for _, wrong in lost(tmp_path, kills, "hasty") if wrong]
    assert len(found) > kills // 10
    state(f"audit log: of {kills} processes that acknowledge too early and are killed, {len(found)} lose a row")
