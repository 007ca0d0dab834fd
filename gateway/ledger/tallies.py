"""Counts of each day, without a word of what was said: kept for a year, also where nothing of the turns is.

A day is as the clocks at home show it: in the time zone of whoever asked for the counts last.
"""

import logging
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from gateway.ledger.database import Database
from gateway.ledger.rows import TurnRow
from gateway.ledger.stats import MOST_DAYS, Stats, Tally, day_of, days_until, stats_of
from gateway.ledger.times import duration_us, in_us

KEPT: Final = timedelta(days=MOST_DAYS)
ZONE: Final = "zone"

_LOG = logging.getLogger(__name__)


class Tallies:
    """The counts of an open ledger. Methods raise apsw.Error."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._zone = _zone(database.state(ZONE))

    def count(self, row: TurnRow, made: datetime, on_the_wall: datetime) -> None:
        """Count a turn, in the transaction in which its row is written; it is of the day that `on_the_wall` is of.

        That is not when the row says that it began: who makes rows up makes up no days.
        """
        day = day_of(on_the_wall, self._zone)
        tally = self._tally(day)
        tally.add(row)
        self._keep(day, tally, made)

    def count_correction(self, at: datetime, now: datetime) -> None:
        """Count that a turn of this day was corrected, in a transaction of the caller's; where the day is known."""
        day = day_of(at, self._zone)
        tally = self._tally(day)
        if tally != Tally():
            tally.corrected += 1
            self._keep(day, tally, now)

    def stats(self, days: int, today: datetime, now: datetime, zone: tzinfo) -> Stats:
        """Return the counts of the last `days` days; from now on, days are those of `zone`."""
        self._use(zone)
        wanted = days_until(day_of(today, self._zone), days)
        found = self._database.execute(
            "SELECT day, counts FROM tallies WHERE day BETWEEN ? AND ? AND made_us > ?",
            (wanted[0].toordinal(), wanted[-1].toordinal(), in_us(now) - duration_us(KEPT)),
        )
        return stats_of({date.fromordinal(day): _decoded(counts) for day, counts in found}, wanted)  # type: ignore[arg-type]  # STRICT

    def sweep(self, now: datetime) -> None:
        """Remove what is too old."""
        self._database.execute("DELETE FROM tallies WHERE made_us <= ?", (in_us(now) - duration_us(KEPT),))

    def _tally(self, day: date) -> Tally:
        found = self._database.execute("SELECT counts FROM tallies WHERE day = ?", (day.toordinal(),))
        return _decoded(found[0][0]) if found else Tally()

    def _keep(self, day: date, tally: Tally, made: datetime) -> None:
        self._database.execute(
            "INSERT INTO tallies (day, made_us, counts) VALUES (?, ?, ?) "
            "ON CONFLICT (day) DO UPDATE SET counts = excluded.counts",
            (day.toordinal(), in_us(made), msgspec.json.encode(tally)),
        )

    def _use(self, zone: tzinfo) -> None:
        """Remember a zone; UTC is that of who does not say any."""
        if isinstance(zone, ZoneInfo) and zone.key not in ("UTC", str(self._zone)):
            with self._database.transaction():
                self._database.set_state(ZONE, zone.key.encode())
            self._zone = zone


def _zone(stored: bytes | None) -> tzinfo:
    try:
        return UTC if stored is None else ZoneInfo(stored.decode())
    except (ValueError, OSError, KeyError) as error:
        _LOG.warning("ledger: days are counted in UTC: the time zone is unknown here (%s)", type(error).__name__)
        return UTC


def _decoded(counts: object) -> Tally:
    try:
        return msgspec.json.decode(counts, type=Tally) if isinstance(counts, bytes) else Tally()
    except (msgspec.DecodeError, UnicodeError) as error:
        _LOG.error("ledger: a day's counts cannot be read (%s)", type(error).__name__)
        return Tally()
