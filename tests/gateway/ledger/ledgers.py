"""Ledgers for tests: small to open, with clocks that a test holds, and looked at as somebody does who has the disk."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import apsw

from gateway.events import Hypothesis, StateChange
from gateway.ledger.clock import LedgerClock
from gateway.ledger.corrections import Correction
from gateway.ledger.ledger import Ledger
from gateway.ledger.retention import Retention
from gateway.ledger.rows import TurnRow, new_id
from gateway.rules import Rule, RuleKind

TIMES: Final = 10 if "LOCAL_VOICE_FULL" in os.environ else 1
"""How much longer the loops are that look for what happens rarely."""
BEGIN: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AUDIO: Final = Retention(audio_s=7 * 24 * 3_600)
PCM: Final = bytes(range(256)) * 125


@dataclass
class Hands:
    """The clocks of one machine, which a test turns."""

    wall: datetime = BEGIN
    up_s: float = 3_600.0
    boot: str = "boot 1"

    def clock(self, stored: bytes | None) -> LedgerClock:
        return LedgerClock(
            stored, wall=lambda: self.wall.timestamp(), boottime=lambda: self.up_s, boot_id=lambda: self.boot
        )

    def pass_by(self, time: timedelta) -> None:
        self.wall += time
        self.up_s += time.total_seconds()


@contextmanager
def opened(folder: Path, hands: Hands | None = None) -> Iterator[Ledger]:
    with closing(Ledger(folder, clock=LedgerClock if hands is None else hands.clock)) as ledger:
        yield ledger


EVENING: Final = TurnRow(
    id="0" * 32,
    at=BEGIN,
    satellite_id="kitchen-1",
    area_id="kitchen",
    user_id="user-1",
    conversation_id="conversation-1",
    outcome="action",
    wake_word="okay_nabu",
    wake_score=0.97,
    second_score=0.8,
    hypotheses=(Hypothesis(text="turn on the lamp", score=-0.1), Hypothesis(text="turn on the lump", score=-0.7)),
    heard="turn on the lamp",
    used="turn on the lamp",
    why="it is the likeliest reading",
    intent="HassTurnOn",
    slots={"name": "Lamp", "brightness": 50, "is_all": False, "areas": ("Kitchen", "Hall"), "floor": None},
    changes=(StateChange(entity_id="light.lamp", name="Lamp", before="off", after="on"),),
    reply="Turned on the lamp.",
    stages_ms={"stt": 300.0, "intent": 4.5},
    audio_ms=1_000,
)


def turn(at: datetime = BEGIN, **fields: object) -> TurnRow:
    """Return a row with an id of its own."""
    return replace(EVENING, id=new_id(), at=at, **fields)  # type: ignore[arg-type]


def told(ledger: Ledger) -> list[str]:
    """Return the ids of all rows that can be read, newest first."""
    ids: list[str] = []
    before: int | None = None
    while True:
        page = ledger.page(before=before, limit=200)
        assert not page.unreadable
        ids += [entry.row.id for entry in page.entries]
        before = page.before
        if before is None:
            return ids


def contents(folder: Path) -> dict[str, bytes]:
    """Return everything that is in the ledger's folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def where(folder: Path, needle: bytes) -> list[str]:
    """Return in which of the ledger's files `needle` is, or in whose name."""
    return [name for name, content in contents(folder).items() if needle in content or needle in name.encode()]


@contextmanager
def tampering(folder: Path) -> Iterator[apsw.Connection]:
    """Open the database as somebody does who may write the file."""
    with closing(apsw.Connection(str(folder / "ledger.db"))) as database:
        yield database


def corrected(meant: str = "turn on the lamp", **fields: object) -> Correction:
    """Return what a turn should have been."""
    return replace(
        Correction(
            meant=meant,
            intent="HassTurnOn",
            slots={"name": "Lamp"},
            entity_id="light.lamp",
            corrected_at=BEGIN,
            by="owner",
        ),
        **fields,  # type: ignore[arg-type]
    )


def rule(said: str = "turn on the lump", **fields: object) -> Rule:
    """Return a rule with an id of its own."""
    return replace(
        Rule(
            id=new_id(),
            kind=RuleKind.SENTENCE,
            said=said,
            meant="turn on the lamp",
            language="en",
            made_at=BEGIN,
            by="owner",
        ),
        **fields,  # type: ignore[arg-type]
    )
