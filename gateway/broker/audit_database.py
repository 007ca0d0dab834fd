"""The audit log's SQLite file: its tables, and reading and writing them. What its rows mean is none of its business."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

import apsw

from gateway.broker.audit_chain import HASH_BYTES, SIGNATURE_BYTES, StoredRow
from gateway.errors import ConfigError
from gateway.files import make_private
from gateway.wire.broker_words import LONGEST_ROW_CHARS, AuditHead
from gateway.wire.messages import NAME_CHARS

_LOG = logging.getLogger(__name__)

type Synchronous = Literal["FULL", "NORMAL", "OFF"]

FILE_NAME: Final = "audit.db"
VERSION: Final = 2
"""Of the tables, in the file's `user_version`. 1 had no `consumed`, and is given one."""
BUSY_TIMEOUT_MS: Final = 2_000
"""Nobody else writes; a person who has the file open in a tool of theirs may delay a row by so much, not for ever."""
CHECKPOINT_ROWS: Final = 50
"""After so many rows they move from the write-ahead log, which stays below a megabyte, to the file itself."""
PAGE_ROWS: Final = 500
"""So many rows are in memory at once when the log is read."""
LARGEST_SEQ: Final = 2**53
"""What fits into a `Count`; we never come near it."""
_BEFORE_ALL: Final = -(2**63)
"""Somebody may have added a row with any number."""
_LARGEST_VALUE_BYTES: Final = 64 * 1024
"""What SQLite may make of any value here; a row has at most one kilobyte."""

_TABLES: Final = f"""
CREATE TABLE rows (
    seq INTEGER PRIMARY KEY,
    row TEXT NOT NULL CHECK (length(row) <= {LONGEST_ROW_CHARS}),
    hash BLOB NOT NULL CHECK (length(hash) = {HASH_BYTES}),
    signature BLOB NOT NULL CHECK (length(signature) = {SIGNATURE_BYTES})
) STRICT;
CREATE TABLE head (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    size INTEGER NOT NULL,
    hash TEXT NOT NULL,
    at TEXT NOT NULL,
    key TEXT NOT NULL,
    signature TEXT NOT NULL
) STRICT;
CREATE TRIGGER rows_stay BEFORE UPDATE ON rows
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER rows_are_kept BEFORE DELETE ON rows
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER rows_are_appended BEFORE INSERT ON rows WHEN NEW.seq <= (SELECT max(seq) FROM rows)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER head_goes_on BEFORE UPDATE ON head WHEN NEW.size <= OLD.size
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER head_is_kept BEFORE DELETE ON head
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
"""  # noqa: S608 - numbers of ours
_CONSUMED: Final = f"""
CREATE TABLE consumed (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER consumed_stay BEFORE UPDATE ON consumed
BEGIN SELECT RAISE(ABORT, 'what was approved stays approved'); END;
CREATE TRIGGER consumed_are_kept BEFORE DELETE ON consumed
BEGIN SELECT RAISE(ABORT, 'what was approved stays approved'); END;
PRAGMA user_version = {VERSION};
"""
"""Which requests were approved, and by which rows: each once, whatever else this program believes."""
_READ_ROWS: Final = f"""
SELECT seq, CAST(substr(row, 1, {LONGEST_ROW_CHARS + 1}) AS BLOB),
    CAST(substr(hash, 1, {HASH_BYTES + 1}) AS BLOB), CAST(substr(signature, 1, {SIGNATURE_BYTES + 1}) AS BLOB)
FROM rows WHERE seq > ? ORDER BY seq LIMIT ?
"""  # noqa: S608 - numbers of ours
_READ_HEAD: Final = f"""
SELECT size, CAST(substr(hash, 1, {NAME_CHARS}) AS BLOB), CAST(substr(at, 1, {NAME_CHARS}) AS BLOB),
    CAST(substr(key, 1, {NAME_CHARS}) AS BLOB), CAST(substr(signature, 1, {NAME_CHARS}) AS BLOB)
FROM head WHERE only = 1
"""  # noqa: S608 - numbers of ours
_WRITE_HEAD: Final = """
INSERT INTO head (only, size, hash, at, key, signature) VALUES (1, ?, ?, ?, ?, ?)
ON CONFLICT (only) DO UPDATE SET size = excluded.size, hash = excluded.hash, at = excluded.at, key = excluded.key,
    signature = excluded.signature
"""


