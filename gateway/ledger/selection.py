"""Which rows are meant: to be shown, or to be forgotten."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

import msgspec

from gateway.errors import LedgerError
from gateway.ledger.database import Value
from gateway.ledger.rows import TurnRow, is_id
from gateway.ledger.times import SECOND_US, in_us

MOST_IDS: Final = 1_000
"""That may be named at once: a few pages."""
_COLUMNS: Final = ("satellite_id", "area_id", "user_id", "outcome", "kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Rows for which all of this is true; None says nothing."""

    ids: tuple[str, ...] | None = None
    satellite_id: str | None = None
    area_id: str | None = None
    user_id: str | None = None
    """An empty text means the turns for which nobody was logged in."""
    outcome: str | None = None
    kind: str | None = None
    since: datetime | None = None
    """By the wall clock at that time, as is `until`, which is the first moment that is not meant."""
    until: datetime | None = None
    last_s: float | None = None
    """Made so many seconds ago or less, by the ledger's own time: right even where the wall clock was set meanwhile."""
    corrected: bool | None = None

    def where(self, now_us: int) -> tuple[str, list[Value]]:
        """Return it as a condition on `rows`, or what goes by that name, with its values. Raises LedgerError."""
        terms: list[str] = ["1"]
        values: list[Value] = []
        if self.ids is not None:
            if len(self.ids) > MOST_IDS or not all(is_id(row_id) for row_id in self.ids):
                raise LedgerError(f"at most {MOST_IDS} rows can be named at once, each by 32 hexadecimal digits")
            terms.append("rows.id IN (SELECT value FROM json_each(?))")
            values.append(msgspec.json.encode(self.ids).decode())
        for column in _COLUMNS:
            if (wanted := getattr(self, column)) is not None:
                terms.append(f"rows.{column} = ?")
                values.append(wanted)
        for bound, comparison in ((self.since, ">="), (self.until, "<")):
            if bound is not None:
                terms.append(f"rows.at_us {comparison} ?")
                values.append(in_us(bound))
        if self.last_s is not None:
            terms.append("rows.made_us >= ?")
            values.append(now_us - int(self.last_s * SECOND_US))
        if self.corrected is not None:
            terms.append(f"rows.is_corrected = {int(self.corrected)}")  # no value: so that the index is used
        return " AND ".join(terms), values

    def holds(self, row: TurnRow) -> bool:
        """Tell whether a row that is being made now is among these; it is not corrected yet."""
        return (
            (self.ids is None or row.id in self.ids)
            and all(
                wanted is None or getattr(row, name) == wanted for name in _COLUMNS for wanted in (getattr(self, name),)
            )
            and (self.since is None or row.at >= self.since)
            and (self.until is None or row.at < self.until)
            and not self.corrected
        )


EVERYTHING: Final = Selection()
LAST_HOUR_S: Final = 3_600.0


def of_day(day: date, zone: tzinfo) -> Selection:
    """Return what selects the rows of a day as the clocks in `zone` showed it."""
    begin = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return Selection(since=begin.astimezone(UTC), until=end.astimezone(UTC))
