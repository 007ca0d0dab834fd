"""A disk whose power can be cut: what was written and not yet synced is there afterwards, or is not, sector by sector.

SQLite runs on it through an APSW VFS. The files themselves lie where they always do; beside them is kept what a power
cut would leave of them.
"""

import random
from collections.abc import Buffer, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import apsw

SECTOR_BYTES: Final = 512
type Before = Callable[[str], None]
"""Called before each operation on a file, with its name; may raise what the operation then raises."""


@dataclass
class _Synced:
    """What is certainly on the disk of one file, and which sectors may be, too."""

    content: bytes = b""
    dirty: set[int] = field(default_factory=set)


class Disk(apsw.VFS):
    """The file system, under a name of its own until `close`."""

    def __init__(self, name: str, before: Before) -> None:
        self.name = name
        self.before = before
        self.files: dict[Path, _Synced] = {}
        super().__init__(name, "")

    def close(self) -> None:
        self.unregister()

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return _File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.before(f"delete {Path(filename).name}")
        super().xDelete(filename, syncdir)
        self.files.pop(Path(filename), None)

    def after_cut(self, chance: random.Random) -> dict[Path, bytes]:
        """Return what is in each file if the power fails now."""
        return {path: self._left(path, synced, chance) for path, synced in self.files.items()}

    def _left(self, path: Path, synced: _Synced, chance: random.Random) -> bytes:
        now = path.read_bytes() if path.exists() else b""
        left = bytearray(synced.content)
        share = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        for sector in sorted(synced.dirty):
            if chance.random() < share:
                start = sector * SECTOR_BYTES
                written = now[start : start + SECTOR_BYTES]
                left.extend(bytes(max(0, start + len(written) - len(left))))
                left[start : start + len(written)] = written
        return bytes(left)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "")
        self._path = path
        self._synced = disk.files.setdefault(path, _Synced(path.read_bytes() if path.exists() else b""))
        super().__init__("", name, flags)

    def xWrite(self, data: Buffer, offset: int) -> None:  # noqa: N802
        self._disk.before(f"write {self._path.name}")
        super().xWrite(data, offset)
        first, last = offset // SECTOR_BYTES, (offset + len(memoryview(data)) - 1) // SECTOR_BYTES
        self._synced.dirty.update(range(first, last + 1))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.before(f"truncate {self._path.name}")
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.before(f"sync {self._path.name}")
        self._synced.content = self._path.read_bytes()
        self._synced.dirty.clear()
