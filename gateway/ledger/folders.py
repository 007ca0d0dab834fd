"""The ledger's folder: made for its owner alone, known to the disk, and kept by one process at a time."""

from pathlib import Path

from gateway.errors import LedgerError
from gateway.files import locked_folder, sync_folder


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
        return locked_folder(folder)
    except BlockingIOError as error:
        raise LedgerError(f"{folder}: another process keeps this ledger; stop it first") from error
    except OSError as error:
        raise LedgerError(f"{folder}: cannot be used ({error.strerror}); check its permissions") from error
