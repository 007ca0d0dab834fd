"""Ledgers for tests: one that only notes what it is given, and a real one, asked as by way of the processes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from gateway.errors import LedgerError
from gateway.ledger.ledger import Ledger
from gateway.ledger.rows import TurnRow
from gateway.ledger_desk import LedgerDesk
from gateway.processes.ledger_words import AskLedger, RecordAct
from gateway.rules import Rule
from gateway.wire.ledger_words import Kept
from gateway.wire.messages import Message

WEEK_S = 7 * 24 * 3_600
USUAL = Kept(is_there=True, transcripts_s=WEEK_S)
WITH_SOUND = msgspec.structs.replace(USUAL, audio_s=WEEK_S)


@dataclass
class NotingLedger:
    """Notes turns; answers as its script says (`services.Ledger`)."""

    kept: Kept = USUAL
    rules: tuple[Rule, ...] = ()
    own: dict[str, int] = field(default_factory=dict)
    rows: list[TurnRow] = field(default_factory=list)
    clips: list[bytes] = field(default_factory=list)
    """The sound that came with each row."""
    answers: Callable[[Message], tuple[Message, bytes]] | None = None
    asked: list[tuple[Message, str]] = field(default_factory=list)
    changed: list[Callable[[], None]] = field(default_factory=list)
    gone: list[Callable[[bool], None]] = field(default_factory=list)

    def sensitivity(self, satellite_id: str) -> int | None:
        return self.own.get(satellite_id)

    def keep(self, row: TurnRow, pcm: bytes) -> None:
        self.rows.append(row)
        self.clips.append(pcm)

    async def ask(self, question: Message, *, by: str) -> tuple[Message, bytes]:
        self.asked.append((question, by))
        if self.answers is None:
            raise LedgerError("there is none", refusal="away")
        return self.answers(question)

    def on_change(self, changed: Callable[[], None]) -> None:
        self.changed.append(changed)

    def on_gone(self, gone: Callable[[bool], None]) -> None:
        self.gone.append(gone)

    def change(self, *, kept: Kept | None = None, own: dict[str, int] | None = None) -> None:
        """Have something else be so from now on."""
        self.kept, self.own = kept or self.kept, self.own if own is None else own
        for changed in self.changed:
            changed()

    def forget(self, *, everything: bool = False) -> None:
        """Have something been forgotten."""
        for gone in self.gone:
            gone(everything)

    @property
    def row(self) -> TurnRow:
        """The only row."""
        (row,) = self.rows
        return row


class _Written:
    """An audit log that has room."""

    async def record(self, act: RecordAct) -> str:
        return ""

    def owe(self, act: RecordAct) -> None:
        """Be told what was done."""

    def owing(self) -> None:
        """Be told that something is owed."""


class RealLedger(NotingLedger):
    """A ledger on the disk; what it is asked goes through JSON, as between the processes."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger
        self._desk = LedgerDesk(ledger, _Written(), gone=lambda everything: self.forget(everything=everything))

    def keep(self, row: TurnRow, pcm: bytes) -> None:
        super().keep(row, pcm)
        self.ledger.record(row, pcm)

    async def ask(self, question: Message, *, by: str) -> tuple[Message, bytes]:
        self.asked.append((question, by))
        raw = msgspec.json.encode({"type": "ask_ledger", "id": 1, "by": by, "question": question})
        asked = msgspec.json.decode(raw, type=AskLedger)
        return await self._desk.answer(asked.question, by=asked.by)

    @property
    def acts(self) -> list[RecordAct]:
        """What the audit log has yet to be told."""
        return [msgspec.json.decode(act, type=RecordAct) for _, act in self.ledger.owed()]


@asynccontextmanager
async def real_ledger(folder: Path) -> AsyncIterator[RealLedger]:
    """Have a new ledger in `folder`."""
    ledger = Ledger(folder)
    try:
        yield RealLedger(ledger)
    finally:
        ledger.close()
