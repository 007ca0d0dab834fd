"""How commands ask the ledger: the running gateway's, or where none runs the one in its folder."""

import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Final, Protocol

import msgspec

from gateway.backup.contents import IDENTITIES, LEDGER_FOLDER
from gateway.broker.owner_link import NoGatewayError, answer_of
from gateway.errors import ConfigError, LedgerError
from gateway.ledger.ledger import Ledger
from gateway.ledger_acts import OWNER
from gateway.ledger_desk import LedgerDesk
from gateway.ledger_link import ledger_link
from gateway.paths import owned_gateway_dir
from gateway.processes.ledger_words import Answer, Asked, RecordAct
from gateway.wire.ledger_words import MOST_TURNS, AskTurns, SelectionWords, Turns, TurnWords
from gateway.wire.messages import Message

NUMBER: Final = 1
"""Of every question: one is asked at a time."""
ID_CHARS: Final = 32
SHORT_ID_CHARS: Final = 8
"""Shown in lists: of a hundred thousand turns one in a hundred shares them."""
MOST_LOOKED_AT: Final = 20_000
"""Turns, for one whose id begins in some way; some seconds' worth."""


class _Answering(Protocol):
    async def ask(self, question: Asked) -> tuple[Answer, bytes]:
        """Return the answer, and the sound that goes with it."""


class OwnersLedger:
    """The ledger, as its owner asks it. Raises LinkError, and LedgerError for what is refused."""

    def __init__(self, answering: _Answering) -> None:
        self._answering = answering

    async def ask[A: Message](self, kind: type[A], question: Asked) -> A:
        """Return the answer to a question."""
        answer, _ = await self.ask_for_sound(kind, question)
        return answer

    async def ask_for_sound[A: Message](self, kind: type[A], question: Asked) -> tuple[A, bytes]:
        """Return the answer to a question, and its sound."""
        said, sound = await self._answering.ask(question)
        answer = answer_of(kind, said)
        error = str(getattr(answer, "error", ""))
        if error:
            raise LedgerError(str(getattr(answer, "message", "")) or error, refusal=error)
        return answer, sound

    async def pages(
        self, selection: SelectionWords, *, words: str = "", page_turns: int = MOST_TURNS
    ) -> AsyncGenerator[Turns]:
        """Yield the turns that are selected, the newest first, page by page."""
        before: int | None = None
        while True:
            question = AskTurns(id=NUMBER, selection=selection, words=words, before=before, limit=page_turns)
            page = await self.ask(Turns, question)
            yield page
            before = page.before
            if before is None:
                return

    async def named(self, wanted: str) -> TurnWords:
        """Return the turn with this id, or the one whose id begins like this. Raises ConfigError."""
        wanted = wanted.strip().lower()
        if not wanted or len(wanted) > ID_CHARS or not set(wanted) <= set("0123456789abcdef"):
            raise ConfigError("a turn's id has up to 32 hexadecimal digits; `local-voice ledger list` shows it")
        is_whole = len(wanted) == ID_CHARS
        selection = SelectionWords(turn_ids=(wanted,)) if is_whole else SelectionWords()
        found: list[TurnWords] = []
        looked_at = 0
        async for page in self.pages(selection):
            found += [turn for turn in page.turns if turn.turn_id.startswith(wanted)]
            looked_at += len(page.turns)
            if looked_at >= MOST_LOOKED_AT or len(found) > 1:
                break
        if not found:
            raise ConfigError(f"ledger: there is no turn {wanted!r}; `local-voice ledger list` shows which there are")
        if len(found) > 1:
            raise ConfigError(f"ledger: several turns begin with {wanted!r}; give more of the id")
        return found[0]


class _Owing:
    """Where no gateway runs, the audit log is told when one does: until then the ledger itself remembers."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def record(self, act: RecordAct) -> str:
        """Have it owed, on disk; that is enough, as nobody but the owner is here."""
        try:
            self._ledger.owe(msgspec.json.encode(act))
        except LedgerError as error:
            return str(error)
        return ""

    def owe(self, act: RecordAct) -> None:
        """Have it owed. Raises LedgerError."""
        self._ledger.owe(msgspec.json.encode(act))


class _Direct:
    """Answers from the folder."""

    def __init__(self, ledger: Ledger) -> None:
        self._desk = LedgerDesk(ledger, _Owing(ledger))

    async def ask(self, question: Asked) -> tuple[Answer, bytes]:
        return await self._desk.answer(question, by=OWNER)


@asynccontextmanager
async def owners_ledger() -> AsyncIterator[OwnersLedger]:
    """Hold the ledger of this person's gateway. Raises LinkError, ConfigError, LedgerError."""
    folder = owned_gateway_dir()
    try:
        async with ledger_link(folder) as link:
            yield OwnersLedger(link)
            return
    except NoGatewayError:
        pass
    with closing(_opened(folder)) as ledger:
        yield OwnersLedger(_Direct(ledger))


def _opened(folder: Path) -> Ledger:
    """Return the ledger in a gateway's folder; what root makes there is its owner's."""
    if not (folder / IDENTITIES[0]).exists():
        raise ConfigError(f"{folder}: no gateway has run here yet; `local-voice serve` starts one")
    own = folder / LEDGER_FOLDER
    is_new = not own.exists()
    ledger = Ledger(own)
    owner = folder.stat()
    if is_new and os.geteuid() == 0 and owner.st_uid != 0:
        for path in (own, *own.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    return ledger
