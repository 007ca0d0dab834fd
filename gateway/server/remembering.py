"""What is remembered, as far as it can be forgotten by voice (`turn.stages.Memory`): asked of the ledger."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from gateway.errors import LedgerError
from gateway.events import Outcome
from gateway.server.services import Ledger
from gateway.wire.ledger_words import (
    MOST_TURNS,
    AskTurns,
    ForgetTurns,
    SelectionWords,
    Turns,
    TurnsForgotten,
    TurnWords,
)

JUST_SAID_S: Final = 3_600
"""Who says "what I just said" later than this means something else, or nothing that they would know again."""
MOST_PAGES: Final = 32
"""Of turns that are counted: a thousand in a day."""
FEW: Final = 8
"""On the page in which the last turn is looked for."""
_ID: Final = 1
"""Of a question; the ledger's answers are told apart by a number of the asker's own."""

_LOG = logging.getLogger(__name__)


class LedgerMemory:
    """That of all satellites; or with a user, what came from their own login, wherever they said it."""

    def __init__(self, ledger: Ledger, *, by: str = "", user_id: str = "") -> None:
        """`by` is who asks, for the audit log: a home's id; without one it is the satellite that is named."""
        self._ledger = ledger
        self._by = by
        self._user_id = user_id

    async def forget_last(self, satellite_id: str) -> int | None:
        """Forget what was said there just before; return how many turns that was, None where it cannot be done."""
        if not self._is_known(satellite_id):
            return None
        selection = SelectionWords(satellite_id=self._place(satellite_id), kind="turn", last_s=JUST_SAID_S)
        try:
            async with aclosing(self._turns(selection, satellite_id, limit=FEW)) as turns:
                async for turn in turns:
                    return await self._forget(SelectionWords(turn_ids=(turn.turn_id,)), satellite_id)
        except LedgerError as error:
            self._log(satellite_id, error)
            return None
        return 0

    async def said_today(self, satellite_id: str, today: date) -> int | None:
        """Return how many turns are remembered of `today` there; None where nobody can tell."""
        if not self._is_known(satellite_id):
            return None
        since, until = _ends(today)
        selection = SelectionWords(satellite_id=self._place(satellite_id), kind="turn", since=since, until=until)
        count = 0
        try:
            async with aclosing(self._turns(selection, satellite_id, limit=MOST_TURNS)) as turns:
                async for _ in turns:
                    count += 1
        except LedgerError as error:
            self._log(satellite_id, error)
            return None
        return count

    async def forget_today(self, satellite_id: str, today: date) -> int | None:
        """Forget all of `today` there; return how many turns that was, None where it cannot be done."""
        count = await self.said_today(satellite_id, today)
        if count is None:
            return None
        since, until = _ends(today)
        selection = SelectionWords(satellite_id=self._place(satellite_id), since=since, until=until)
        try:
            await self._forget(selection, satellite_id)
        except LedgerError as error:
            self._log(satellite_id, error)
            return None
        return count

    def _is_known(self, satellite_id: str) -> bool:
        """Tell whether it can be said whose turns are meant."""
        return bool(satellite_id or self._user_id)

    def _place(self, satellite_id: str) -> str | None:
        return None if self._user_id else satellite_id

    def _who(self, satellite_id: str) -> str:
        return self._by or f"voice:{satellite_id}"

    async def _turns(self, selection: SelectionWords, satellite_id: str, *, limit: int) -> AsyncGenerator[TurnWords]:
        """Yield the turns that are meant, the newest first. Raises LedgerError."""
        before: int | None = None
        for _ in range(MOST_PAGES):
            asked = AskTurns(id=_ID, selection=selection, before=before, limit=limit, of_user=self._user_id or None)
            page, _sound = await self._ledger.ask(asked, by=self._who(satellite_id))
            if not isinstance(page, Turns) or page.error:
                raise LedgerError("the ledger does not show its turns")
            for turn in page.turns:
                if turn.outcome != Outcome.FORGOTTEN:
                    yield turn
            before = page.before
            if before is None:
                return

    async def _forget(self, selection: SelectionWords, satellite_id: str) -> int:
        """Return how many turns were forgotten. Raises LedgerError."""
        asked = ForgetTurns(id=_ID, selection=selection, of_user=self._user_id or None, user_id=self._user_id)
        forgotten, _sound = await self._ledger.ask(asked, by=self._who(satellite_id))
        if not isinstance(forgotten, TurnsForgotten) or forgotten.error:
            raise LedgerError("the ledger does not forget")
        return forgotten.turns

    def _log(self, satellite_id: str, error: LedgerError) -> None:
        _LOG.error("%s: nothing is forgotten by voice: %s", satellite_id or "a user", error)


def _ends(day: date) -> tuple[str, str]:
    """Return the first moment of a day, and the first after it, as the clocks here show them."""
    first, after = (datetime.combine(each, time()).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    return first.isoformat(), after.isoformat()
