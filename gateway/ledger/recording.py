"""Writing rows and clips: encrypted, each with a key of its own, and on disk when the method returns."""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gateway.errors import LedgerError, LedgerFullError
from gateway.ledger.cipher import Part, Place, encrypted, quickest
from gateway.ledger.clips import LARGEST_PCM_BYTES, Clips
from gateway.ledger.database import Database
from gateway.ledger.keys import new_key
from gateway.ledger.rotation import Rotation
from gateway.ledger.rows import ORDINARY, TurnRow, cut, encoded
from gateway.ledger.tallies import Tallies
from gateway.ledger.timekeeping import Timekeeping
from gateway.ledger.times import in_us
from gateway.ledger.wakes import Wakes

MOST_ROWS: Final = 100_000
"""270 turns a day for a year. A process that was taken over must not fill the disk, nor push out what was before."""
MOST_CLIP_BYTES: Final = 8 * 1024 * 1024 * 1024
"""270 turns of 30 s a day for a month; where there is no room for its clip, a row is kept all the same."""
ROW_VERSION: Final = 1
"""The form in which rows are written now; each is bound to its own."""
_INSERT_ROW: Final = """
INSERT INTO rows (id, at_us, made_us, satellite_id, area_id, user_id, kind, outcome, keep_until_us, clip_until_us,
    clip_bytes, version, content)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq
"""
_INSERT_KEYS: Final = "INSERT INTO keys (seq, wrapped_by, content_key, clip_key) VALUES (?, ?, ?, ?)"

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When a row is made, and when it and its clip have to go, by the ledger's time."""

    made: datetime
    keep_until: datetime
    clip_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clip:
    """A clip that is on disk, for a row that is not yet."""

    key: bytes | None = field(default=None, repr=False)
    size_bytes: int = 0


_NO_CLIP: Final = _Clip()


class Recording:
    """Adds to an open ledger. Methods raise apsw.Error and LedgerError."""

    def __init__(
        self,
        database: Database,
        clips: Clips,
        rotation: Rotation,
        time: Timekeeping,
        tallies: Tallies,
        wakes: Wakes,
    ) -> None:
        self._tallies = tallies
        self._wakes = wakes
        self._database = database
        self._clips = clips
        self._rotation = rotation
        self._time = time
        self._algorithm = quickest()
        self.count()

    def count(self) -> None:
        """Count what there is: to be called after something was removed."""
        self._rows = self._database.integer("SELECT count(*) FROM rows")
        self._clip_bytes = self._database.integer("SELECT sum(clip_bytes) FROM rows")

    def record(self, row: TurnRow, pcm: bytes | None, times: Times) -> None:
        """Add a row, and a clip where `pcm` is to be kept. A row that is there already stays as it is."""
        raw = encoded(row)
        row = cut(row, ORDINARY)
        if self._database.integer("SELECT count(*) FROM rows WHERE id = ?", (row.id,)):
            return
        if self._rows >= MOST_ROWS:
            raise LedgerFullError(
                f"the ledger is full: it has {MOST_ROWS} rows; delete some, or keep them for a shorter time"
            )
        clip = self._write_clip(row, pcm) if pcm and times.clip_until is not None else _NO_CLIP
        try:
            self._insert(row, raw, times, clip)
        except BaseException:
            if clip.key is not None:
                self._clips.remove([row.id])
            raise
        self._time.is_kept()
        self._rows += 1
        self._clip_bytes += clip.size_bytes

    def count_only(self, row: TurnRow, made: datetime) -> None:
        """Count a turn of which nothing is kept."""
        with self._database.transaction():
            self._tallies.count(row, made, self._time.on_the_wall(made))
            self._time.write()
        self._time.is_kept()

    def _write_clip(self, row: TurnRow, pcm: bytes) -> _Clip:
        key = new_key()
        content = encrypted(key, pcm[:LARGEST_PCM_BYTES], _place(row, "clip"), self._algorithm)
        if self._clip_bytes + len(content) > MOST_CLIP_BYTES:
            _LOG.warning("ledger: row %s is kept without its clip: %d bytes of others", row.id, self._clip_bytes)
            return _NO_CLIP
        if not self._clips.has_room(len(content)):
            _LOG.warning("ledger: row %s is kept without its clip: the disk is nearly full", row.id)
            return _NO_CLIP
        try:
            self._clips.write(row.id, content)
        except LedgerError as error:
            _LOG.warning("ledger: row %s is kept without its clip: %s", row.id, error)
            return _NO_CLIP
        return _Clip(key=key, size_bytes=len(content))

    def _insert(self, row: TurnRow, raw: bytes, times: Times, clip: _Clip) -> None:
        ring, key = self._rotation.ring, new_key()
        clip_until_us = in_us(times.clip_until) if clip.key and times.clip_until else None
        content = encrypted(key, raw, _place(row, "content"), self._algorithm)
        plain = (row.satellite_id, row.area_id, row.user_id, row.kind, row.outcome)
        kept = (in_us(times.keep_until), clip_until_us, clip.size_bytes)
        with self._database.transaction():
            ((seq,),) = self._database.execute(
                _INSERT_ROW, (row.id, in_us(row.at), in_us(times.made), *plain, *kept, ROW_VERSION, content)
            )
            wrapped = ring.wrap(key), None if clip.key is None else ring.wrap(clip.key)
            self._database.execute(_INSERT_KEYS, (seq, ring.current, *wrapped))
            self._wakes.record(row, times.made)
            self._tallies.count(row, times.made, self._time.on_the_wall(times.made))
            self._time.write()


def _place(row: TurnRow, part: Part) -> Place:
    return Place(row_id=row.id, part=part, at_us=in_us(row.at), version=ROW_VERSION)
