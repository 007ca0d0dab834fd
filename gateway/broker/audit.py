"""The audit log: what was done here, without what was said. Rows are only ever added, and none can be changed unseen.

A row is on disk before what it tells of is done; where it cannot be written, that is not done.
"""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import apsw
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.broker.audit_chain import (
    Flaw,
    StoredRow,
    empty_hash,
    is_head_signed,
    is_signed,
    row_bytes,
    row_hash,
    signed_bytes,
)
from gateway.broker.audit_database import FILE_NAME, AuditDatabase, Synchronous
from gateway.broker.audit_key import KEY_NAME, create_key, read_key
from gateway.broker.ballast import Ballast
from gateway.errors import ConfigError
from gateway.wire.broker_words import LONGEST_ROW_CHARS, AuditHead

BALLAST_NAME: Final = "audit.ballast"

type Detail = str | int | bool | list[str]

_LOG = logging.getLogger(__name__)


class Action(StrEnum):
    """What was done."""

    START = "start"
    PAIR = "pair"
    REVOKE = "revoke"
    CONFIGURE = "configure"
    DOWNLOAD = "download"


class AuditError(ConfigError):
    """A row could not be written: what it would have told of must not be done."""


class AuditRow(msgspec.Struct, frozen=True):
    """A row as it is read back."""

    seq: int
    at: str
    actor: str
    action: str
    about: str
    detail: dict[str, Detail]


_ROW: Final = msgspec.json.Decoder(AuditRow)


