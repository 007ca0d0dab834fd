"""The tables of the ledger, as the steps that lead to them. A step that was once released is never changed.

What can be read by whom has the file is: when and where a turn was, how it ended, numbers, and the ids of other things.
All text is encrypted (`content`), by a key of its own that lies wrapped in a table beside it: without that key it is
gone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import apsw

from gateway.ledger.cipher import OVERHEAD_BYTES
from gateway.ledger.corrections import LARGEST_CORRECTION_BYTES, LARGEST_RULE_BYTES
from gateway.ledger.keys import WRAPPED_BYTES
from gateway.ledger.rows import LONGEST_ID_CHARS
from gateway.timers import LARGEST_TIMER_BYTES

type Migration = Callable[[apsw.Connection], None]
"""Makes of one version the next."""

LARGEST_STATE_BYTES: Final = 4 * 1024
"""Of what the ledger knows of itself: a few numbers and dates."""
LARGEST_ACT_BYTES: Final = 4 * 1024
"""Of what the audit log is to be told: ids and counts."""
LARGEST_TALLY_BYTES: Final = 64 * 1024
"""A day's counts: 32 stages with all their times take a third of it."""

_VERSION_1: Final = f"""
CREATE TABLE rows (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 32),
    at_us INTEGER NOT NULL,
    made_us INTEGER NOT NULL,
    satellite_id TEXT NOT NULL CHECK (length(satellite_id) <= {LONGEST_ID_CHARS}),
    area_id TEXT NOT NULL CHECK (length(area_id) <= {LONGEST_ID_CHARS}),
    user_id TEXT NOT NULL CHECK (length(user_id) <= {LONGEST_ID_CHARS}),
    kind TEXT NOT NULL CHECK (length(kind) <= {LONGEST_ID_CHARS}),
    outcome TEXT NOT NULL CHECK (length(outcome) <= {LONGEST_ID_CHARS}),
    keep_until_us INTEGER NOT NULL,
    clip_until_us INTEGER,
    clip_bytes INTEGER NOT NULL,
    version INTEGER NOT NULL,
    content BLOB NOT NULL CHECK (length(content) <= {64 * 1024 + OVERHEAD_BYTES})
) STRICT;
CREATE INDEX rows_by_time ON rows (at_us);
CREATE INDEX rows_by_area ON rows (area_id);
CREATE INDEX rows_by_outcome ON rows (outcome);
CREATE INDEX rows_by_end ON rows (keep_until_us);
CREATE INDEX rows_by_clip ON rows (clip_until_us) WHERE clip_until_us IS NOT NULL;
CREATE TABLE keys (
    seq INTEGER PRIMARY KEY REFERENCES rows (seq),
    wrapped_by INTEGER NOT NULL,
    content_key BLOB NOT NULL CHECK (length(content_key) = {WRAPPED_BYTES}),
    clip_key BLOB CHECK (clip_key IS NULL OR length(clip_key) = {WRAPPED_BYTES})
) STRICT;
CREATE TABLE state (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL CHECK (length(value) <= {LARGEST_STATE_BYTES})
) STRICT, WITHOUT ROWID;
"""
_VERSION_2: Final = f"""
ALTER TABLE rows ADD COLUMN wake_mark TEXT NOT NULL DEFAULT '';
ALTER TABLE rows ADD COLUMN is_corrected INTEGER NOT NULL DEFAULT 0;
CREATE INDEX rows_by_correction ON rows (seq) WHERE is_corrected = 1;
ALTER TABLE keys ADD COLUMN correction_key BLOB
    CHECK (correction_key IS NULL OR length(correction_key) = {WRAPPED_BYTES});
CREATE TABLE corrections (
    seq INTEGER PRIMARY KEY REFERENCES rows (seq) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    content BLOB NOT NULL CHECK (length(content) <= {LARGEST_CORRECTION_BYTES + OVERHEAD_BYTES})
) STRICT;
CREATE TABLE rules (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 32),
    turn_id TEXT NOT NULL CHECK (length(turn_id) = 32),
    at_us INTEGER NOT NULL,
    made_us INTEGER NOT NULL,
    satellite_id TEXT NOT NULL CHECK (length(satellite_id) <= {LONGEST_ID_CHARS}),
    area_id TEXT NOT NULL CHECK (length(area_id) <= {LONGEST_ID_CHARS}),
    user_id TEXT NOT NULL CHECK (length(user_id) <= {LONGEST_ID_CHARS}),
    kind TEXT NOT NULL CHECK (length(kind) <= {LONGEST_ID_CHARS}),
    outcome TEXT NOT NULL CHECK (length(outcome) <= {LONGEST_ID_CHARS}),
    version INTEGER NOT NULL,
    content BLOB NOT NULL CHECK (length(content) <= {LARGEST_RULE_BYTES + OVERHEAD_BYTES})
) STRICT;
CREATE TABLE rule_keys (
    seq INTEGER PRIMARY KEY REFERENCES rules (seq),
    wrapped_by INTEGER NOT NULL,
    content_key BLOB NOT NULL CHECK (length(content_key) = {WRAPPED_BYTES})
) STRICT;
CREATE TABLE tallies (
    day INTEGER PRIMARY KEY,
    made_us INTEGER NOT NULL,
    counts BLOB NOT NULL CHECK (length(counts) <= {LARGEST_TALLY_BYTES})
) STRICT;
CREATE TABLE wakes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    turn_id TEXT UNIQUE CHECK (turn_id IS NULL OR length(turn_id) = 32),
    satellite_id TEXT NOT NULL CHECK (length(satellite_id) <= {LONGEST_ID_CHARS}),
    made_us INTEGER NOT NULL,
    wake_word TEXT NOT NULL CHECK (length(wake_word) <= {LONGEST_ID_CHARS}),
    score REAL NOT NULL,
    second_score REAL,
    verdict TEXT NOT NULL CHECK (verdict IN ('', 'real', 'false'))
) STRICT;
CREATE INDEX wakes_by_satellite ON wakes (satellite_id, seq);
CREATE INDEX wakes_by_time ON wakes (made_us);
CREATE TABLE sensitivities (
    satellite_id TEXT PRIMARY KEY CHECK (length(satellite_id) <= {LONGEST_ID_CHARS}),
    percent INTEGER NOT NULL CHECK (percent BETWEEN 0 AND 100)
) STRICT, WITHOUT ROWID;
CREATE TABLE owed (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    act BLOB NOT NULL CHECK (length(act) <= {LARGEST_ACT_BYTES})
) STRICT;
"""

