"""The ledger's clock and the database together: what the clock has to remember is stored, and its leaps move rows."""

from datetime import datetime
from typing import Final

from gateway.ledger.clock import LedgerClock
from gateway.ledger.database import Database
from gateway.ledger.times import duration_us, in_us

STATE: Final = "clock"


class Timekeeping:
    """The time of an open ledger. Methods raise apsw.Error."""

    def __init__(self, database: Database, clock: LedgerClock) -> None:
        """`clock` goes on from what the database has under `STATE`."""
        self._database = database
        self._clock = clock

    def now(self) -> datetime:
        """Return the ledger's time; where it leapt, the rows have followed."""
        now = self._clock.now()
        if self._clock.leap is not None:
            self.keep()
            now = self._clock.now()
        return now

    def on_the_wall(self, moment: datetime) -> datetime:
        """Return what a moment of the ledger's time is for people."""
        return self._clock.on_the_wall(moment)

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
            self._database.execute(
                "UPDATE rows SET made_us = made_us + ?1, keep_until_us = keep_until_us + ?1, "
                "clip_until_us = clip_until_us + ?1 WHERE made_us >= ?2",
                (duration_us(leap.by), in_us(leap.since)),
            )

    def is_kept(self) -> None:
        """Know that what was written is on disk."""
        self._clock.leap_is_done()
