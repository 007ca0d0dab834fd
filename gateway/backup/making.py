"""Making a backup of a gateway, which may be running: nothing of it is changed, and nothing lies about unencrypted.

What was said is left out unless somebody asks for it: a backup that has it brings back what is deleted later.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

import apsw
import msgspec

from gateway.backup.contents import (
    CLIPS,
    IDENTITIES,
    LARGEST_DATABASE_BYTES,
    LARGEST_SMALL_BYTES,
    LEDGER_DATABASE,
    LEDGER_FOLDER,
    LEDGER_KEY,
    LENGTH_BYTES,
    SMALL,
    Contents,
    FileWords,
    is_of_a_gateway,
)
from gateway.backup.sealing import SealedWriter
from gateway.broker.audit_database import FILE_NAME as AUDIT_NAME
from gateway.broker.audit_database import VERSION as AUDIT_VERSION
from gateway.broker.audit_database import unusable
from gateway.errors import ConfigError
from gateway.files import locked_folder, read_bounded
from gateway.ledger.ledger import Ledger
from gateway.ledger.snapshot import snapshot
from gateway.sqlite_copies import serialized

READ_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Part:
    """A file, in memory or where it lies."""

    name: str
    content: bytes | Path

    @property
    def size(self) -> int:
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size


def back_up(folder: Path, file: BinaryIO, passphrase: str, *, version: str, with_turns: bool) -> Contents:
    """Write the gateway in `folder` into `file`; return what is in it.

    With its turns only while it does not run: they change all the time. Raises VoiceError, OSError.
    """
    sealed = SealedWriter(file, passphrase)
    with ExitStack() as locks:
        if with_turns:
            locks.enter_context(_stopped(folder))
        parts = [*_small(folder), *_audit_log(folder), *_ledger(folder, with_turns=with_turns)]
        files = tuple(FileWords(name=part.name, size=part.size) for part in parts)
        contents = Contents(
            version=version,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            with_turns=with_turns,
            files=files,
        )
        listed = msgspec.json.encode(contents)
        sealed.write(len(listed).to_bytes(LENGTH_BYTES) + listed)
        for part, known in zip(parts, files, strict=True):
            _write(sealed, part, known.size)
    sealed.finish()
    return contents


def _small(folder: Path) -> Iterator[_Part]:
    for name in SMALL:
        content = read_bounded(folder / name, LARGEST_SMALL_BYTES)
        if content is not None:
            yield _Part(name, content)
        elif name in IDENTITIES:
            raise ConfigError(f"{folder / name}: is not there; no gateway has run here yet")


def _audit_log(folder: Path) -> Iterator[_Part]:
    path = folder / AUDIT_NAME
    if not path.exists():
        return
    if path.stat().st_size > LARGEST_DATABASE_BYTES:
        raise ConfigError(f"{path}: more than {LARGEST_DATABASE_BYTES} bytes; that is no audit log of ours")
    try:
        yield _Part(AUDIT_NAME, serialized(path, version=AUDIT_VERSION))
    except apsw.Error as error:
        raise unusable(path, error) from error
    except ValueError as error:
        raise ConfigError(
            f"{path}: of another version of this program (format {error}, known is {AUDIT_VERSION}); "
            "start this version's gateway once, which brings it up to date"
        ) from error


def _ledger(folder: Path, *, with_turns: bool) -> Iterator[_Part]:
    found = snapshot(folder / LEDGER_FOLDER, with_turns=with_turns)
    if found is None:
        return
    database, key = found
    yield _Part(LEDGER_DATABASE, database)
    yield _Part(LEDGER_KEY, key)
    if with_turns:
        for path in sorted((folder / CLIPS).glob("*/*.bin")):
            part = _Part(f"{CLIPS}/{path.parent.name}/{path.name}", path)
            if is_of_a_gateway(FileWords(name=part.name, size=min(part.size, LARGEST_DATABASE_BYTES))):
                yield part


@contextmanager
def _stopped(folder: Path) -> Iterator[None]:
    """Keep a gateway that does not run from being started; what is past its date goes before."""
    with ExitStack() as locks:
        try:
            locks.callback(os.close, locked_folder(folder))
            ledger = folder / LEDGER_FOLDER
            if ledger.is_dir():
                with closing(Ledger(ledger)):
                    pass
                locks.callback(os.close, locked_folder(ledger))
        except BlockingIOError as error:
            raise ConfigError(
                f"{folder}: a gateway is running here, and what it remembers changes meanwhile; stop it first, or make "
                "a backup without turns"
            ) from error
        except FileNotFoundError as error:
            raise ConfigError(f"{folder}: is not there; no gateway has run here yet") from error
        yield


def _write(sealed: SealedWriter, part: _Part, size: int) -> None:
    if isinstance(part.content, bytes):
        sealed.write(part.content)
        return
    with part.content.open("rb") as file:
        left = size
        while left and (piece := file.read(min(READ_BYTES, left))):
            sealed.write(piece)
            left -= len(piece)
        if left or file.read(1):
            raise ConfigError(f"{part.content}: changes while it is read; try again")
