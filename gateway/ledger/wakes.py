"""What is known of a satellite's wakes, and how eagerly it is to wake: numbers, and not a word that was said.

From them can be told what another sensitivity would have come to. A wake knows its turn as long as that is there, so
that it can be marked; after that it knows no more than the day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from gateway.errors import TooManyError
from gateway.events import Outcome
from gateway.ledger.database import Database
from gateway.ledger.rows import LONGEST_ID_CHARS, TurnRow, cut_text
from gateway.ledger.stats import UNDERSTOOD
from gateway.ledger.times import duration_us, in_us

type Verdict = Literal["real", "false", ""]

KEPT: Final = timedelta(days=30)
"""How long a wake's scores tell something: rooms and voices change, and models are replaced."""
MOST_WAKES: Final = 1_000
"""Of one satellite: a month of a busy kitchen."""
MOST_WAKES_IN_ALL: Final = 50_000
"""Of fifty satellites; a process that was taken over could make up any number of these."""
MOST_SATELLITES: Final = 256
"""That have a sensitivity of their own."""
UNLINK: Final = """
UPDATE wakes SET turn_id = NULL, made_us = made_us - made_us % 86400000000
WHERE turn_id IN (SELECT id FROM rows WHERE seq IN (SELECT value FROM json_each(?)))
"""
"""For rows that go: their wakes are any of that day's then."""
_REAL: Final = UNDERSTOOD - {Outcome.NOT_CONFIRMED}
"""Something was understood after it; what a satellite heard by itself may also be mistaken for what needs a yes."""
_INSERT: Final = """
INSERT INTO wakes (turn_id, satellite_id, made_us, wake_word, score, second_score, verdict) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (turn_id) DO UPDATE SET verdict = excluded.verdict
"""
_PRUNE: Final = """
DELETE FROM wakes WHERE satellite_id = ?1
    AND seq <= (SELECT seq FROM wakes WHERE satellite_id = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """One wake."""

    wake_word: str
    score: float
    second_score: float | None = None
    """The second opinion's; None where there was none."""
    verdict: Verdict = ""
    """`real`: something was understood after it, or somebody said so. `false`: somebody marked it. Empty: unknown."""


class Wakes:
    """The wakes and sensitivities of an open ledger. Methods raise apsw.Error."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, row: TurnRow, made: datetime) -> None:
        """Remember how a turn began, in the transaction in which its row is written."""
        self._insert(row, made, "real" if row.kind == "turn" and row.outcome in _REAL else "")

    def mark(self, row: TurnRow, made: datetime, verdict: Verdict) -> bool:
        """Remember what somebody said of how a turn began; False where it did not begin with a wake word."""
        if row.wake_score is None or not row.wake_word:
            return False
        with self._database.transaction():
            self._database.execute("UPDATE rows SET wake_mark = ? WHERE id = ?", (verdict, row.id))
            self._insert(row, made, verdict)
        return True

    def wakes(self, satellite_id: str, limit: int, now: datetime) -> tuple[Wake, ...]:
        """Return what is known, the newest first."""
        found = self._database.execute(
            "SELECT wake_word, score, second_score, verdict FROM wakes WHERE satellite_id = ? AND made_us > ? "
            "ORDER BY seq DESC LIMIT ?",
            (satellite_id, in_us(now) - duration_us(KEPT), max(0, min(limit, MOST_WAKES))),
        )
        return tuple(
            Wake(wake_word=word, score=score, second_score=second, verdict=verdict)  # type: ignore[arg-type]  # STRICT
            for word, score, second, verdict in found
        )

    def sweep(self, now: datetime) -> None:
        """Remove what is too old, and of too much the oldest."""
        self._database.execute("DELETE FROM wakes WHERE made_us <= ?", (in_us(now) - duration_us(KEPT),))
        self._database.execute(
            "DELETE FROM wakes WHERE seq <= (SELECT seq FROM wakes ORDER BY seq DESC LIMIT 1 OFFSET ?)",
            (MOST_WAKES_IN_ALL,),
        )

    def sensitivities(self) -> Mapping[str, int]:
        """Return which satellites have a sensitivity of their own, in percent."""
        found = self._database.execute("SELECT satellite_id, percent FROM sensitivities ORDER BY satellite_id")
        return {str(satellite_id): percent for satellite_id, percent in found if isinstance(percent, int)}

    def set_sensitivity(self, satellite_id: str, percent: int | None) -> None:
        """Have a satellite wake like this; None: as the gateway does. Raises TooManyError."""
        satellite_id = cut_text(satellite_id, LONGEST_ID_CHARS)
        database = self._database
        with database.transaction():
            database.execute("DELETE FROM sensitivities WHERE satellite_id = ?", (satellite_id,))
            if percent is None:
                return
            if database.integer("SELECT count(*) FROM sensitivities") >= MOST_SATELLITES:
                raise TooManyError(f"{MOST_SATELLITES} satellites have a sensitivity of their own already; reset one")
            database.execute("INSERT INTO sensitivities VALUES (?, ?)", (satellite_id, max(0, min(percent, 100))))

    def _insert(self, row: TurnRow, made: datetime, verdict: Verdict) -> None:
        if row.wake_score is None or not row.wake_word:
            return
        scores = (row.wake_word, row.wake_score, row.second_score)
        self._database.execute(_INSERT, (row.id, row.satellite_id, in_us(made), *scores, verdict))
        self._database.execute(_PRUNE, (row.satellite_id, MOST_WAKES))
