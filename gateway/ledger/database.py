"""The ledger's SQLite file: how it is opened, which version its tables have, and how it forgets.

What its rows mean is none of its business. What is deleted is overwritten in the file (`secure_delete`), and gone from
the write-ahead log after `forget_log`.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import apsw

from gateway.errors import LedgerError, LedgerFullError
from gateway.files import make_private
from gateway.ledger.schema import SCHEMA, Schema

_LOG = logging.getLogger(__name__)

type Value = apsw.SQLiteValue
type Values = Sequence[Value]
type Found = list[tuple[Value, ...]]

FILE_NAME: Final = "ledger.db"
BUSY_TIMEOUT_MS: Final = 5_000
"""Nobody else writes; a person who has the file open in a tool of theirs may delay us by so much, not for ever."""
CHECKPOINT_COMMITS: Final = 200
"""After so many they move from the write-ahead log, which stays at about two megabytes, to the file itself."""
LARGEST_VALUE_BYTES: Final = 512 * 1024
"""What SQLite may make of any value; a row has at most an eighth of it, a list of ids for a query the half."""


class Database:
    """The open file. Its methods raise apsw.Error unless they say otherwise."""

    def __init__(self, path: Path, *, schema: Schema = SCHEMA, vfs: str | None = None) -> None:
        """Open `path`; make it where it is missing, and bring it to the schema's version. Raises LedgerError."""
        self.path = path
        self._commits = 0
        try:
            make_private(path)
            self._db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=vfs)
            try:
                self._prepare(schema)
            except BaseException:
                self.close()
                raise
        except OSError as error:
            raise LedgerError(f"{path}: cannot be used ({error.strerror}); check its permissions") from error
        except apsw.Error as error:
            raise unusable(path, error) from error

    def close(self) -> None:
        """Close the file; may be called again."""
        with suppress(apsw.Error):
            self._db.close()

    def execute(self, query: str, values: Values = ()) -> Found:
        """Run one statement, and return all its rows: a cursor in the middle would keep the log from being emptied.

        What is returned may have been written by anybody.
        """
        return self._db.execute(query, values).fetchall()

    def integer(self, query: str, values: Values = ()) -> int:
        """Return the one number that a query returns; 0 where it returns none."""
        rows = self.execute(query, values)
        value = rows[0][0] if rows else 0
        return value if isinstance(value, int) else 0

    def changes(self) -> int:
        """Return how many rows the last statement changed."""
        return self._db.changes()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all of it or nothing; it is on disk when this is left."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            with suppress(apsw.Error):
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
            raise
        self._commits += 1
        if self._commits >= CHECKPOINT_COMMITS:
            self._checkpoint()

    def forget_log(self) -> None:
        """Move the write-ahead log to the file, and leave nothing of it."""
        self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        self._commits = 0

    def state(self, name: str) -> bytes | None:
        """Return what the ledger kept of itself under `name`."""
        rows = self.execute("SELECT value FROM state WHERE name = ?", (name,))
        value = rows[0][0] if rows else None
        return value if isinstance(value, bytes) else None

    def set_state(self, name: str, value: bytes) -> None:
        """Keep `value` under `name`."""
        self._db.execute("INSERT OR REPLACE INTO state (name, value) VALUES (?, ?)", (name, value))

    def remove_state(self, name: str) -> None:
        """Keep nothing under `name`."""
        self._db.execute("DELETE FROM state WHERE name = ?", (name,))

    def _prepare(self, schema: Schema) -> None:
        self._db.set_busy_timeout(BUSY_TIMEOUT_MS)
        self._db.limit(apsw.SQLITE_LIMIT_LENGTH, LARGEST_VALUE_BYTES)
        self._db.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        self._db.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
        version = self.integer("PRAGMA user_version")
        if version > schema.version:
            raise LedgerError(
                f"{self.path}: written by a newer version of this program (format {version}, known is "
                f"{schema.version}); install that version again"
            )
        if version < 1 and self.integer("SELECT count(*) FROM sqlite_schema"):
            raise LedgerError(f"{self.path}: not a ledger; move it away")
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute("PRAGMA temp_store = MEMORY")
        self._db.wal_autocheckpoint(0)  # not within a commit: that has failed, or it has not
        for older in range(version, schema.version):
            with self.transaction():
                schema.migrations[older](self._db)
                self._db.execute(f"PRAGMA user_version = {older + 1}")
            if version:  # an empty file has none before
                _LOG.info("%s: brought from format %d to %d", self.path, older, older + 1)

    def _checkpoint(self) -> None:
        self._commits = 0
        try:
            self._db.wal_checkpoint()
        except apsw.Error as error:
            _LOG.warning("%s: the write-ahead log grows (%s); check the disk", self.path, error)


def unusable(path: Path, error: apsw.Error) -> LedgerError:
    """Return what a person is told of a file that SQLite cannot use."""
    if isinstance(error, apsw.FullError):
        return LedgerFullError(f"{path}: the disk is full; make room on it, or delete what the ledger remembers")
    return LedgerError(
        f"{path}: cannot be used ({error}); check the disk; if the file is damaged, restore the whole folder from a "
        "backup, or move it away: then a new ledger begins"
    )