class AuditLog:
    """The log of one gateway, which one process writes."""

    def __init__(
        self,
        folder: Path,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        synchronous: Synchronous = "FULL",
        vfs: str | None = None,
    ) -> None:
        """Open the log in `folder`; the first time, make it and its key. Raises ConfigError.

        A log whose end was tampered with is not refused, for then the house would be without a voice: it goes on after
        a gap of one number, which `verify` finds for good, and Home Assistant at once. `flaw` says what was found.
        """
        self._now = now
        self._listeners: list[Callable[[], None]] = []
        self._next: int
        self._previous: bytes
        self._ballast = Ballast(folder / BALLAST_NAME)
        self._database = AuditDatabase(folder / FILE_NAME, is_written=True, synchronous=synchronous, vfs=vfs)
        try:
            self._key = self._own_key(folder)
            self._public = self._key.public_key().public_bytes_raw()
            if self._database.is_new:
                self._database.create(self._signed(0, empty_hash(self._public), self._time()))
            self.flaw = self._resume()
        except apsw.Error as error:
            self.close()
            raise ConfigError(f"{folder / FILE_NAME}: cannot be used ({error}); restore it from a backup") from error
        except BaseException:
            self.close()
            raise
        self._ballast.refill()

    def close(self) -> None:
        """Close the file; may be called again."""
        self._database.close()

    @property
    def head(self) -> AuditHead:
        """The log's end, signed."""
        return self._head

    def on_append(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after each row from now on; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def append(
        self, actor: str, action: Action, about: str = "", *, is_urgent: bool = False, **detail: Detail
    ) -> AuditHead:
        """Write a row; it is on disk when this returns the new head. Raises AuditError: nothing was written.

        `is_urgent` is for what must be possible on a full disk: room is made for it.
        """
        at = self._time()
        seq = self._next
        row = {"seq": seq, "at": at, "actor": actor, "action": action, "about": about, "detail": detail}
        text = json.dumps(row, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
        if len(text) > LONGEST_ROW_CHARS:
            raise AuditError(f"audit log: a row of {len(text)} characters; {LONGEST_ROW_CHARS} are allowed")
        link = row_hash(self._previous, text)
        stored = StoredRow(seq=seq, text=text, hash=link, signature=self._key.sign(row_bytes(link)))
        head = self._signed(seq, link, at)
        self._write(stored, head, is_urgent=is_urgent)
        self._head, self._next, self._previous = head, seq + 1, link
        if not is_urgent:
            self._ballast.refill()
        for listener in tuple(self._listeners):
            listener()
        return head

    def make_room(self) -> bool:
        """Give up the ballast for something else that must be written on a full disk; tell whether there was any."""
        return self._ballast.give_up()

    def rows(self, after: int, limit: int) -> list[str]:
        """Return the rows with the numbers after `after`, `limit` numbers long. Raises AuditError."""
        try:
            return [row.text for row in self._database.rows(after, limit) if row.seq <= after + limit]
        except apsw.Error as error:
            raise self._failed("read", error) from error

    def hash_at(self, size: int) -> str | None:
        """Return the hash of the log when it had `size` rows, in hex; None where it never had. Raises AuditError."""
        if size == 0:
            return empty_hash(self._public).hex()
        try:
            rows = self._database.rows(size - 1, 1)
        except apsw.Error as error:
            raise self._failed("read", error) from error
        return rows[0].hash.hex() if rows and rows[0].seq == size else None

    def _own_key(self, folder: Path) -> Ed25519PrivateKey:
        """Return the key; a new one where there is no log yet."""
        key = read_key(folder / KEY_NAME)
        if self._database.is_new:
            return key or create_key(folder / KEY_NAME)
        if key is None:
            raise ConfigError(
                f"{folder / KEY_NAME}: the audit log's key is missing; restore it from a backup, or move "
                f"{FILE_NAME} away: then a new log begins, and Home Assistant says so"
            )
        head = self._database.head()
        if head is not None and head.key != key.public_key().public_bytes_raw().hex():
            raise ConfigError(
                f"{folder / KEY_NAME}: this is the key of another audit log than {FILE_NAME}; restore both from one "
                "backup, or move both away: then a new log begins, and Home Assistant says so"
            )
        return key

    def _resume(self) -> Flaw | None:
        """Take up the log where it ends; return what is wrong there."""
        head = self._database.head()
        before, last = ([None, None, *self._database.last_rows(2)])[-2:]
        flaw = self._flaw_at_end(head, last, before)
        if head is not None and flaw is None:
            self._head, self._next, self._previous = head, head.size + 1, bytes.fromhex(head.hash)
            return None
        size = max(0 if head is None else head.size, 0 if last is None else last.seq)
        link = empty_hash(self._public) if last is None else last.hash
        self._head, self._next, self._previous = self._signed(size, link, self._time()), size + 2, link
        _LOG.error("audit log: %s; it goes on after a gap, `local-voice audit verify` tells more", flaw)
        return flaw

    def _flaw_at_end(self, head: AuditHead | None, last: StoredRow | None, before: StoredRow | None) -> Flaw | None:
        size = 0 if last is None else last.seq
        if head is None or not is_head_signed(head, self._public):
            return Flaw(size, "the head after it is missing, or not signed by this log")
        if head.size > size:
            return Flaw(size + 1, f"is missing (the log had {head.size} rows)")
        if head.size < size:
            return Flaw(head.size + 1, f"was added by somebody else (the log had {head.size} rows)")
        link = empty_hash(self._public) if last is None else last.hash
        if head.hash != link.hex() or (last is not None and not self._follows(last, before)):
            return Flaw(size, "is not what was written")
        return None

    def _follows(self, last: StoredRow, before: StoredRow | None) -> bool:
        if last.seq == 1:
            previous = empty_hash(self._public)
        elif before is not None and before.seq == last.seq - 1:
            previous = before.hash
        else:  # after a gap, which is no news
            return is_signed(self._public, last.signature, row_bytes(last.hash))
        return row_hash(previous, last.text) == last.hash

    def _write(self, row: StoredRow, head: AuditHead, *, is_urgent: bool) -> None:
        try:
            try:
                self._database.add(row, head)
            except apsw.FullError, apsw.IOError:
                if not (is_urgent and self._ballast.give_up()):
                    raise
                self._database.add(row, head)
        except apsw.Error as error:
            raise self._failed("written", error) from error

    def _failed(self, verb: str, error: apsw.Error) -> AuditError:
        way_out = "make room on the disk" if isinstance(error, apsw.FullError) else "check the disk"
        return AuditError(f"{self._database.path}: the audit log cannot be {verb} ({error}); {way_out}")

    def _signed(self, size: int, link: bytes, at: str) -> AuditHead:
        head = AuditHead(size=size, hash=link.hex(), at=at, key=self._public.hex(), signature="")
        return msgspec.structs.replace(head, signature=self._key.sign(signed_bytes(head)).hex())

    def _time(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="seconds")
