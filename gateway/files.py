"""Files written wholly or not at all, and those that only their owner may read: keys, tokens and what else is small."""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Buffer, Iterator
from pathlib import Path
from typing import BinaryIO

from gateway.errors import ConfigError


def write_whole(path: Path, content: Buffer, *, mode: int = 0o666, is_of_folder: bool = False) -> None:
    """Write `content` wholly, or not at all; an earlier file of that name is replaced. Raises OSError.

    `mode` is what a new file may be used for at most; the person's umask takes from it. One that `is_of_folder` belongs
    to who owns that, where root writes it.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:  # noqa: PTH123
            if is_of_folder:
                _give_to_owner(file.fileno(), path.parent)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink()


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Write a file with mode 0600 piece by piece; it is whole and on disk when the block ends, gone after an error.

    A kill leaves what was written by then, under its own name: where somebody sees it, and can remove it.
    Raises OSError: FileExistsError where there is something of that name already; that stays as it is.
    """
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            sync_folder(path.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                path.unlink()
            raise


def write_privately(path: Path, content: bytes) -> None:
    """Write `content` with mode 0600 so that it survives a power cut; an earlier file of that name is replaced.

    Folders that are missing are made with mode 0700. Raises ConfigError where that is not possible.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, content, mode=0o600, is_of_folder=True)
        sync_folder(path.parent)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); choose another place for it") from error


def read_bounded(path: Path, limit_bytes: int) -> bytes | None:
    """Return what is in `path`; None where there is no such file.

    Raises ConfigError where it is too large or cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(limit_bytes + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    if len(content) > limit_bytes:
        raise ConfigError(f"{path}: more than {limit_bytes} bytes; that is no file of ours")
    return content


def make_private(path: Path) -> None:
    """Make an empty file where there is none; only its owner may read it, and the disk knows. Raises OSError.

    A link to some other file is none of ours, and is not followed: root may be asked to look into somebody's folder.

    SQLite gives the files beside a database the same mode.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
    sync_folder(path.parent)


def locked_folder(folder: Path) -> int:
    """Return the descriptor of `folder`, locked until it is closed, or the process ends.

    Raises OSError: BlockingIOError where another process has the lock.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def sync_folder(folder: Path) -> None:
    """Have the disk know which files are in `folder`. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _give_to_owner(descriptor: int, folder: Path) -> None:
    """Let a file that root makes in somebody else's folder be theirs: a service has to read what root did for it."""
    owner = folder.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        with contextlib.suppress(PermissionError):  # a root without that power keeps it
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
