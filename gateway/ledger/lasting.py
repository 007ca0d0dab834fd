"""Timers that are to outlast the program: encrypted, each with a key of its own, and gone when they are over.

How much is left of one is reckoned by the ledger's own time (`clock`): while the machine is on by a clock that nobody
sets, and only for how long it was off by the wall clock. So neither a wall clock that is put right nor summer time
spoils one.
"""

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec

from gateway.errors import LedgerError
from gateway.ledger.cipher import Place, decrypted, encrypted, quickest
from gateway.ledger.database import Database
from gateway.ledger.keys import new_key
from gateway.ledger.rotation import Rotation
from gateway.ledger.times import SECOND_US, in_us
from gateway.timers import LONGEST_S, MOST_TIMERS, LastingTimer

VERSION: Final = 1
"""The form in which timers are written now; each is bound to its own."""
SAME_S: Final = 1.0
"""A timer that would be up less than this earlier or later is the same one: it is not written again."""
_INSERT: Final = """
INSERT OR REPLACE INTO timers (seq, made_us, left_us, is_active, version, wrapped_by, content_key, content)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_ALL: Final = "SELECT seq, made_us, left_us, is_active, version, wrapped_by, content_key, content FROM timers"

_LOG = logging.getLogger(__name__)


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    """What the query returns of a timer."""

    seq: int
    made_us: int
    left_us: int
    is_active: int
    version: int
    wrapped_by: int
    content_key: bytes
    content: bytes


class Lasting:
    """The timers of an open ledger. Methods raise apsw.Error and LedgerError."""

    def __init__(self, database: Database, rotation: Rotation) -> None:
        self._database = database
        self._rotation = rotation
        self._algorithm = quickest()

    def timers(self, now: datetime) -> tuple[LastingTimer, ...]:
        """Return all that can be read, in the order in which they were set, with what is left of them at `now`."""
        return tuple(timer for stored in self._stored() if (timer := self._read(stored, now)) is not None)

    def keep(self, timers: Iterable[LastingTimer], now: datetime) -> None:
        """Keep these and no others; of what is gone no byte is left when this returns."""
        wanted = {timer.number: timer for timer in tuple(timers)[:MOST_TIMERS]}
        before = {stored.seq: self._read(stored, now) for stored in self._stored()}
        new = [timer for number, timer in wanted.items() if not _is_same(before.get(number), timer)]
        gone = [number for number in before if number not in wanted]
        if new or gone:
            with self._database.transaction():
                for number in gone:
                    self._database.execute("DELETE FROM timers WHERE seq = ?", (number,))
                for timer in new:
                    self._insert(timer, now)
        if gone:
            self._database.forget_log()

    def _stored(self) -> list[_Stored]:
        rows = self._database.execute(f"{_ALL} ORDER BY seq LIMIT {MOST_TIMERS}")
        return [_Stored(*row) for row in rows]  # type: ignore[arg-type]  # the tables are STRICT

    def _read(self, stored: _Stored, now: datetime) -> LastingTimer | None:
        try:
            key = self._rotation.ring.unwrap(stored.wrapped_by, stored.content_key)
            content = decrypted(key, stored.content, _place(stored.seq, stored.version))
            timer = msgspec.json.decode(content, type=LastingTimer)
        except (LedgerError, msgspec.DecodeError, UnicodeError) as error:
            _LOG.error("ledger: timer %d cannot be read (%s)", stored.seq, type(error).__name__)
            return None
        passed_us = in_us(now) - stored.made_us if stored.is_active else 0
        left_s = min((stored.left_us - passed_us) / SECOND_US, LONGEST_S)
        return replace(timer, number=stored.seq, left_s=left_s, is_active=bool(stored.is_active))

    def _insert(self, timer: LastingTimer, now: datetime) -> None:
        key, ring = new_key(), self._rotation.ring
        raw = msgspec.json.encode(timer)
        content = encrypted(key, raw, _place(timer.number, VERSION), self._algorithm)
        left_us = round(timer.left_s * SECOND_US)
        state = (timer.number, in_us(now), left_us, int(timer.is_active))
        self._database.execute(_INSERT, (*state, VERSION, ring.current, ring.wrap(key), content))


def _is_same(kept: LastingTimer | None, timer: LastingTimer) -> bool:
    if kept is None or abs(kept.left_s - timer.left_s) >= SAME_S:
        return False
    return replace(kept, left_s=timer.left_s) == timer


def _place(number: int, version: int) -> Place:
    return Place(row_id=str(number), part="timer", at_us=0, version=version)
