"""The witness of a gateway's audit log: keeps its latest head outside the gateway, and tells when the log was changed.

Arithmetic only. A log that is whole in itself may still be another one, or an older one: only somebody elsewhere who
has kept a head can tell. The first head is taken as it comes, from a gateway that is known by its pin.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .wire.broker_messages import AuditHead

SHORT_HASH_CHARS: Final = 16
"""So many characters of a hash are shown to people: 64 bits, which nobody meets by trying."""


class Verdict(StrEnum):
    """What is wrong with a head."""

    WENT_BACK = "went_back"
    """It has fewer rows than the one that is kept."""
    FORKED = "forked"
    """The rows do not lead from the kept head to it: something before was changed, or left out."""
    REPLACED = "replaced"
    """It is another log's: it has another key."""
    UNSIGNED = "unsigned"
    """Its signature is not its key's, so it says nothing. It is not taken, not even by who knows why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A head that is not what follows the kept one."""

    verdict: Verdict
    head: AuditHead


@dataclass(frozen=True, slots=True)
class Kept:
    """What must not be forgotten."""

    head: AuditHead | None = None
    """The latest good one."""
    finding: Finding | None = None
    """The latest bad one, where the log does not continue that."""


class Witness:
    """Of one log."""

    def __init__(self, kept: Kept) -> None:
        """Go on with what was kept."""
        self.kept = kept
        self._end: tuple[int, str] | None = None
        self.begin()

    def begin(self) -> None:
        """Chain from the kept head on: the gateway is about to tell all rows after it."""
        head = self.kept.head
        self._end = None if head is None else (head.size, head.hash)

    def chain(self, first: int, rows: Iterable[str]) -> None:
        """Take the rows that follow; with a gap before them, nothing follows until `begin`."""
        if self._end is None or first != self._end[0] + 1:
            self._end = None
            return
        size, link = self._end
        for row in rows:
            size, link = size + 1, row_hash(link, row)
        self._end = size, link

    def judge(self, head: AuditHead) -> Verdict | None:
        """Keep `head` where all is well; return what is wrong where not. `kept` is another one where that is news."""
        kept = self.kept
        verdict = self._wrong_with(head)
        if verdict is None:
            self.kept = Kept(head)
            self._end = head.size, head.hash
        elif verdict is not Verdict.UNSIGNED or kept.finding is None:
            self.kept = Kept(kept.head, Finding(verdict, head))
        return verdict

    def accept(self, head: AuditHead) -> None:
        """Keep a head that did not follow the kept one, because somebody knows why."""
        self.kept = Kept(head)
        self.begin()

    def _wrong_with(self, head: AuditHead) -> Verdict | None:
        kept = self.kept.head
        if not is_signed(head):
            return Verdict.UNSIGNED
        if kept is None:
            return None
        if head.key != kept.key:
            return Verdict.REPLACED
        if head.size < kept.size:
            return Verdict.WENT_BACK
        is_well = (head.size, head.hash) in ((kept.size, kept.hash), self._end)
        return None if is_well else Verdict.FORKED


def empty_hash(key: str) -> str:
    """Return the hash of the log of a key while nothing is in it, all in hex."""
    return hashlib.sha256(b"local-voice audit log" + bytes.fromhex(key)).hexdigest()


def row_hash(previous: str, row: str) -> str:
    """Return the hash of the log that ends with `row`, after the one with the hash `previous`, both in hex."""
    return hashlib.sha256(b"\0" + bytes.fromhex(previous) + row.encode()).hexdigest()


def is_signed(head: AuditHead) -> bool:
    """Tell whether the owner of a head's key has signed it."""
    content = f"local-voice audit head\n{head.size}\n{head.hash}\n{head.at}\n".encode()
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(head.key)).verify(bytes.fromhex(head.signature), content)
    except InvalidSignature, ValueError:  # ValueError: no point of the curve
        return False
    return True


def short(head: AuditHead) -> str:
    """Return a head as people compare it."""
    return f"{head.size}:{head.hash[:SHORT_HASH_CHARS]}"
