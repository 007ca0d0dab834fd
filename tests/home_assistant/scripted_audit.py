"""An audit log as a script: whole, or tampered with by somebody who has its key. Plain JSON, as on the wire."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ROWS_A_MESSAGE: Final = 24

type Json = dict[str, Any]


class ScriptedLog:
    """Its rows; whoever changes them changes all hashes after them, as who has the key can."""

    def __init__(self, rows: int = 1, *, seed: int = 7) -> None:
        """Have some rows; logs of different seeds have different keys."""
        self._secret = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.key: Final = self._secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.rows: list[str] = []
        for _ in range(rows):
            self.append()

    def append(self, about: str = "") -> None:
        """Write a row."""
        seq = len(self.rows) + 1
        row = {"about": about, "action": "start", "actor": "gateway", "at": at(seq), "detail": {}, "seq": seq}
        self.rows.append(json.dumps(row, sort_keys=True, separators=(",", ":")))

    def hashes(self) -> list[str]:
        """Return the hash of the empty log, then those of all rows."""
        links = [hashlib.sha256(b"local-voice audit log" + self.key).digest()]
        for row in self.rows:
            links.append(hashlib.sha256(b"\0" + links[-1] + row.encode()).digest())
        return [link.hex() for link in links]

    def head(self, size: int | None = None) -> Json:
        """Return the signed end, or what it was when the log had `size` rows."""
        size = len(self.rows) if size is None else size
        link = self.hashes()[size]
        content = f"local-voice audit head\n{size}\n{link}\n{at(size)}\n"
        return {
            "type": "audit_head",
            "size": size,
            "hash": link,
            "at": at(size),
            "key": self.key.hex(),
            "signature": self._secret.sign(content.encode()).hex(),
        }

    def pages(self, after: int) -> Iterator[Json]:
        """Return the rows after so many, in as many messages as they need."""
        for start in range(after, len(self.rows), ROWS_A_MESSAGE):
            yield {"type": "audit_rows", "first": start + 1, "rows": self.rows[start : start + ROWS_A_MESSAGE]}


def at(seq: int) -> str:
    """Return when a row was written: one each second."""
    return f"2026-11-22T07:{seq // 60 % 60:02}:{seq % 60:02}.000+00:00"
