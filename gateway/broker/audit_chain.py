"""What makes the audit log tell of every change: hashes that chain its rows, and signatures over rows and head.

Arithmetic only. `docs/audit.md` describes it for whoever wants to check a log without this program.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.broker.audit_rows import decoded
from gateway.wire.broker_words import AuditHead

HASH_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
SHORT_HASH_CHARS: Final = 16
"""So many characters of a hash are shown to people: 64 bits, which nobody meets by trying."""


_NO_HEAD: Final = "nobody can tell whether there was one: the head is missing, or not signed by this log"


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row as it lies on disk; nothing in it is to be believed yet."""

    seq: int
    text: str
    """As it is hashed: compact JSON in ASCII, its keys in order."""
    hash: bytes
    signature: bytes
    """Over `row_bytes(hash)`: says which row was changed where somebody computed all hashes anew."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A head that somebody else has kept: Home Assistant, or a person on paper."""

    size: int
    hash: str
    """In hex; the first `SHORT_HASH_CHARS` characters are enough."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Where a log is not what was written."""

    row: int
    """The first row that is known to be bad, or missing."""
    why: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.why}"


def empty_hash(key: bytes) -> bytes:
    """Return the hash of the log of this public key while nothing is in it."""
    return hashlib.sha256(b"local-voice audit log" + key).digest()


def row_hash(previous: bytes, row: str) -> bytes:
    """Return the hash of the log that ends with `row`, after the one with the hash `previous`."""
    return hashlib.sha256(b"\0" + previous + row.encode("utf-8", "surrogatepass")).digest()


def row_bytes(link: bytes) -> bytes:
    """Return what is signed of a row, by its hash. Never mistaken for a head."""
    return b"local-voice audit row\n" + link


def signed_bytes(head: AuditHead) -> bytes:
    """Return what is signed of a head: four lines."""
    return f"local-voice audit head\n{head.size}\n{head.hash}\n{head.at}\n".encode()


def is_signed(key: bytes, signature: bytes, content: bytes) -> bool:
    """Tell whether the owner of the public key `key` has signed `content`."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
    except InvalidSignature, ValueError:
        return False
    return True


def is_head_signed(head: AuditHead, key: bytes) -> bool:
    """Tell whether `head` was made by the owner of the public key `key`."""
    try:
        signature = bytes.fromhex(head.signature)
    except ValueError:
        return False
    return head.key == key.hex() and is_signed(key, signature, signed_bytes(head))


def verify(
    rows: Iterable[StoredRow], head: AuditHead | None, key: bytes, *, witness: Seen | None = None
) -> Flaw | None:
    """Return the first row that is not as it was written, or None where the whole log is what it was.

    Who has the private key can write another log that is in itself whole, and everybody can put back an older one:
    that is found by `witness` only.
    """
    links: list[StoredRow] = []
    previous = empty_hash(key)
    hashes = [previous]
    for number, row in enumerate(rows, start=1):
        if why := _why_unchained(number, row, previous):
            return Flaw(number, why)
        previous = row.hash
        hashes.append(previous)
        links.append(row)
    return (
        _rewritten(links, key)
        or _against_head(hashes, head, key)
        or (_against_witness(hashes, witness) if witness else None)
        or _unsigned(links, key)
    )


def flaw_at_end(last_rows: Sequence[StoredRow], head: AuditHead | None, key: bytes) -> Flaw | None:
    """Return what is wrong with the end of a log, of which these are the last two rows: what is quickly seen."""
    last = last_rows[-1] if last_rows else StoredRow(seq=0, text="", hash=empty_hash(key), signature=b"")
    if head is None or not is_head_signed(head, key):
        return Flaw(last.seq + 1, _NO_HEAD)
    if head.size != last.seq:
        return _of_other_size(head, last.seq)
    is_whole = head.hash == last.hash.hex() and (last.seq == 0 or _follows(last, last_rows[:-1], key))
    return None if is_whole else Flaw(last.seq, "is not what was written")


def _follows(last: StoredRow, before: Sequence[StoredRow], key: bytes) -> bool:
    if last.seq == 1:
        return row_hash(empty_hash(key), last.text) == last.hash
    if before and before[-1].seq == last.seq - 1:
        return row_hash(before[-1].hash, last.text) == last.hash
    return _is_row_signed(last, key)  # after a gap, of which was told when it was made


def _why_unchained(number: int, row: StoredRow, previous: bytes) -> str:
    if row.seq != number:
        return f"is missing (after row {number - 1} comes row {row.seq})"
    if row_hash(previous, row.text) != row.hash:
        return "is not what was written, or does not follow the row before"
    said = decoded(row.text)
    if said is None:
        return "is not a row"
    return "" if said.seq == number else f"calls itself row {said.seq}"


def _rewritten(rows: list[StoredRow], key: bytes) -> Flaw | None:
    """Return the first row that somebody without the key wrote, with all the hashes after it.

    A hash depends on all rows before: from the first such row on, no signature is good.
    """
    if not rows or _is_row_signed(rows[-1], key):
        return None
    return Flaw(
        bisect_left(rows, True, key=lambda row: not _is_row_signed(row, key)) + 1, "was not written by this log"
    )


def _unsigned(rows: list[StoredRow], key: bytes) -> Flaw | None:
    bad = next((row for row in rows if not _is_row_signed(row, key)), None)
    return None if bad is None else Flaw(bad.seq, "its signature is not this log's")


def _is_row_signed(row: StoredRow, key: bytes) -> bool:
    return is_signed(key, row.signature, row_bytes(row.hash))


def _against_head(hashes: list[bytes], head: AuditHead | None, key: bytes) -> Flaw | None:
    size = len(hashes) - 1
    if head is None or not is_head_signed(head, key):
        return Flaw(size + 1, _NO_HEAD)
    if head.size != size:
        return _of_other_size(head, size)
    return None if head.hash == hashes[size].hex() else Flaw(size, "is not the row that the head was signed for")


def _of_other_size(head: AuditHead, size: int) -> Flaw:
    if head.size > size:
        return Flaw(size + 1, f"is missing (the log had {head.size} rows)")
    return Flaw(head.size + 1, f"was added by somebody else (the log had {head.size} rows)")


def _against_witness(hashes: list[bytes], seen: Seen) -> Flaw | None:
    size = len(hashes) - 1
    if seen.size > size:
        return Flaw(size + 1, f"is missing (there were {seen.size} rows when the head was taken down)")
    if hashes[seen.size].hex().startswith(seen.hash):
        return None
    return Flaw(seen.size, "it, or one before, is not what it was when the head was taken down")
