"""The audit log: what was done here, without what was said. Rows are only ever added, and none can be changed unseen.

A row is on disk before what it tells of is done; where it cannot be written, that is not done.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import apsw
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.ballast import Ballast
from gateway.broker.audit_chain import (
    Flaw,
    StoredRow,
    empty_hash,
    flaw_at_end,
    row_bytes,
    row_hash,
    signed_bytes,
)
from gateway.broker.audit_database import FILE_NAME, LARGEST_SEQ, AuditDatabase, Synchronous, unusable
from gateway.broker.audit_key import KEY_NAME, create_key, read_key
from gateway.broker.audit_rows import AuditRow, Detail, encoded
from gateway.errors import ConfigError
from gateway.wire.broker_words import AuditHead

BALLAST_NAME: Final = "audit.ballast"

_LOG = logging.getLogger(__name__)


class Action(StrEnum):
    """What was done."""

    START = "start"
    PAIR = "pair"
    REVOKE = "revoke"
    CONFIGURE = "configure"
    DOWNLOAD = "download"
    APPROVE = "approve"
    """A person said yes to one request, which is thereby consumed."""
    REFUSE = "refuse"
    SEND = "send"
    """It is about to leave: its bytes are written next."""
    RESULT = "result"
    """What became of a request that was approved."""
    FORGET = "forget"
    """From here on: what was done with the ledger, after a deletion or a change, and before anything is taken out."""
    PLAY = "play"
    REPLAY = "replay"
    """A recording was recognised again, for a correction."""
    EXPORT = "export"
    CORRECT = "correct"
    UNLEARN = "unlearn"
    RETENTION = "retention"
    SENSITIVITY = "sensitivity"


class AuditError(ConfigError):
    """A row could not be written: what it would have told of must not be done."""


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
        self._ballast.make_room()
        self._database = AuditDatabase(folder / FILE_NAME, is_written=True, synchronous=synchronous, vfs=vfs)
        try:
            self._key = self._own_key(folder)
            self._public = self._key.public_key().public_bytes_raw()
            if self._database.is_new:
                self._database.create(self._signed(0, empty_hash(self._public), self._time()))
            self.flaw = self._resume()
        except apsw.Error as error:
            self.close()
            raise unusable(folder / FILE_NAME, error) from error
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

        `is_urgent` is for what must be possible on a full disk: room is made for it, and for what it tells of.
        """
        return self._append(actor, action, about, detail, is_urgent=is_urgent)

    def approve(self, actor: str, request_id: str, **detail: Detail) -> AuditHead:
        """Write the row of a yes to a request, which is consumed with it: one that was before cannot be again, ever.

        Raises AuditError.
        """
        return self._append(actor, Action.APPROVE, request_id, detail, consumes=request_id)

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
            if key is not None:
                _LOG.warning("%s: a new log under an old key; if there was a log, it is gone", folder / FILE_NAME)
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
        rows = self._database.last_rows(2)
        flaw = flaw_at_end(rows, head, self._public)
        if head is not None and flaw is None:
            self._head, self._next, self._previous = head, head.size + 1, bytes.fromhex(head.hash)
            return None
        size = max([head.size if head else 0, *(row.seq for row in rows)])
        if not 0 <= size < LARGEST_SEQ:
            raise apsw.CorruptError(f"there is a row {size}")
        link = rows[-1].hash if rows else empty_hash(self._public)
        self._head, self._next, self._previous = self._signed(size, link, self._time()), size + 2, link
        _LOG.error("audit log: %s; it goes on after a gap, `local-voice audit verify` tells more", flaw)
        return flaw

    def _append(
        self,
        actor: str,
        action: Action,
        about: str,
        detail: dict[str, Detail],
        *,
        is_urgent: bool = False,
        consumes: str = "",
    ) -> AuditHead:
        at, seq = self._time(), self._next
        try:
            text = encoded(AuditRow(seq=seq, at=at, actor=actor, action=action, about=about, detail=detail))
        except ValueError as error:
            raise AuditError(f"audit log: {error}") from error
        link = row_hash(self._previous, text)
        stored = StoredRow(seq=seq, text=text, hash=link, signature=self._key.sign(row_bytes(link)))
        head = self._signed(seq, link, at)
        self._write(stored, head, is_urgent=is_urgent, consumes=consumes)
        self._head, self._next, self._previous = head, seq + 1, link
        self._ballast.refill()
        for listener in tuple(self._listeners):
            listener()
        return head

    def _write(self, row: StoredRow, head: AuditHead, *, is_urgent: bool, consumes: str) -> None:
        if is_urgent:
            self._ballast.make_room()
        try:
            try:
                self._database.add(row, head, consumes=consumes)
            except apsw.FullError, apsw.IOError:
                if not (is_urgent and self._ballast.give_up()):
                    raise
                self._database.add(row, head, consumes=consumes)
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
