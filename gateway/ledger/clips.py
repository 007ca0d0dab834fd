"""Clips: what was recorded of a turn, encrypted, a file each. This module knows files and bytes, and no key."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.errors import ConfigError, LedgerError
from gateway.files import read_bounded, sync_folder, write_privately
from gateway.ledger.cipher import OVERHEAD_BYTES
from gateway.ledger.folders import make_folder
from gateway.ledger.rows import is_id

FOLDER_NAME: Final = "clips"
LARGEST_PCM_BYTES: Final = 60 * 32_000
"""A minute; a turn's speech has at most half of that. Of more, the beginning is kept."""
LARGEST_BYTES: Final = LARGEST_PCM_BYTES + OVERHEAD_BYTES
RESERVED_BYTES: Final = 256 * 1024 * 1024
"""Of a disk, or a twentieth of a small one: what else this machine does goes on, whatever there is to record."""
_SUFFIX: Final = ".bin"
_UNFINISHED: Final = ".part"


class Clips:
    """The folder of clips, each in `AB/ID.bin`, where AB are the first two digits of its row's id."""

    def __init__(self, folder: Path) -> None:
        """Nothing is made before the first clip is written."""
        self._folder = folder

    def has_room(self, size_bytes: int) -> bool:
        """Tell whether a clip of this size leaves enough of the disk free, as far as that can be told."""
        try:
            disk = os.statvfs(self._folder.parent)
        except OSError:
            return True
        reserved_bytes = min(RESERVED_BYTES, disk.f_blocks * disk.f_frsize // 20)
        return disk.f_bavail * disk.f_frsize - size_bytes >= reserved_bytes

    def write(self, row_id: str, content: bytes) -> None:
        """Write a clip; it is on disk when this returns. Raises LedgerError."""
        path = self._path(row_id)
        try:
            make_folder(self._folder)
            make_folder(path.parent)
            write_privately(path, content)
        except OSError as error:
            raise LedgerError(f"{path.parent}: no clip can be kept there ({error.strerror})") from error
        except ConfigError as error:
            raise LedgerError(str(error)) from error

    def read(self, row_id: str) -> bytes | None:
        """Return a clip; None where there is none. Raises LedgerError."""
        try:
            return read_bounded(self._path(row_id), LARGEST_BYTES)
        except ConfigError as error:
            raise LedgerError(str(error)) from error

    def remove(self, row_ids: Iterable[str]) -> None:
        """Remove these clips, where they are; the disk knows when this returns. Raises LedgerError."""
        try:
            folders = set()
            for row_id in row_ids:
                path = self._path(row_id)
                with suppress(FileNotFoundError):
                    path.unlink()
                    folders.add(path.parent)
            for folder in folders:
                sync_folder(folder)
        except OSError as error:
            raise LedgerError(f"{self._folder}: a clip cannot be removed ({error.strerror})") from error

    def ids(self) -> Iterator[str]:
        """Yield the row of each clip that is there."""
        for path in self._files():
            if path.suffix == _SUFFIX and is_id(path.stem) and path == self._path(path.stem):
                yield path.stem

    def remove_unfinished(self) -> None:
        """Remove what was being written when the power failed. Raises LedgerError."""
        try:
            for path in self._files():
                if path.suffix == _UNFINISHED:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise LedgerError(f"{self._folder}: an unfinished clip cannot be removed ({error.strerror})") from error

    def _files(self) -> Iterator[Path]:
        with suppress(FileNotFoundError):
            for folder in sorted(os.listdir(self._folder)):  # noqa: PTH208 - names are enough
                with suppress(NotADirectoryError):
                    yield from sorted((self._folder / folder).iterdir())

    def _path(self, row_id: str) -> Path:
        return self._folder / row_id[:2] / f"{row_id}{_SUFFIX}"
