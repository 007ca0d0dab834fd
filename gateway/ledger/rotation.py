"""Replacing the wrapping key, so that what was wrapped by the old one is dead wherever a copy of it may still lie.

The order is what makes it safe: the new key joins the old one in the key file; what stays is wrapped anew; the old key
leaves the file. Whenever the power fails, the file holds the keys of all rows.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from gateway.errors import LedgerError
from gateway.ledger.database import Database, Value
from gateway.ledger.forgetting import ROTATION_DUE
from gateway.ledger.keys import KeyRing, new_ring, read_ring, write_ring
from gateway.ledger.times import duration_us, in_us

EVERY: Final = timedelta(days=1)
ROWS_AT_ONCE: Final = 2_000
"""Wrapped anew by one transaction: 200 kilobytes of the write-ahead log."""
_CHECK: Final = "key_check"
_ROTATED: Final = "rotated_us"

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Table:
    """Where wrapped keys are."""

    name: str
    columns: tuple[str, ...]


_ROW_KEYS: Final = _Table("keys", ("content_key", "clip_key", "correction_key"))
_TABLES: Final = (_ROW_KEYS, _Table("rule_keys", ("content_key",)), _Table("timers", ("content_key",)))


class Rotation:
    """The wrapping keys of an open ledger. Methods raise apsw.Error and LedgerError."""

    def __init__(self, database: Database, path: Path) -> None:
        """Read the keys in `path`, or make the first."""
        self._database = database
        self._path = path
        check = database.state(_CHECK)
        ring = read_ring(path)
        if ring is None and check is not None:
            raise LedgerError(
                f"{path}: the ledger's key is missing, without which nothing can be read; restore it from a backup, "
                "or move the whole folder away: then a new ledger begins"
            )
        if ring is not None and check is not None and not ring.is_of(check):
            raise LedgerError(
                f"{path}: this is the key of another ledger than {database.path.name}; restore the whole folder from "
                "one backup, or move it away: then a new ledger begins"
            )
        if ring is None:
            ring = new_ring()
            write_ring(path, ring)
        self.ring: KeyRing = ring
        if check is None:
            with database.transaction():
                database.set_state(_CHECK, ring.check())

    def is_due(self, now: datetime) -> bool:
        """Tell whether it is time for another key, or for an end of what was begun."""
        if self.ring.is_replacing or self._database.state(ROTATION_DUE) is not None:
            return True
        rotated = self._database.state(_ROTATED)
        return rotated is None or in_us(now) - int.from_bytes(rotated, signed=True) >= duration_us(EVERY)

    def rotate(self, now: datetime) -> None:
        """Replace the wrapping key; the old one is gone when this returns.

        One that was being replaced already may have wrapped what is to be gone now: that comes to an end first.
        """
        if self.ring.is_replacing:
            self._complete()
        ring = self.ring.with_another()
        write_ring(self._path, ring)
        self.ring = ring
        self._complete()
        with self._database.transaction():
            self._database.remove_state(ROTATION_DUE)
            self._database.set_state(_ROTATED, in_us(now).to_bytes(8, signed=True))

    def _complete(self) -> None:
        """Wrap all keys by the current one, and let the other go."""
        failed = sum(self._rewrap_all(table) for table in _TABLES)
        if failed:
            _LOG.error(
                "ledger: the keys of %d rows, rules or timers were altered; these cannot be read any more", failed
            )
        with self._database.transaction():
            self._database.set_state(_CHECK, self.ring.check())
        self._database.forget_log()
        ring = self.ring.without_old()
        write_ring(self._path, ring)
        self.ring = ring

    def use_current(self, seq: int) -> None:
        """Have the keys of one row wrapped by the current key, in a transaction of the caller's, who adds another."""
        for row in self._database.execute(_select(_ROW_KEYS, "seq = ? AND wrapped_by <> ?"), (seq, self.ring.current)):
            if not self._rewrap(_ROW_KEYS, _Wrapped.of(row)):
                raise LedgerError("ledger: a key of this row cannot be unwrapped: it was altered")

    def _rewrap_all(self, table: _Table) -> int:
        """Wrap all keys of a table by the current one; return in how many rows they were altered."""
        failed, last = 0, -1
        query = _select(table, "seq > ? AND wrapped_by <> ?") + " ORDER BY seq LIMIT ?"
        while page := self._database.execute(query, (last, self.ring.current, ROWS_AT_ONCE)):
            with self._database.transaction():
                for row in page:
                    wrapped = _Wrapped.of(row)
                    failed += not self._rewrap(table, wrapped)
                    last = wrapped.seq
        return failed

    def _rewrap(self, table: _Table, wrapped: _Wrapped) -> bool:
        ring = self.ring
        try:
            keys = [None if key is None else ring.rewrap(wrapped.by, key) for key in wrapped.keys]
        except LedgerError:
            return False
        columns = ", ".join(f"{column} = ?" for column in table.columns)
        self._database.execute(
            f"UPDATE {table.name} SET wrapped_by = ?, {columns} WHERE seq = ?",  # noqa: S608 - names of ours
            (ring.current, *keys, wrapped.seq),
        )
        return True


@dataclass(frozen=True, slots=True)
class _Wrapped:
    """The wrapped keys of one row of such a table."""

    seq: int
    by: int
    keys: tuple[bytes | None, ...]

    @staticmethod
    def of(row: tuple[Value, ...]) -> _Wrapped:
        seq, by, *keys = row
        return _Wrapped(seq, by, tuple(keys))  # type: ignore[arg-type]  # the tables are STRICT


def _select(table: _Table, where: str) -> str:
    return f"SELECT seq, wrapped_by, {', '.join(table.columns)} FROM {table.name} WHERE {where}"  # noqa: S608