_VERSION_3: Final = f"""
CREATE TABLE timers (
    seq INTEGER PRIMARY KEY,
    made_us INTEGER NOT NULL,
    left_us INTEGER NOT NULL,
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    version INTEGER NOT NULL,
    wrapped_by INTEGER NOT NULL,
    content_key BLOB NOT NULL CHECK (length(content_key) = {WRAPPED_BYTES}),
    content BLOB NOT NULL CHECK (length(content) <= {LARGEST_TIMER_BYTES + OVERHEAD_BYTES})
) STRICT;
"""
"""A timer and its key are one row: there are few of them, and a full disk has room to delete all at once."""


def _to_version_1(connection: apsw.Connection) -> None:
    connection.execute(_VERSION_1)


def _to_version_2(connection: apsw.Connection) -> None:
    """Add corrections, rules, counts without content, wakes, and what the audit log is owed."""
    connection.execute(_VERSION_2)


def _to_version_3(connection: apsw.Connection) -> None:
    """Add timers that are to outlast the program."""
    connection.execute(_VERSION_3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """Which tables there are, as the steps that lead to them. The first makes them in an empty file."""

    migrations: Mapping[int, Migration]
    """From each version to the next; an empty file has version 0."""

    @property
    def version(self) -> int:
        """The version that the steps lead to."""
        return max(self.migrations) + 1


SCHEMA: Final = Schema(migrations={0: _to_version_1, 1: _to_version_2, 2: _to_version_3})
