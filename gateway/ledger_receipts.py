"""What the audit log has yet to be told of the ledger: asked for at once, or owed until it is written."""

import asyncio
import logging
from collections.abc import Callable
from itertools import count
from typing import Final

import msgspec
from msgspec import structs

from gateway.errors import LedgerError
from gateway.ledger.ledger import Ledger
from gateway.processes.ledger_words import ActRecorded, RecordAct
from gateway.wire.messages import Message

RECORDED_S: Final = 10.0
"""A row and its syncing; on an old memory card that takes a second."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
"""Between tries to pay what is owed: the broker is back within a second or two, or something is really wrong."""

_ACT: Final = msgspec.json.Decoder(RecordAct)
_LOG = logging.getLogger(__name__)


class Receipts:
    """Writes into the audit log by way of the launcher (`ledger_desk.Acts`)."""

    def __init__(self, ledger: Ledger, say: Callable[[Message], None]) -> None:
        self._ledger = ledger
        self._say = say
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[str]] = {}
        self._is_owing = asyncio.Event()
        self._is_owing.set()  # what was owed when the process before this one ended

    async def record(self, act: RecordAct) -> str:
        """Write it down; return "" when it is written, or why it is not."""
        number = next(self._numbers)
        recorded: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[number] = recorded
        try:
            self._say(structs.replace(act, id=number))
            async with asyncio.timeout(RECORDED_S):
                return await recorded
        except TimeoutError:
            return "the broker does not answer"
        finally:
            del self._waiting[number]

    def recorded(self, message: ActRecorded) -> None:
        """Take the broker's answer; one that nobody waits for any more is passed over."""
        waiting = self._waiting.get(message.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(message.error)

    def owe(self, act: RecordAct) -> None:
        """Have it written down some time soon. Where not even that can be kept, it is logged, and done all the same."""
        try:
            self._ledger.owe(msgspec.json.encode(act))
        except LedgerError as error:
            _LOG.error("%s of %d turns will not be in the audit log: %s", act.act, act.turns, error)
        self.owing()

    def owing(self) -> None:
        """Know that the ledger owes something now."""
        self._is_owing.set()

    async def pay(self) -> None:
        """Write down what is owed, the oldest first, until cancelled. After a crash in between it is there twice."""
        pause_s = FIRST_PAUSE_S
        while True:
            await self._is_owing.wait()
            self._is_owing.clear()
            if await self._pay_all():
                pause_s = FIRST_PAUSE_S
            else:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                self._is_owing.set()

    async def _pay_all(self) -> bool:
        """Return whether nothing is owed any more."""
        try:
            while owed := self._ledger.owed():
                for number, raw in owed:
                    error = await self._record_owed(number, raw)
                    if error:
                        _LOG.warning("the audit log has yet to be told of %d acts or more: %s", len(owed), error)
                        return False
                    self._ledger.paid(number)
        except LedgerError as error:
            _LOG.error("what the audit log has yet to be told cannot be read or struck out (%s)", type(error).__name__)
            return False
        return True

    async def _record_owed(self, number: int, raw: bytes) -> str:
        """Do as `record`; one that cannot be read any more is passed over, so that it does not hold up the others."""
        try:
            act = _ACT.decode(raw)
        except msgspec.DecodeError:
            _LOG.error("act %d will not be in the audit log: its %d bytes cannot be read", number, len(raw))
            return ""
        return await self.record(act)
