"""The destinations, their keys, the switch and the PIN on disk: one JSON file that only its owner reads.

Whoever keeps the folder (`gateway.broker.store`) may change it; others may read it.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from gateway.broker.adding_destination import LONGEST_CA_CHARS, destination_of, is_visible
from gateway.broker.destination import Content, Destination, Kind
from gateway.errors import ConfigError
from gateway.files import read_bounded, write_privately
from gateway.wire.consent_words import MOST_DESTINATIONS, DestinationWords
from gateway.wire.messages import Count, Hex32, Id, Name, Text

__all__ = ("CloudStore", "check_pin", "destination_of", "destination_words")

FILE_NAME: Final = "cloud.json"
LARGEST_BYTES: Final = 1024 * 1024
"""All destinations with the largest certificates take half of it."""
PIN_CHARS: Final = (4, 32)
"""Of a PIN: at least, and at most."""
SALT_BYTES: Final = 16
SCRYPT: Final[Mapping[str, int]] = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
"""16 MiB and some 50 ms for each guess. Others take another version of the file."""


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A destination as it is stored."""

    id: Id
    kind: Kind
    host: Annotated[Id, msgspec.Meta(pattern=r"\A[!-~]+\Z")]
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)]
    path: Annotated[Id, msgspec.Meta(pattern=r"\A/[!-~]*\Z")]
    model: Id
    is_local: bool
    key: Annotated[Text, msgspec.Meta(pattern=r"\A[!-~]*\Z")]
    key_version: Count
    ca: Annotated[str, msgspec.Meta(max_length=LONGEST_CA_CHARS)]
    added_at: Name


class _Pin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a PIN is checked by."""

    salt: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]
    hash: Hex32


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: Literal[1]
    is_allowed: bool
    last_key_version: Count
    """The largest that was ever given."""
    pin: _Pin | None
    destinations: Annotated[tuple[_Record, ...], msgspec.Meta(max_length=MOST_DESTINATIONS)]


_NOTHING: Final = _File(version=1, is_allowed=False, last_key_version=0, pin=None, destinations=())


class CloudStore:
    """Where requests may be sent to, and whether any may. Each change is on disk before its method returns."""

    def __init__(self, folder: Path) -> None:
        """Read what is in `folder`; nothing is allowed where there is no file. Raises ConfigError for a damaged one."""
        self._path = folder / FILE_NAME
        self._file = _read(self._path)

    @property
    def is_allowed(self) -> bool:
        """The switch "Allow cloud requests"."""
        return self._file.is_allowed

    @property
    def has_pin(self) -> bool:
        """Whether an approval takes a PIN."""
        return self._file.pin is not None

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """All of them, the one added last at the end."""
        return tuple(map(_destination, self._file.destinations))

    def get(self, destination_id: str) -> Destination | None:
        """Return the destination of this id; None where there is none."""
        return next((found for found in self.destinations if found.id == destination_id), None)

    def for_content(self, content: Content) -> Destination | None:
        """Return the destination that was added last of those that take this; None where none does."""
        return next((found for found in reversed(self.destinations) if found.content is content), None)

    def check_room(self, destination_id: str) -> None:
        """Raise ConfigError where there is no room for a destination of this id."""
        if self.get(destination_id) is None and len(self._file.destinations) >= MOST_DESTINATIONS:
            raise ConfigError(
                f"{self._path}: {MOST_DESTINATIONS} destinations leave no room for another; "
                "`local-voice cloud remove` makes some"
            )

    def put(self, destination: Destination) -> Destination:
        """Add a destination, or replace the one of its id; return it as it is stored, with a key version never had.

        Raises ConfigError where there is no room, or the file cannot be written.
        """
        self.check_room(destination.id)
        version = self._file.last_key_version + 1
        stored = replace(destination, key_version=version)
        self._write(last_key_version=version, destinations=(*self._without(destination.id), _record(stored)))
        return stored

    def remove(self, destination_id: str) -> bool:
        """Forget a destination and its key; tell whether there was one. Raises ConfigError where that is not stored."""
        if self.get(destination_id) is None:
            return False
        self._write(destinations=self._without(destination_id))
        return True

    def allow(self, is_allowed: bool) -> None:
        """Set the switch. Raises ConfigError where that is not stored; off, it is so all the same until a restart."""
        try:
            self._write(is_allowed=is_allowed)
        finally:
            if not is_allowed:
                self._file = msgspec.structs.replace(self._file, is_allowed=False)

    def set_pin(self, pin: str) -> None:
        """Have an approval take this PIN, or none where it is empty. Raises ConfigError."""
        if not pin:
            self._write(pin=None)
            return
        check_pin(pin)
        salt = secrets.token_bytes(SALT_BYTES)
        self._write(pin=_Pin(salt=salt.hex(), hash=_hashed(pin, salt)))

    def is_pin(self, pin: str) -> bool:
        """Tell whether this is the PIN; anything is where there is none."""
        kept = self._file.pin
        return kept is None or hmac.compare_digest(_hashed(pin, bytes.fromhex(kept.salt)), kept.hash)

    def _without(self, destination_id: str) -> tuple[_Record, ...]:
        return tuple(record for record in self._file.destinations if record.id != destination_id)

    def _write(self, **changes: object) -> None:
        file = msgspec.structs.replace(self._file, **changes)
        write_privately(self._path, msgspec.json.format(msgspec.json.encode(file)) + b"\n")
        self._file = file


def check_pin(pin: str) -> None:
    """Raise ConfigError for what cannot be a PIN."""
    least, most = PIN_CHARS
    if not (least <= len(pin) <= most and is_visible(pin)):
        raise ConfigError(f"a PIN has {least} to {most} characters: letters, digits and signs of ASCII, no spaces")


def destination_words(destination: Destination) -> DestinationWords:
    """Return a destination as people see it: all but its key and certificates."""
    return DestinationWords(
        id=destination.id,
        kind=destination.kind.value,
        host=destination.host,
        port=destination.port,
        path=destination.path,
        model=destination.model,
        is_local=destination.is_local,
        has_key=bool(destination.key),
        added_at=destination.added_at,
    )


def _read(path: Path) -> _File:
    content = read_bounded(path, LARGEST_BYTES)
    if content is None:
        return _NOTHING
    try:
        file = msgspec.json.decode(content, type=_File)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise _damaged(path) from error
    versions = {record.key_version for record in file.destinations}
    names = {record.id for record in file.destinations}
    if min(len(versions), len(names)) < len(file.destinations) or max(versions, default=0) > file.last_key_version:
        raise _damaged(path)
    return file


def _damaged(path: Path) -> ConfigError:
    return ConfigError(
        f"{path}: damaged, or written by a newer version; restore it from a backup, "
        "or delete it and add the destinations again (`local-voice cloud add`)"
    )


def _record(destination: Destination) -> _Record:
    return _Record(**{name: getattr(destination, name) for name in _Record.__struct_fields__})


def _destination(record: _Record) -> Destination:
    return Destination(**{name: getattr(record, name) for name in _Record.__struct_fields__})


def _hashed(pin: str, salt: bytes) -> str:
    return hashlib.scrypt(pin.encode("utf-8", "surrogatepass"), salt=salt, **SCRYPT).hex()
