"""Audit logs for tests: small to open, and looked at as a person would who trusts nobody."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from gateway.broker.audit import Action, AuditLog
from gateway.broker.audit_chain import Flaw, Seen
from gateway.broker.audit_database import Synchronous
from gateway.broker.audit_reading import AuditReader
from gateway.wire.broker_words import AuditHead

TIMES: Final = 10 if "LOCAL_VOICE_FULL" in os.environ else 1
"""How much longer the loops are that look for what happens rarely."""


@contextmanager
def opened(folder: Path, *, synchronous: Synchronous = "FULL", vfs: str | None = None) -> Iterator[AuditLog]:
    with closing(AuditLog(folder, synchronous=synchronous, vfs=vfs)) as log:
        yield log


def filled(folder: Path, count: int) -> AuditHead:
    """Write so many rows; return the head."""
    with opened(folder) as log:
        for number in range(1, count + 1):
            log.append("owner", Action.CONFIGURE, f"row {number}")
        return log.head


def flaw(folder: Path, witness: Seen | None = None) -> Flaw | None:
    """Return what `local-voice audit verify` finds."""
    with closing(AuditReader(folder)) as reader:
        return reader.verify(witness)


@contextmanager
def tampering(folder: Path) -> Iterator[sqlite3.Connection]:
    """Open the database as an intruder does who may write the file: without what keeps rows as they are."""
    with closing(sqlite3.connect(folder / "audit.db", isolation_level=None)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        yield database
