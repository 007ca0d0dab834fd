"""A ledger that is killed at any moment loses nothing that it has acknowledged, and nothing deleted comes back."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TextIO

from gateway.ledger.keys import read_ring
from gateway.ledger.ledger import Ledger
from gateway.ledger.selection import Selection
from tests.gateway.killing import server
from tests.gateway.ledger.ledgers import PCM, TIMES, opened, told

KILLS: Final = 300 * TIMES
KILLS_OF_ONE_LEDGER: Final = 10
"""Then a new one begins, so that some are killed while they make theirs."""
LONGEST_LIFE_S: Final = 0.03
type Manner = Literal["honest", "hasty"]


@dataclass
class Told:
    """What one ledger has acknowledged, over all its lives."""

    there: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    """Their deletion was begun, and may have come to its end or not."""
    gone: set[str] = field(default_factory=set)
    rules: dict[str, str] = field(default_factory=dict)
    """What was learned of each turn."""

    def hear(self, word: str, ids: list[str]) -> None:
        match word:
            case "recorded":
                self.there |= {*ids}
            case "asked":
                self.asked |= {*ids}
                self.there -= {*ids}
            case "deleted":
                self.gone |= {*ids}
            case "taught":
                self.rules[ids[0]] = ids[1]


def killed(lines: TextIO, acknowledged: Told, life_s: float, *, is_early: bool) -> int:
    """Let a process live for a while, which begins with itself, or with what it does first; and kill it.

    Return how often it acknowledged something.
    """
    pid, count, is_dying = 0, 0, False
    while (line := lines.readline().split()) != ["end"]:
        assert line, "the server has gone"
        word, *ids = line
        if word == "pid":
            pid = int(ids[0])
        else:
            acknowledged.hear(word, ids)
            count += word != "asked"
        if pid and not is_dying and (is_early or count):
            is_dying = True
            time.sleep(life_s)
            os.kill(pid, signal.SIGKILL)
    assert is_dying
    return count


def wrong_with_rules(ledger: Ledger, acknowledged: Told) -> str:
    """Return what of what was learned is not as it was acknowledged."""
    rules = {one.turn_id: one.id for one in ledger.rules()}
    if lost := {row_id for row_id in acknowledged.there & acknowledged.rules.keys() if row_id not in rules}:
        return f"{len(lost)} rules are lost"
    if back := rules.keys() & acknowledged.gone:
        return f"{len(back)} rules came back"
    if rules.keys() != {entry.row.id for entry in ledger.page(Selection(corrected=True), limit=200).entries}:
        return "a rule is there without its correction, or the other way round"
    return ""


def wrong_with(folder: Path, acknowledged: Told) -> str:
    """Return what is not as it was acknowledged."""
    with opened(folder) as ledger:
        there = {*told(ledger)}
        if lost := acknowledged.there - there:
            return f"{len(lost)} rows are lost"
        if back := acknowledged.gone & there:
            return f"{len(back)} rows came back"
        if wrong := wrong_with_rules(ledger, acknowledged):
            return wrong
        for row_id in there:
            clip = ledger.clip(row_id)
            if clip is not None and not PCM.startswith(clip):
                return "a clip is not what was said"
        clips = {path.stem for path in folder.rglob("*.bin")}
        if clips - there:
            return f"{len(clips - there)} clips are left over"
    ring = read_ring(folder / "ledger.key")
    if ring is None or ring.is_replacing:
        return "an old key is still there"
    if left := [path.name for path in folder.rglob("*.part")]:
        return f"unfinished: {left}"
    return ""


def lives(folder: Path, kills: int, manner: Manner) -> Iterator[tuple[int, str]]:
    """Kill a process so often; yield after each time how much it had acknowledged, and what is wrong."""
    chance = random.Random(20261122)  # noqa: S311 - the same lives each time, as far as that can be
    acknowledged = Told()
    with server("tests.gateway.ledger.remembering") as (link, lines):
        for number in range(kills):
            if number % KILLS_OF_ONE_LEDGER == 0:
                acknowledged = Told()
            ledger_folder = folder / str(number // KILLS_OF_ONE_LEDGER)
            life_s, is_early = chance.uniform(0, LONGEST_LIFE_S), number % 3 == 0
            link.sendall(f"{ledger_folder} {chance.randrange(2**32)} {manner}\n".encode())
            count = killed(lines, acknowledged, life_s, is_early=is_early)
            yield count, wrong_with(ledger_folder, acknowledged)


def test_a_ledger_that_is_killed_loses_nothing_and_brings_nothing_back(
    memory: Path, state: Callable[[str], None]
) -> None:
    total = 0
    for count, wrong in lives(memory, KILLS, "honest"):
        assert wrong == ""
        total += count
    assert total > KILLS // 2
    state(f"ledger: killed {KILLS} times, {total} acknowledged rows and deletions, 0 lost, 0 came back")


def test_what_is_acknowledged_before_it_is_done_is_found_out(memory: Path, state: Callable[[str], None]) -> None:
    kills = KILLS // 10
    found = [wrong for _, wrong in lives(memory, kills, "hasty") if wrong]
    assert len(found) > kills // 10
    state(f"ledger: of {kills} processes that acknowledge too early and are killed, {len(found)} are found out")
