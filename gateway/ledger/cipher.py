"""How what was said is encrypted: AES-256-GCM or ChaCha20-Poly1305, whichever this machine's processor is quicker at.

Each text and each clip has a key of its own, which encrypts nothing else. What the plain text belongs to (its row,
which part of it, when it was made, the version of the tables) is authenticated with it, so that a ciphertext that is
moved to another place is found out.
"""

import os
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from gateway.errors import LedgerError

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
OVERHEAD_BYTES: Final = 1 + NONCE_BYTES + TAG_BYTES
"""By so much a ciphertext is longer than its text."""
CPUINFO: Final = Path("/proc/cpuinfo")
LARGEST_CPUINFO_CHARS: Final = 64 * 1024
"""Enough for the first processors; all of one machine can do the same."""
_DOMAIN: Final = b"local-voice ledger"

type Part = Literal["content", "clip", "correction", "rule", "timer"]


class Algorithm(IntEnum):
    """The first byte of a ciphertext."""

    AES_256_GCM = 1
    CHACHA20_POLY1305 = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a ciphertext belongs to."""

    row_id: str
    """Of a row; of a rule or a timer, its own."""
    part: Part
    at_us: int
    """When the turn began, in microseconds since 1970; 0 for a timer, which belongs to no turn."""
    version: int
    """The form in which rows were written when this one was."""

    def authenticated(self, algorithm: int) -> bytes:
        """Return this as bytes in which no part can be taken for another."""
        words = (self.row_id, self.part, str(self.at_us), str(self.version), str(algorithm))
        parts = (_DOMAIN, *(word.encode() for word in words))
        return b"".join(len(part).to_bytes(4) + part for part in parts)


def quickest(cpuinfo: Path = CPUINFO) -> Algorithm:
    """Return AES where the processor has instructions for it (a Raspberry Pi 4 has none), ChaCha20 elsewhere."""
    try:
        with cpuinfo.open(encoding="utf-8", errors="replace") as file:
            lines = file.read(LARGEST_CPUINFO_CHARS).splitlines()
    except OSError:
        return Algorithm.CHACHA20_POLY1305
    for line in lines:
        name, _, flags = line.partition(":")
        if name.strip() in ("flags", "Features") and "aes" in flags.split():
            return Algorithm.AES_256_GCM
    return Algorithm.CHACHA20_POLY1305


def encrypted(key: bytes, plain: bytes, place: Place, algorithm: Algorithm) -> bytes:
    """Return `plain` as only `key` can read it."""
    nonce = os.urandom(NONCE_BYTES)
    body = _cipher(algorithm, key).encrypt(nonce, plain, place.authenticated(algorithm))
    return bytes([algorithm]) + nonce + body


def decrypted(key: bytes, stored: bytes, place: Place) -> bytes:
    """Return what `encrypted` was given. Raises LedgerError: the key is another one, or a byte was altered."""
    try:
        algorithm = Algorithm(stored[0])
        nonce, body = stored[1 : 1 + NONCE_BYTES], stored[1 + NONCE_BYTES :]
        return _cipher(algorithm, key).decrypt(nonce, body, place.authenticated(algorithm))
    except (InvalidTag, ValueError, IndexError) as error:
        raise LedgerError(
            f"ledger: the {place.part} of row {place.row_id} cannot be decrypted: it was altered, or its key is another"
        ) from error


def _cipher(algorithm: Algorithm, key: bytes) -> AESGCM | ChaCha20Poly1305:
    return AESGCM(key) if algorithm is Algorithm.AES_256_GCM else ChaCha20Poly1305(key)
