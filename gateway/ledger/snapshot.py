"""Copies of a ledger for a backup, read beside the process that keeps it: it stays as it is, and so does the disk."""

from pathlib import Path
from typing import Final

import apsw

from gateway.errors import ConfigError, LedgerError
from gateway.files import read_bounded
from gateway.ledger.database import FILE_NAME, unusable
from gateway.ledger.keys import FILE_NAME as KEY_NAME
from gateway.ledger.keys import LARGEST_BYTES as LARGEST_KEY_BYTES
from gateway.ledger.schema import SCHEMA
from gateway.sqlite_copies import serialized

LARGEST_DATABASE_BYTES: Final = 512 * 1024 * 1024
"""A copy is in memory: a hundred thousand ordinary rows have 300 MB."""
MOST_TRIES: Final = 5
"""The wrapping key is replaced once a day and after each deletion: hardly ever between two looks at it."""
_WITHOUT_TURNS: Final = """
PRAGMA foreign_keys = OFF;
DELETE FROM keys;
DELETE FROM corrections;
DELETE FROM rows;
DELETE FROM wakes;
DELETE FROM timers;
VACUUM;
"""
"""What is left: rules, counts, sensitivities, how long things are kept, and what the audit log is owed."""


def snapshot(folder: Path, *, with_turns: bool) -> tuple[bytes, bytes] | None:
    """Return database and key file of the ledger in `folder`, as they were at one moment; None where there is none.

    Without turns nothing of any turn is in it, only what was learned from them. Raises LedgerError.
    """
    path = folder / FILE_NAME
    try:
        if not path.exists():
            return None
        for _ in range(MOST_TRIES):
            key = _key(folder)
            database = _database(path, with_turns=with_turns)
            if key is not None and _key(folder) == key:
                return database, key
    except apsw.Error as error:
        raise unusable(path, error) from error
    except OSError as error:
        raise LedgerError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    raise LedgerError(f"{folder / KEY_NAME}: is missing, or being replaced all the time; try again")


def _key(folder: Path) -> bytes | None:
    try:
        return read_bounded(folder / KEY_NAME, LARGEST_KEY_BYTES)
    except ConfigError as error:
        raise LedgerError(str(error)) from error


def _database(path: Path, *, with_turns: bool) -> bytes:
    if path.stat().st_size > LARGEST_DATABASE_BYTES:
        raise LedgerError(f"{path}: more than {LARGEST_DATABASE_BYTES} bytes; delete some of what is remembered first")
    try:
        content = serialized(path, version=SCHEMA.version)
    except ValueError as error:
        raise LedgerError(
            f"{path}: of another version of this program (format {error}, known is {SCHEMA.version}); "
            "start this version's gateway once, which brings it up to date"
        ) from error
    return content if with_turns else _without_turns(content)


def _without_turns(content: bytes) -> bytes:
    copy = apsw.Connection(":memory:")
    try:
        copy.deserialize("main", content)
        copy.execute(_WITHOUT_TURNS).fetchall()  # to the end of the last statement
        return copy.serialize("main")
    finally:
        copy.close()
