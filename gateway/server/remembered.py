"""What voice asks the ledger for its own work. Raises LedgerError where no answer comes, ProtocolError for a no."""

from dataclasses import dataclass

from gateway.errors import ProtocolError
from gateway.processes.ledger_words import AskClip
from gateway.server.services import Ledger
from gateway.wire.ledger_words import MOST_TURNS, AskTurns, LedgerDone, SelectionWords, Turns, TurnWords
from gateway.wire.messages import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The ledger, asked for somebody."""

    ledger: Ledger
    id: int
    """Of the question that all of this is for."""
    by: str
    of_user: str | None = None
    """Whose turns alone there are."""

    async def ask[A: Message](self, question: Message, kind: type[A]) -> A:
        """Return the answer, which has to be of this kind and without an error."""
        answer, _ = await self.ledger.ask(question, by=self.by)
        refusal = str(getattr(answer, "error", ""))
        if refusal:
            raise ProtocolError(refusal, str(getattr(answer, "message", "")))
        if not isinstance(answer, kind):
            raise ProtocolError("ledger", "the ledger answered something else than it was asked")
        return answer

    async def do(self, question: Message) -> None:
        """Have it done."""
        await self.ask(question, LedgerDone)

    async def turn(self, turn_id: str) -> TurnWords:
        """Return a turn. Raises ProtocolError `unknown_turn` where there is none that may be seen."""
        page = await self.page(SelectionWords(turn_ids=(turn_id,)))
        if not page.turns:
            raise ProtocolError("unknown_turn", "there is no such turn, or not any more")
        return page.turns[0]

    async def page(self, selection: SelectionWords, *, words: str = "", before: int | None = None) -> Turns:
        """Return the newest turns, before the one where another page ended; with `words`, those that have them all."""
        return await self.ask(
            AskTurns(
                id=self.id, selection=selection, words=words, before=before, limit=MOST_TURNS, of_user=self.of_user
            ),
            Turns,
        )

    async def clip(self, turn: TurnWords) -> bytes:
        """Return the sound of a turn; empty where none is kept, or none may be heard now."""
        if not turn.clip_until:
            return b""
        answer, pcm = await self.ledger.ask(AskClip(id=self.id, turn_id=turn.turn_id), by=self.by)
        return b"" if getattr(answer, "error", "") else pcm
