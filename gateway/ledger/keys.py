"""The ledger's keys. Each text and each clip has a random key, which lies wrapped beside it; what wraps is in a file.

The file `ledger.key` is in the ledger's folder, and only its owner may read it. So a copy of the database and the
clips alone, in a backup that leaked, tells nothing of what was said. It does not help against who has the whole disk:
the key lies on it.

Whoever deletes a row deletes its wrapped key. An older copy of that may be somewhere on the disk all the same: flash
memory keeps what was overwritten for a while. So the wrapping key is replaced every day, and after each deletion that
somebody asked for: the keys of what stays are wrapped anew, and the old wrapping key is gone from the file system.
While that goes on the file holds both, so that everything can be read whenever the power fails.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, Literal

import msgspec
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from gateway.errors import ConfigError, LedgerError
from gateway.files import read_bounded, write_privately
from gateway.ledger.cipher import KEY_BYTES

FILE_NAME: Final = "ledger.key"
LARGEST_BYTES: Final = 4 * 1024
"""Two keys take 200 bytes."""
WRAPPED_BYTES: Final = KEY_BYTES + 8
MOST_KEYS: Final = 2
"""The old one and the new one, while one takes the other's place."""
_CHECK: Final = bytes(KEY_BYTES)
"""What is wrapped to find out whether database and key belong together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """The wrapping keys of one ledger, by their numbers; the largest wraps what is new."""

    keys: Mapping[int, bytes] = field(repr=False)

    @property
    def current(self) -> int:
        """The number of the key that wraps what is new."""
        return max(self.keys)

    @property
    def is_replacing(self) -> bool:
        """Whether an old key is still there."""
        return len(self.keys) > 1

    def with_another(self) -> KeyRing:
        """Return the ring with a new key, the next to wrap."""
        return _ring({**self.keys, self.current + 1: os.urandom(KEY_BYTES)})

    def without_old(self) -> KeyRing:
        """Return the ring with nothing but the current key."""
        return _ring({self.current: self.keys[self.current]})

    def wrap(self, key: bytes) -> bytes:
        """Return `key` wrapped by the current key."""
        return aes_key_wrap(self.keys[self.current], key)

    def unwrap(self, number: int, wrapped: bytes) -> bytes:
        """Return the key that the key `number` wrapped. Raises LedgerError."""
        try:
            return aes_key_unwrap(self.keys[number], wrapped)
        except KeyError as error:
            raise LedgerError(f"ledger: wrapping key {number} is not in {FILE_NAME}: it belongs elsewhere") from error
        except (InvalidUnwrap, ValueError) as error:
            raise LedgerError(
                "ledger: a key cannot be unwrapped: it was altered, or the wrapping key is another"
            ) from error

    def rewrap(self, number: int, wrapped: bytes) -> bytes:
        """Return what the key `number` wrapped, wrapped by the current one. Raises LedgerError."""
        return self.wrap(self.unwrap(number, wrapped))

    def check(self) -> bytes:
        """Return what tells in a database that it belongs to the current key."""
        return self.wrap(_CHECK)

    def is_of(self, check: bytes) -> bool:
        """Tell whether `check` was made by a key of this ring."""
        for number in self.keys:
            try:
                return self.unwrap(number, check) == _CHECK
            except LedgerError:
                continue
        return False


def new_key() -> bytes:
    """Return a key for one text or one clip."""
    return os.urandom(KEY_BYTES)


def new_ring() -> KeyRing:
    """Return the ring of a new ledger."""
    return _ring({1: os.urandom(KEY_BYTES)})


def read_ring(path: Path) -> KeyRing | None:
    """Return the keys in `path`; None where there is no such file. Raises LedgerError."""
    try:
        raw = read_bounded(path, LARGEST_BYTES)
        if raw is None:
            return None
        stored = msgspec.json.decode(raw, type=_File)
        return _ring({key.number: bytes.fromhex(key.key) for key in stored.keys})
    except ConfigError as error:
        raise LedgerError(str(error)) from error
    except (msgspec.DecodeError, UnicodeError, ValueError) as error:
        raise LedgerError(
            f"{path}: not a key of the ledger; restore it from a backup, or move the whole folder away: then a new "
            "ledger begins"
        ) from error


def write_ring(path: Path, ring: KeyRing) -> None:
    """Replace what is in `path`; the new keys are on disk when this returns. Raises LedgerError."""
    stored = _File(version=1, keys=tuple(_Key(number=number, key=key.hex()) for number, key in ring.keys.items()))
    try:
        write_privately(path, msgspec.json.encode(stored))
    except ConfigError as error:
        raise LedgerError(f"{path}: cannot be written; make room on the disk, and check its permissions") from error


def remove_unfinished(folder: Path) -> None:
    """Remove key files that were not finished when the power failed; each holds keys. Raises LedgerError."""
    try:
        for path in folder.glob(f".{FILE_NAME}.*.part"):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise LedgerError(f"{folder}: cannot be cleared of unfinished files ({error.strerror})") from error


def _ring(keys: dict[int, bytes]) -> KeyRing:
    return KeyRing(keys=MappingProxyType(keys))


class _Key(msgspec.Struct, frozen=True):
    number: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    key: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")] = msgspec.field()


class _File(msgspec.Struct, frozen=True):
    version: Literal[1]
    keys: Annotated[tuple[_Key, ...], msgspec.Meta(min_length=1, max_length=MOST_KEYS)]
