"""A ledger as the first version wrote it: its own SQL, word for word, and rows as it put them in."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import apsw
import msgspec

from gateway.ledger.cipher import Algorithm, Place, encrypted
from gateway.ledger.clips import Clips
from gateway.ledger.clock import LedgerClock
from gateway.ledger.keys import new_key, new_ring, write_ring
from gateway.ledger.retention import Retention
from gateway.ledger.rows import TurnRow, encoded
from gateway.ledger.times import in_us
from tests.gateway.ledger.ledgers import DAY

SQL: Final = """
CREATE TABLE rows (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 32),
    at_us INTEGER NOT NULL,
    made_us INTEGER NOT NULL,
    satellite_id TEXT NOT NULL CHECK (length(satellite_id) <= 255),
    area_id TEXT NOT NULL CHECK (length(area_id) <= 255),
    user_id TEXT NOT NULL CHECK (length(user_id) <= 255),
    kind TEXT NOT NULL CHECK (length(kind) <= 255),
    outcome TEXT NOT NULL CHECK (length(outcome) <= 255),
    keep_until_us INTEGER NOT NULL,
    clip_until_us INTEGER,
    clip_bytes INTEGER NOT NULL,
    version INTEGER NOT NULL,
    content BLOB NOT NULL CHECK (length(content) <= 65565)
) STRICT;
CREATE INDEX rows_by_time ON rows (at_us);
CREATE INDEX rows_by_area ON rows (area_id);
CREATE INDEX rows_by_outcome ON rows (outcome);
CREATE INDEX rows_by_end ON rows (keep_until_us);
CREATE INDEX rows_by_clip ON rows (clip_until_us) WHERE clip_until_us IS NOT NULL;
CREATE TABLE keys (
    seq INTEGER PRIMARY KEY REFERENCES rows (seq),
    wrapped_by INTEGER NOT NULL,
    content_key BLOB NOT NULL CHECK (length(content_key) = 40),
    clip_key BLOB CHECK (clip_key IS NULL OR length(clip_key) = 40)
) STRICT;
CREATE TABLE state (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL CHECK (length(value) <= 4096)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
"""


def write_version_1(
    folder: Path, clock: LedgerClock, rows: Sequence[tuple[TurnRow, bytes]], retention: Retention, interrupted: int
) -> None:
    """Write a ledger with these rows and clips; of the first `interrupted`, the keys are gone already."""
    folder.mkdir(mode=0o700)
    ring, clips, now = new_ring(), Clips(folder / "clips"), clock.now()
    write_ring(folder / "ledger.key", ring)
    with closing(apsw.Connection(str(folder / "ledger.db"))) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(SQL)
        state = {
            "key_check": ring.check(),
            "clock": clock.stored(),
            "retention": msgspec.json.encode(retention),
            "rotated_us": in_us(now).to_bytes(8, signed=True),
        }
        database.executemany("INSERT INTO state VALUES (?, ?)", list(state.items()))
        for number, (row, pcm) in enumerate(rows):
            keys = new_key(), new_key()
            at_us = in_us(row.at)
            content, clip = (
                encrypted(key, plain, Place(row_id=row.id, part=part, at_us=at_us, version=1), Algorithm.AES_256_GCM)  # type: ignore[arg-type]
                for key, part, plain in zip(keys, ("content", "clip"), (encoded(row), pcm), strict=True)
            )
            clips.write(row.id, clip)
            values = (row.id, at_us, in_us(now), row.satellite_id, row.area_id, row.user_id, row.kind, row.outcome)
            until = in_us(now + 7 * DAY), in_us(now + DAY), len(clip), 1, content
            database.execute(
                "INSERT INTO rows (id, at_us, made_us, satellite_id, area_id, user_id, kind, outcome, keep_until_us, "
                "clip_until_us, clip_bytes, version, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, *until),
            )
            if number >= interrupted:
                wrapped = (ring.wrap(key) for key in keys)
                database.execute(
                    "INSERT INTO keys (seq, wrapped_by, content_key, clip_key) VALUES (?, 1, ?, ?)",
                    (database.last_insert_rowid(), *wrapped),
                )
