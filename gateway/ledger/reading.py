"""Reading rows and clips: what is past its date is not there, whether or not anybody has removed it."""

import logging
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec

from gateway.errors import LedgerError
from gateway.ledger.cipher import Part, Place, decrypted
from gateway.ledger.clips import Clips
from gateway.ledger.corrections import Correction, decoded_correction
from gateway.ledger.database import Database
from gateway.ledger.rotation import Rotation
from gateway.ledger.rows import TurnRow, decoded
from gateway.ledger.selection import Selection
from gateway.ledger.times import from_us, in_us

MOST_ROWS: Final = 200
"""On one page, or found by one search."""
ROWS_AT_ONCE: Final = 500
"""In memory while a search goes through all of them."""
SEARCH_S: Final = 1.0
"""So long a search goes on, a fifth longer than 10,000 rows take a Raspberry Pi; it can be taken up where it ended."""
MOST_WORDS: Final = 16
LONGEST_SEARCH_CHARS: Final = 200

_COLUMNS: Final = (
    "rows.seq, rows.id, rows.at_us, rows.version, rows.keep_until_us, rows.clip_until_us, rows.content, "
    "keys.wrapped_by, keys.content_key, keys.clip_key, keys.correction_key, corrections.version, corrections.content, "
    "rows.wake_mark"
)
_FIRST: Final = 2**62
_RULE: Final = "SELECT count(*) FROM rules JOIN rule_keys ON rule_keys.seq = rules.seq WHERE rules.id = ?"

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row as it is shown."""

    row: TurnRow
    keep_until: datetime
    """When it will be gone, by the wall clock as it stands now, as is `clip_until`."""
    clip_until: datetime | None = None
    """None where there is no clip."""
    correction: Correction | None = None
    """What somebody said that it should have been."""
    is_false_wake_marked: bool = False
    """Somebody said that nobody had said the wake word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows, newest first."""

    entries: tuple[Entry, ...]
    before: int | None
    """Where the next page begins; None at the end."""
    unreadable: int = 0
    """Rows that were left out, because somebody altered them, or the disk did."""


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    """What the query returns of a row."""

    seq: int
    id: str
    at_us: int
    version: int
    keep_until_us: int
    clip_until_us: int | None
    content: bytes
    wrapped_by: int
    content_key: bytes
    clip_key: bytes | None
    correction_key: bytes | None
    correction_version: int | None
    correction: bytes | None
    wake_mark: str

    def place(self, part: Part) -> Place:
        """Return what a ciphertext of this row belongs to."""
        return Place(row_id=self.id, part=part, at_us=self.at_us, version=self.version)

    def has_clip(self, now: datetime) -> bool:
        """Tell whether there is a clip that may be heard."""
        return self.clip_key is not None and self.clip_until_us is not None and self.clip_until_us > in_us(now)


class Reading:
    """Reads an open ledger. Methods raise apsw.Error and LedgerError."""

    def __init__(
        self,
        database: Database,
        clips: Clips,
        rotation: Rotation,
        on_the_wall: Callable[[datetime], datetime],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`on_the_wall` makes of the ledger's time what people are shown."""
        self._database = database
        self._clips = clips
        self._rotation = rotation
        self._on_the_wall = on_the_wall
        self._monotonic = monotonic

    def page(self, selection: Selection, now: datetime, *, before: int | None, limit: int) -> Page:
        """Return the newest rows that are selected, before the one where another page ended."""
        limit = max(1, min(limit, MOST_ROWS))
        found = self._rows(selection, now, before=before, limit=limit + 1)
        entries = [self._entry_or_none(stored, now) for stored in found[:limit]]
        return _page(entries, found[limit - 1].seq if len(found) > limit else None)

    def get(self, row_id: str, now: datetime) -> Entry | None:
        """Return one row; None where there is none. Raises LedgerError where it cannot be read."""
        found = self._rows(Selection(ids=(row_id,)), now, before=None, limit=1)
        return self._entry(found[0], now) if found else None

    def clip(self, row_id: str, now: datetime) -> bytes | None:
        """Return a row's clip as PCM; None where there is none. Raises LedgerError where it cannot be read."""
        for stored in self._rows(Selection(ids=(row_id,)), now, before=None, limit=1):
            if stored.clip_key is None or not stored.has_clip(now):
                return None
            content = self._clips.read(stored.id)
            if content is None:
                raise LedgerError(f"ledger: the clip of row {stored.id} is missing")
            key = self._rotation.ring.unwrap(stored.wrapped_by, stored.clip_key)
            return decrypted(key, content, stored.place("clip"))
        return None

    def search(self, words: str, selection: Selection, now: datetime, *, before: int | None, limit: int) -> Page:
        """Return the newest rows in which all `words` occur, in what was heard, done or answered.

        It ends after `SEARCH_S` at the latest; then `before` says where it goes on.
        """
        limit = max(1, min(limit, MOST_ROWS))
        wanted = _folded(words[:LONGEST_SEARCH_CHARS]).split()[:MOST_WORDS]
        deadline = self._monotonic() + SEARCH_S
        entries: list[Entry | None] = []
        for stored in self._all_rows(selection, now, before):
            try:
                raw, correction = self._content(stored), self._correction(stored)
                text = _folded((raw + (correction or b"")).decode())
                if all(word in text for word in _in_json(wanted)):
                    entry = self._entry_of(stored, raw, correction, now)
                    if _mentions(entry, wanted):
                        entries.append(entry)
            except LedgerError, UnicodeError:
                _log_unreadable(stored)
                entries.append(None)
            if len(entries) >= limit or self._monotonic() >= deadline:
                return _page(entries, stored.seq)
        return _page(entries, None)

    def count(self, selection: Selection, now: datetime) -> int:
        """Return how many rows are selected, readable or not."""
        where, values = selection.where(in_us(now))
        return self._database.integer(
            "SELECT count(*) FROM rows JOIN keys ON keys.seq = rows.seq "  # noqa: S608 - conditions of ours
            f"WHERE rows.keep_until_us > ? AND {where}",
            (in_us(now), *values),
        )

    def _all_rows(self, selection: Selection, now: datetime, before: int | None) -> Iterator[_Stored]:
        while found := self._rows(selection, now, before=before, limit=ROWS_AT_ONCE):
            yield from found
            before = found[-1].seq

    def _rows(self, selection: Selection, now: datetime, *, before: int | None, limit: int) -> list[_Stored]:
        where, values = selection.where(in_us(now))
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM rows JOIN keys ON keys.seq = rows.seq "  # noqa: S608 - conditions of ours
            "LEFT JOIN corrections ON corrections.seq = rows.seq "
            f"WHERE rows.keep_until_us > ? AND rows.seq < ? AND {where} ORDER BY rows.seq DESC LIMIT ?",
            (in_us(now), _FIRST if before is None else before, *values, limit),
        )
        return [_Stored(*row) for row in rows]  # type: ignore[arg-type]  # the tables are STRICT

    def _content(self, stored: _Stored) -> bytes:
        key = self._rotation.ring.unwrap(stored.wrapped_by, stored.content_key)
        return decrypted(key, stored.content, stored.place("content"))

    def _correction(self, stored: _Stored) -> bytes | None:
        if stored.correction is None or stored.correction_key is None or stored.correction_version is None:
            return None
        key = self._rotation.ring.unwrap(stored.wrapped_by, stored.correction_key)
        place = replace(stored.place("correction"), version=stored.correction_version)
        return decrypted(key, stored.correction, place)

    def _entry(self, stored: _Stored, now: datetime) -> Entry:
        return self._entry_of(stored, self._content(stored), self._correction(stored), now)

    def _entry_of(self, stored: _Stored, raw: bytes, correction: bytes | None, now: datetime) -> Entry:
        clip_until_us = stored.clip_until_us if stored.has_clip(now) else None
        return Entry(
            row=decoded(raw),
            keep_until=self._on_the_wall(from_us(stored.keep_until_us)),
            clip_until=None if clip_until_us is None else self._on_the_wall(from_us(clip_until_us)),
            correction=None if correction is None else self._with_its_rule(decoded_correction(correction)),
            is_false_wake_marked=stored.wake_mark == "false",
        )

    def _with_its_rule(self, correction: Correction) -> Correction:
        """Return it without its rule where that was removed since."""
        is_there = correction.rule_id and self._database.integer(_RULE, (correction.rule_id,))
        return correction if is_there else replace(correction, rule_id="")

    def _entry_or_none(self, stored: _Stored, now: datetime) -> Entry | None:
        try:
            return self._entry(stored, now)
        except LedgerError:
            _log_unreadable(stored)
            return None


def _log_unreadable(stored: _Stored) -> None:
    _LOG.error("ledger: row %s cannot be read: it was altered", stored.id)


def _page(entries: list[Entry | None], before: int | None) -> Page:
    readable = tuple(entry for entry in entries if entry is not None)
    return Page(entries=readable, before=before, unreadable=len(entries) - len(readable))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _in_json(words: list[str]) -> list[str]:
    """Return `words` as they are in JSON, where a quotation mark is written as two characters."""
    return [msgspec.json.encode(word)[1:-1].decode() for word in words]


def _mentions(entry: Entry, words: list[str]) -> bool:
    row, correction = entry.row, entry.correction
    texts = [row.heard, row.used, row.reply, row.intent, *(one.text for one in row.hypotheses)]
    texts += [str(value) for value in row.slots.values()]
    texts += [one.name for one in row.changes]
    texts += [] if correction is None else [correction.meant]
    text = _folded("\n".join(texts))
    return all(word in text for word in words)
