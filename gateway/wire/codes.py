"""Pairing: a code that a person reads off one device and types into another, and proofs that both know it.

Both sides prove it with HMAC-SHA-256 over everything that was agreed: role, name, both nonces, and the fingerprints of
both ports as each side sees them. Someone in between shows other fingerprints, and so fails. The code has 80 bits:
it cannot be searched for in a captured proof (a six-digit code was found in two seconds).
"""

import hashlib
import secrets
from base64 import b32encode
from dataclasses import dataclass
from hmac import compare_digest
from hmac import digest as hmac_digest
from typing import Final

from gateway.errors import ConfigError

CODE_BYTES = 10
CODE_CHARS = 16
GROUP_CHARS = 4
NONCE_BYTES = 32

_ALPHABET: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_MISREAD: Final = str.maketrans("018", "OIB")
"""Base 32 has no 0, 1 and 8; who types one misread its neighbour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What both proofs are bound to."""

    role: str
    name: str
    client_nonce: bytes
    server_nonce: bytes
    voice_fingerprint: bytes
    broker_fingerprint: bytes


def new_code() -> str:
    """Return a code of 16 base32 characters, without its groups."""
    return b32encode(secrets.token_bytes(CODE_BYTES)).decode()


def in_groups(code: str) -> str:
    """Return a code as people read it: `ABCD-EFGH-IJKL-MNOP`."""
    return "-".join(code[start : start + GROUP_CHARS] for start in range(0, len(code), GROUP_CHARS))


def typed_code(text: str) -> str:
    """Return a code as a person typed it: any case, spaces and dashes as they like.

    Raises ConfigError for what cannot be a code.
    """
    code = "".join(text.split()).replace("-", "").upper().translate(_MISREAD)
    if len(code) != CODE_CHARS or not _ALPHABET.issuperset(code):
        raise ConfigError(
            f"that is no pairing code: it has {CODE_CHARS} letters and digits (A to Z, 2 to 7), "
            "like ABCD-EFGH-IJKL-MNOP; `local-voice pair` on the gateway shows one"
        )
    return code


def client_proof(code: str, agreement: Agreement) -> bytes:
    """Return what proves to the gateway that the client knows the code."""
    return _proof(code, b"client", agreement)


def server_proof(code: str, agreement: Agreement) -> bytes:
    """Return what proves to the client that the gateway knows it too."""
    return _proof(code, b"server", agreement)


def is_same(proof: bytes, expected: bytes) -> bool:
    """Compare two proofs in constant time."""
    return compare_digest(proof, expected)


def _proof(code: str, side: bytes, agreement: Agreement) -> bytes:
    parts = (
        b"local-voice pairing 1",
        side,
        agreement.role.encode(),
        agreement.name.encode(),
        agreement.client_nonce,
        agreement.server_nonce,
        agreement.voice_fingerprint,
        agreement.broker_fingerprint,
    )
    message = b"".join(len(part).to_bytes(4) + part for part in parts)
    return hmac_digest(code.encode(), message, hashlib.sha256)
