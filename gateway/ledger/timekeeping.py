"""The ledger's clock and the database together: what the clock has to remember is stored, and its leaps move rows."""

import logging
from datetime import datetime, timedelta
from typing import Final

import apsw

from gateway.ledger.clock import LedgerClock
from gateway.ledger.database import Database
from gateway.ledger.times import duration_us, in_us

STATE: Final = "clock"
_LEAPS: Final = (
    "UPDATE rows SET made_us = made_us + ?1, keep_until_us = keep_until_us + ?1, clip_until_us = clip_until_us + ?1 "
    "WHERE made_us >= ?2",
    *(
        f"UPDATE {table} SET made_us = made_us + ?1 WHERE made_us >= ?2"  # noqa: S608 - tables of ours
        for table in ("rules", "tallies", "wakes", "timers")
    ),
)

_LOG = logging.getLogger(__name__)


class Timekeeping:
    """The time of an open ledger. Methods but `now` raise apsw.Error."""

    def __init__(self, database: Database, clock: LedgerClock) -> None:
        """`clock` goes on from what the database has under `STATE`."""
        self._database = database
        self._clock = clock
        self._is_behind = False

    def now(self) -> datetime:
        """Return the ledger's time; where it leapt, the rows have followed.

        Where they cannot, on a full disk, it is as if it had not leapt yet: nothing goes early, and what is said now
        is not refused for it.
        """
        self._clock.now()
        try:
            self.settle()
        except apsw.Error as error:
            if not self._is_behind:
                _LOG.warning("ledger: the time that was missing cannot be counted yet (%s)", type(error).__name__)
            self._is_behind = True
        return self._clock.now() - self._pending()

    def settle(self) -> None:
        """Have the rows follow where the time leapt."""
        self._clock.now()
        if self._clock.leap is not None:
            self.keep()

    def on_the_wall(self, moment: datetime) -> datetime:
        """Return what a moment of the ledger's time is for people."""
        return self._clock.on_the_wall(moment + self._pending())

    def keep(self) -> None:
        """Have on disk how the clock stands: each minute."""
        with self._database.transaction():
            self.write()
        self.is_kept()

    def write(self) -> None:
        """Write how the clock stands, as the last thing of a transaction; after it, call `is_kept`."""
        self._database.set_state(STATE, self._clock.stored())
        leap = self._clock.leap
        if leap is not None:
            for move in _LEAPS:
                self._database.execute(move, (duration_us(leap.by), in_us(leap.since)))

    def is_kept(self) -> None:
        """Know that what was written is on disk."""
        self._clock.leap_is_done()
        self._is_behind = False

    def _pending(self) -> timedelta:
        """Return by how much the time leapt without the rows."""
        leap = self._clock.leap
        return timedelta() if leap is None else leap.by
