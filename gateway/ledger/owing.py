"""What the audit log has yet to be told: kept until it is written there, whoever is away meanwhile."""

from typing import Final

from gateway.errors import LedgerError
from gateway.ledger.database import Database
from gateway.ledger.schema import LARGEST_ACT_BYTES

MOST_OWED: Final = 1_000
"""Acts that are kept while the audit log cannot be written; of more, the oldest are dropped."""
MOST_AT_ONCE: Final = 64
"""Acts that are returned by one question."""


class Owing:
    """The acts that are owed. Methods raise apsw.Error."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def owe(self, act: bytes) -> int:
        """Keep an act; return its number. Raises LedgerError for one too large."""
        with self._database.transaction():
            return self.add(act)

    def add(self, act: bytes) -> int:
        """Do the same in a transaction of the caller's."""
        if len(act) > LARGEST_ACT_BYTES:
            raise LedgerError(f"an act for the audit log has more than {LARGEST_ACT_BYTES} bytes")
        number = self._database.integer("INSERT INTO owed (act) VALUES (?) RETURNING number", (act,))
        self._database.execute("DELETE FROM owed WHERE number <= ?", (number - MOST_OWED,))
        return number

    def owed(self) -> tuple[tuple[int, bytes], ...]:
        """Return acts with their numbers, the oldest first."""
        found = self._database.execute("SELECT number, act FROM owed ORDER BY number LIMIT ?", (MOST_AT_ONCE,))
        return tuple((number, act) for number, act in found if isinstance(number, int) and isinstance(act, bytes))

    def paid(self, number: int) -> None:
        """Forget an act that is in the audit log."""
        self._database.execute("DELETE FROM owed WHERE number = ?", (number,))
