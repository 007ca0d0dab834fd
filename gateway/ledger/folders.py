"""The ledger's folder: made for its owner alone, known to the disk, and kept by one process at a time."""

import fcntl
import os
from pathlib import Path

from gateway.errors import LedgerError


def sync_folder(folder: Path) -> None:
    """Have the disk know which files are in `folder`. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make `folder` where it is missing, for its owner alone, in one that is there. Raises OSError."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700)
        sync_folder(folder.parent)


def keep_folder(folder: Path) -> int:
    """Return the locked descriptor of `folder`, which is made where it is missing; close it to let others have it.

    Raises LedgerError where another process has it.
    """
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_folder(folder)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise LedgerError(f"{folder}: cannot be used ({error.strerror}); check its permissions") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise LedgerError(f"{folder}: another process keeps this ledger; stop it first") from error
    return descriptor
