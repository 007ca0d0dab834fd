"""A file that is only there to be given up: on a full disk it makes room for what must be written all the same."""

import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

SIZE_BYTES: Final = 8 * 1024 * 1024
"""Room for more than a thousand rows, and for deleting what takes up the rest."""
ROOM_BYTES: Final = 1024 * 1024
"""A disk with less than this is full: what is about to be written, and what goes with it, might not fit."""
_PIECE_BYTES: Final = 256 * 1024

_LOG = logging.getLogger(__name__)


class Ballast:
    """One such file. Raises nothing: that there is none is no reason to stop."""

    def __init__(self, path: Path, size_bytes: int = SIZE_BYTES) -> None:
        """Nothing is written before `refill`."""
        self._path = path
        self._size_bytes = size_bytes

    def refill(self) -> None:
        """Make the file again where it is not there and the disk has room for it twice."""
        if self._is_there() or self._free_bytes() < 2 * self._size_bytes:
            return
        try:
            self._write()
        except OSError as error:
            self._remove()
            _LOG.warning("%s: there is no room to be given up on a full disk (%s)", self._path, error.strerror)

    def make_room(self) -> None:
        """Give the file up where the disk is full."""
        if self._free_bytes() < ROOM_BYTES:
            self.give_up()

    def give_up(self) -> bool:
        """Give the file up; tell whether it was there."""
        is_there = self._is_there()
        self._remove()
        return is_there

    def _is_there(self) -> bool:
        with suppress(OSError):
            return self._path.stat().st_size == self._size_bytes
        return False

    def _free_bytes(self) -> int:
        """Return how much the disk has for this user; so much as if it were not full where that cannot be told."""
        try:
            disk = os.statvfs(self._path.parent)
        except OSError:
            return ROOM_BYTES
        return disk.f_bavail * disk.f_frsize

    def _write(self) -> None:
        """Write random bytes: zeros would take no room on a file system that leaves holes, or compresses."""
        with open(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
            missing_bytes = self._size_bytes
            while missing_bytes:
                missing_bytes -= file.write(os.urandom(min(_PIECE_BYTES, missing_bytes)))
            file.flush()
            os.fsync(file.fileno())

    def _remove(self) -> None:
        with suppress(OSError):
            self._path.unlink()
