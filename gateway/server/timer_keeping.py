"""Timers that outlast the program: the ledger is given them whenever they are different, and gives them back."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from gateway.errors import LedgerError
from gateway.processes.ledger_words import AskTimers, KeepTimers, TimersKept
from gateway.server.services import Ledger, Timers
from gateway.turn.tasks import drop
from gateway.wire.messages import Message

BY: Final = "timers"
"""Who asks; the audit log is told nothing of it."""
AGAIN_S: Final = 5.0
"""A ledger that could not be asked is asked again after this, or when it says that it is there again."""

_LOG = logging.getLogger(__name__)


class TimerKeeping:
    """Of one gateway. What is forgotten there is forgotten here, and the other way round."""

    def __init__(self, timers: Timers, ledger: Ledger) -> None:
        """Nothing is asked before `start`. Belongs to the event loop that is running when that is called."""
        self._timers = timers
        self._ledger = ledger
        self._is_different = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        timers.on_change(self._is_different.set)
        ledger.on_change(self._is_different.set)  # one that began anew may not have had the last of it
        ledger.on_gone(self._gone)

    def start(self) -> None:
        """Have the timers back that were kept, then keep those that run: to be called when they can ring."""
        self._keeping = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Keep no more; what the ledger has stays there."""
        await drop(self._keeping)

    def _gone(self, is_everything: bool) -> None:
        if is_everything:
            self._timers.forget()

    async def _keep(self) -> None:
        """Keep what runs; never before what was kept is back, since that would be lost."""
        kept = await self._answer(lambda: AskTimers(id=1))
        if isinstance(kept, TimersKept) and kept.timers:
            _LOG.info("%d timers are back", len(kept.timers))
            self._timers.restore(kept.timers)
        while True:
            self._is_different.clear()
            await self._answer(lambda: KeepTimers(id=1, timers=self._timers.lasting()))
            await self._is_different.wait()

    async def _answer(self, question: Callable[[], Message]) -> Message:
        """Return the answer, however long that takes; `question` is made anew each time that it is asked."""
        told = ""
        while True:
            while not self._ledger.kept.is_there:
                self._is_different.clear()
                await self._is_different.wait()
            try:
                answer, _ = await self._ledger.ask(question(), by=BY)
                error: str = getattr(answer, "error", "")
            except LedgerError as failed:
                error = failed.refusal
            if not error:
                return answer
            if error != told:
                _LOG.warning("timers are not kept yet: %s", error)
            told = error
            await self._soon()

    async def _soon(self) -> None:
        """Return when something is different, and at the latest after a while."""
        self._is_different.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(AGAIN_S):
                await self._is_different.wait()
