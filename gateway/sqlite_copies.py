"""A SQLite file as it is at one moment, whoever writes it meanwhile: the same on disk, and nothing is changed."""

from pathlib import Path
from typing import Final

import apsw

BUSY_TIMEOUT_MS: Final = 5_000
_HAS_LOG: Final = slice(18, 20)
"""Two bytes of the header that say whether there is a write-ahead log."""


def serialized(path: Path, *, version: int) -> bytes:
    """Return what is in `path`, with what is still in its write-ahead log; the copy has none. Raises apsw.Error.

    Raises ValueError, with the format that it has, where that is not `version`.
    """
    database = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        database.set_busy_timeout(BUSY_TIMEOUT_MS)
        found = database.pragma("user_version")
        if found != version:
            raise ValueError(found)
        content = bytearray(database.serialize("main"))
    finally:
        database.close()
    content[_HAS_LOG] = b"\x01\x01"
    return bytes(content)