class AuditDatabase:
    """The open file. What it returns may have been written by anybody. Methods raise apsw.Error."""

    def __init__(
        self, path: Path, *, is_written: bool, synchronous: Synchronous = "FULL", vfs: str | None = None
    ) -> None:
        """Open `path`; the first time, make it, with nothing in it. Raises ConfigError.

        Who only reads makes and changes nothing.
        """
        self.path = path
        try:
            if is_written:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                make_private(path)
            self._db = _connected(path, is_written, vfs)
            try:
                self._prepare(is_written, synchronous)
            except BaseException:
                self._db.close()
                raise
        except OSError as error:
            raise ConfigError(f"{path}: cannot be used ({error.strerror}); check its permissions") from error
        except apsw.Error as error:
            raise unusable(path, error) from error

    def close(self) -> None:
        """Close the file; may be called again."""
        with suppress(apsw.Error):
            self._db.close()

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever written."""
        return self._number("PRAGMA user_version") == 0

    def create(self, head: AuditHead) -> None:
        """Make the tables, and write the head of an empty log."""
        with self._db:
            self._db.execute(_TABLES)
            self._db.execute(_CONSUMED)
            self._write_head(head)

    def begin(self) -> None:
        """Read, from now on, everything as it is at the first read."""
        self._db.execute("BEGIN")

    def add(self, row: StoredRow, head: AuditHead, *, consumes: str = "") -> None:
        """Write a row, and the head after it: both are on disk when this returns, or neither.

        With them goes that the request `consumes`, where one is named, was approved. Raises apsw.ConstraintError where
        it was before.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "INSERT INTO rows (seq, row, hash, signature) VALUES (?, ?, ?, ?)",
                (row.seq, row.text, row.hash, row.signature),
            )
            if consumes:
                self._db.execute("INSERT INTO consumed (id, seq) VALUES (?, ?)", (consumes, row.seq))
            self._write_head(head)
            self._db.execute("COMMIT")
        except apsw.Error:
            with suppress(apsw.Error):
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
            raise
        if row.seq % CHECKPOINT_ROWS == 0:
            self._checkpoint()

    def head(self) -> AuditHead | None:
        """Return the head, as it is stored."""
        for size, *texts in self._db.execute(_READ_HEAD):
            link, at, key, signature = (_text(text) for text in texts)
            return AuditHead(size=_integer(size), hash=link, at=at, key=key, signature=signature)
        return None

    def rows(self, after: int, limit: int) -> list[StoredRow]:
        """Return up to `limit` of the rows whose number is larger than `after`, in order."""
        return [
            StoredRow(seq=_integer(seq), text=_text(row), hash=_bytes(link), signature=_bytes(signature))
            for seq, row, link, signature in self._db.execute(_READ_ROWS, (after, limit))
        ]

    def all_rows(self) -> Iterator[StoredRow]:
        """Yield all rows in order."""
        after = _BEFORE_ALL
        while page := self.rows(after, PAGE_ROWS):
            yield from page
            after = page[-1].seq

    def last_rows(self, count: int) -> list[StoredRow]:
        """Return the last rows, in order."""
        last = self._number("SELECT max(seq) FROM rows")
        return self.rows(last - count, count)

    def _prepare(self, is_written: bool, synchronous: Synchronous) -> None:
        self._db.set_busy_timeout(BUSY_TIMEOUT_MS)
        self._db.limit(apsw.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE_BYTES)
        self._db.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        self._db.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
        version = self._number("PRAGMA user_version")
        if version > VERSION:
            raise ConfigError(
                f"{self.path}: written by a newer version of this program (format {version}, known is {VERSION}); "
                "install that version again"
            )
        if version < 1 and self._number("SELECT count(*) FROM sqlite_schema"):
            raise ConfigError(f"{self.path}: not an audit log; move it away")
        if is_written:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute(f"PRAGMA synchronous = {synchronous}")
            self._db.wal_autocheckpoint(0)  # not within a commit: that has failed, or it has not
            if version == 1:
                with self._db:
                    self._db.execute(_CONSUMED)

    def _checkpoint(self) -> None:
        try:
            self._db.wal_checkpoint()
        except apsw.Error as error:
            _LOG.warning("%s: the write-ahead log grows (%s); check the disk", self.path, error)

    def _write_head(self, head: AuditHead) -> None:
        self._db.execute(_WRITE_HEAD, (head.size, head.hash, head.at, head.key, head.signature))

    def _number(self, query: str) -> int:
        row = self._db.execute(query).fetchone()
        return _integer(row[0]) if row else 0


def _connected(path: Path, is_written: bool, vfs: str | None) -> apsw.Connection:
    return apsw.Connection(
        str(path), flags=apsw.SQLITE_OPEN_READWRITE if is_written else apsw.SQLITE_OPEN_READONLY, vfs=vfs
    )


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""


def _text(value: object) -> str:
    return _bytes(value).decode("ascii", "replace")


def _integer(value: object) -> int:
    return value if isinstance(value, int) else 0


def unusable(path: Path, error: apsw.Error) -> ConfigError:
    """Return what a person is told of a file that SQLite cannot use."""
    return ConfigError(
        f"{path}: cannot be used ({error}); if it is damaged, restore it and its key from a backup, or move both away: "
        "then a new log begins, and Home Assistant says so"
    )
