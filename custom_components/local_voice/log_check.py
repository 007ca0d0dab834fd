"""The whole audit log of a gateway, read and reckoned anew from its first row.

The witness (`witness.py`) chains what is new to what it has kept. What was changed since in rows from before, on the
gateway's disk, is found here: all rows are asked for, and must come to the kept head, and to the log's end.
"""

from dataclasses import dataclass
from typing import Final

from homeassistant.util.json import json_loads

from .errors import NotConnectedError, RefusedError
from .wire.broker_messages import AuditHead, AuditRows, WatchAudit
from .wire.connection import Connection
from .wire.messages import Refused
from .witness import Verdict, empty_hash, is_signed, row_hash

LONGEST_CHECK_S: Final = 120.0
"""Ten thousand rows take less than a second, and a house takes years to write those."""
MOST_ROWS: Final = 1_000_000
MOST_CHARS: Final = 384 * 1024 * 1024
"""A row has about a third of a kilobyte, and a little more where ids are long."""
GOOD: Final = "good"
BROKEN: Final = "broken"
"""The rows are not those that the log's own end was signed for. What else may be wrong is a `Verdict`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCheck:
    """What came of it."""

    rows: int
    """So many were read and reckoned."""
    head: AuditHead
    """The log's end, as the gateway says."""
    verdict: str
    """`GOOD`, `BROKEN` or a `Verdict`."""


async def check(connection: Connection, key: str, kept: AuditHead | None) -> LogCheck:
    """Ask for the whole log on a connection on which nothing was asked yet, and reckon it.

    `key` is what the log was signed with so far, and `kept` the head that its rows must come to; without one, any rows
    will do that come to the log's end. Raises NotConnectedError, and RefusedError `too_large` for more than a log is.
    """
    reckoning = _Reckoning(key, kept)
    connection.say(WatchAudit(size=0, hash=empty_hash(key)))
    while (heard := await connection.hear()) is not None:
        match heard:
            case AuditRows():
                reckoning.take(heard)
            case AuditHead():
                return LogCheck(rows=reckoning.rows, head=heard, verdict=reckoning.verdict(heard))
            case Refused():
                raise RefusedError(heard.code)
    raise NotConnectedError


class _Reckoning:
    """Takes rows as they come, and keeps none of them."""

    def __init__(self, key: str, kept: AuditHead | None) -> None:
        self._key, self._kept = key, kept
        self._end = empty_hash(key)
        self._at_kept = self._end
        """What the log's hash was when it had as many rows as the kept head says."""
        self._is_without_gap = True
        self._chars = 0
        self.rows = 0

    def take(self, page: AuditRows) -> None:
        """Chain the rows that follow. Raises RefusedError."""
        self._chars += sum(map(len, page.rows))
        if self.rows + len(page.rows) > MOST_ROWS or self._chars > MOST_CHARS:
            raise RefusedError("too_large")
        self._is_without_gap &= page.first == self.rows + 1
        for row in page.rows:
            self.rows += 1
            self._end = row_hash(self._end, row)
            self._is_without_gap &= _number_of(row) == self.rows
            if self._kept is not None and self.rows == self._kept.size:
                self._at_kept = self._end

    def verdict(self, head: AuditHead) -> str:
        """Return what is to be said of them, and of the head that came after."""
        kept = self._kept
        if not is_signed(head):
            return Verdict.UNSIGNED
        if head.key != self._key:
            return Verdict.REPLACED
        if kept is not None and head.size < kept.size:
            return Verdict.WENT_BACK
        if not self._is_without_gap or (self.rows, self._end) != (head.size, head.hash):
            return BROKEN
        return GOOD if kept is None or self._at_kept == kept.hash else Verdict.FORKED


def _number_of(row: str) -> int | None:
    """Return the number that a row gives itself; None where it is none."""
    try:
        said = json_loads(row)
    except ValueError:
        return None
    number = said.get("seq") if isinstance(said, dict) else None
    return number if isinstance(number, int) else None
