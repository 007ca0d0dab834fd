"""Making a gateway of a backup: in a folder beside the place where it is to be, which takes its name when all is there.

Whatever is wrong with the file, or goes wrong, nothing has changed then.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from gateway.backup.contents import (
    IDENTITIES,
    LARGEST_LIST_BYTES,
    LEDGER_DATABASE,
    LEDGER_FOLDER,
    LENGTH_BYTES,
    Contents,
    is_of_a_gateway,
)
from gateway.backup.sealing import SealedReader
from gateway.broker.audit_database import FILE_NAME as AUDIT_NAME
from gateway.broker.audit_reading import AuditReader
from gateway.broker.cloud_store import CloudStore
from gateway.broker.store import PeerStore
from gateway.errors import ConfigError
from gateway.files import sync_folder
from gateway.ledger.ledger import Ledger
from gateway.wire.identity import load_or_create_identity

PIECE_BYTES: Final = 1024 * 1024


def restore(file: BinaryIO, passphrase: str, folder: Path) -> Contents:
    """Make `folder`, which must not be in use, of the backup in `file`; return what was in it.

    Raises VoiceError, with nothing changed.
    """
    check_unused(folder)
    reader = SealedReader(file, passphrase)
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _beside(folder) as made:
            contents = _contents(reader)
            for known in contents.files:
                _write(made / known.name, reader, known.size)
            reader.end()
            _try_out(made, contents)
            _give_to_owner(made, folder)
            _sync(made)
            check_unused(folder)
            made.rename(folder)  # over an empty folder, if there is one, and over no other
        sync_folder(folder.parent)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written ({error.strerror}); nothing was restored") from error
    return contents


def check_unused(folder: Path) -> None:
    """Raise ConfigError where a gateway runs, or has run, in `folder`."""
    try:
        is_used = any(folder.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be used ({error.strerror}); check its permissions") from error
    if is_used:
        raise ConfigError(
            f"{folder}: a gateway has been here, or still is; stop it and move this folder away first; nothing was "
            "restored"
        )


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Make a folder that only we may read, and remove what is left of it at the end; also of an earlier try."""
    for left in folder.parent.glob(f".{folder.name}.*.restoring"):
        shutil.rmtree(left, ignore_errors=True)
    made = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.restoring")
    made.mkdir(mode=0o700)
    try:
        yield made
    finally:
        with suppress(FileNotFoundError):
            shutil.rmtree(made)


def _contents(reader: SealedReader) -> Contents:
    size = int.from_bytes(reader.read(LENGTH_BYTES))
    if size > LARGEST_LIST_BYTES:
        raise _not_ours()
    try:
        contents = msgspec.json.decode(reader.read(size), type=Contents)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise _not_ours() from error
    names = {known.name for known in contents.files}
    is_whole = names.issuperset(IDENTITIES) and len(names) == len(contents.files)
    if not is_whole or not all(map(is_of_a_gateway, contents.files)):
        raise _not_ours()
    return contents


def _write(path: Path, reader: SealedReader, size: int) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
        while size:
            piece = reader.read(min(size, PIECE_BYTES))
            file.write(piece)
            size -= len(piece)
        file.flush()
        os.fsync(file.fileno())


def _try_out(made: Path, contents: Contents) -> None:
    """Raise VoiceError where a gateway could not be started with this."""
    names = {known.name for known in contents.files}
    for name in IDENTITIES:
        load_or_create_identity(made / name)
    PeerStore(made).close()
    CloudStore(made)
    if AUDIT_NAME in names:
        AuditReader(made).close()
    if LEDGER_DATABASE in names:
        Ledger(made / LEDGER_FOLDER).close()


def _give_to_owner(made: Path, folder: Path) -> None:
    """Let what root restores for a service be the service's."""
    owner = (folder if folder.exists() else folder.parent).stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        for path in (made, *made.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _sync(made: Path) -> None:
    for path in (made, *made.rglob("*")):
        if path.is_dir():
            sync_folder(path)


def _not_ours() -> ConfigError:
    return ConfigError("what is in this backup is no gateway of this version; nothing was restored")
