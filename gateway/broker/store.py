"""The peers on disk: one JSON file that only its owner reads, kept by one process at a time. Holds no token."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from gateway.errors import ConfigError
from gateway.files import locked_folder, read_bounded, write_privately
from gateway.wire.broker_words import LONGEST_NAME_CHARS, MOST_PEERS, PeerWords
from gateway.wire.messages import Hex32, Id, Name
from gateway.wire.peers import Peer, Role, new_peer_id, new_token

FILE_NAME: Final = "peers.json"
LARGEST_BYTES: Final = 256 * 1024
"""128 peers of 0.7 KiB, and as much again."""
LONGEST_NAME_BYTES: Final = 3 * LONGEST_NAME_CHARS
"""So that all peers fit into one message, in any script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """A peer as it is stored."""

    id: Id
    name: Name
    role: Role
    area: Name
    paired_at: Name
    voice_secret_hash: Hex32
    broker_secret_hash: Hex32


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    version: Literal[1]
    peers: Annotated[tuple[_Record, ...], msgspec.Meta(max_length=MOST_PEERS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPeer:
    """A peer that has just been added, with its tokens, which nobody keeps but itself."""

    peer: PeerWords
    voice_token: str = field(repr=False)
    broker_token: str = field(repr=False)


class PeerStore:
    """Everybody who is paired. Each change is on disk before its method returns."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Keep `folder`, which is made where it is missing, until `close`.

        Raises ConfigError where another process keeps it, and for a file that is not usable.
        """
        self._now = now
        self._path = folder / FILE_NAME
        self.folder_fd = _keep(folder)
        """The folder's descriptor, locked: it is the sign that this process is the one that keeps it."""
        try:
            self._records = _read(self._path)
        except ConfigError:
            self.close()
            raise

    def close(self) -> None:
        """Let other processes keep the folder. May be called again."""
        if self.folder_fd >= 0:
            os.close(self.folder_fd)
            self.folder_fd = -1

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another peer."""
        return len(self._records) >= MOST_PEERS

    @property
    def has_home(self) -> bool:
        """Whether a Home Assistant is paired."""
        return any(record.role is Role.HOME for record in self._records.values())

    def __contains__(self, peer_id: object) -> bool:
        """Whether there is a peer with this id."""
        return peer_id in self._records

    def check_room(self) -> None:
        """Raise ConfigError where there is no room for another peer."""
        if self.is_full:
            raise ConfigError(
                f"{self._path}: {MOST_PEERS} peers leave no room for another; `local-voice peers revoke` makes some"
            )

    def add(self, *, name: str, role: Role, area: str = "", peer_id: str | None = None) -> NewPeer:
        """Add a peer in the role `home` or `satellite`; where its name is taken, it gets a number.

        `peer_id` is one that nobody has (`new_peer_id`), where it had to be known before. Raises ConfigError where
        there is no room, or the file cannot be written.
        """
        self.check_room()
        peer_id = peer_id or new_peer_id()
        voice_token, voice_secret_hash = new_token(peer_id)
        broker_token, broker_secret_hash = new_token(peer_id)
        record = _Record(
            id=peer_id,
            name=self._free_name(_printable(name) or role),
            role=role,
            area=_printable(area),
            paired_at=self._now().isoformat(timespec="seconds"),
            voice_secret_hash=voice_secret_hash,
            broker_secret_hash=broker_secret_hash,
        )
        self._write({**self._records, record.id: record})
        return NewPeer(peer=_words(record), voice_token=voice_token, broker_token=broker_token)

    def revoke(self, peer_id: str) -> bool:
        """Forget a peer; tell whether there was one. Raises ConfigError where the file cannot be written."""
        if peer_id not in self._records:
            return False
        self._write({key: record for key, record in self._records.items() if key != peer_id})
        return True

    def peers(self) -> tuple[PeerWords, ...]:
        """Return all peers as people see them, in the order in which they were paired."""
        return tuple(map(_words, self._records.values()))

    def voice_peers(self) -> list[Peer]:
        """Return all peers as the voice port knows them."""
        return [_peer(record, record.role, record.voice_secret_hash) for record in self._records.values()]

    def broker_peers(self) -> list[Peer]:
        """Return all peers as the broker's port knows them."""
        return [
            _peer(record, Role.CONSENT if record.role is Role.HOME else Role.SATELLITE, record.broker_secret_hash)
            for record in self._records.values()
        ]

    def _write(self, records: dict[str, _Record]) -> None:
        content = msgspec.json.encode(_File(version=1, peers=tuple(records.values())))
        write_privately(self._path, msgspec.json.format(content) + b"\n")
        self._records = records

    def _free_name(self, wanted: str) -> str:
        taken = {record.name.casefold() for record in self._records.values()}
        numbered = (f"{wanted} {number}" for number in range(2, len(taken) + 2))
        return (
            wanted
            if wanted.casefold() not in taken
            else next(name for name in numbered if name.casefold() not in taken)
        )


def _keep(folder: Path) -> int:
    """Return the descriptor of `folder` with a lock, which dies with this process. Raises ConfigError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return locked_folder(folder)
    except BlockingIOError as error:
        raise ConfigError(f"{folder}: another gateway is running and keeps its peers here; stop it first") from error
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be used ({error.strerror}); choose another place for it") from error


def _read(path: Path) -> dict[str, _Record]:
    content = read_bounded(path, LARGEST_BYTES)
    if content is None:
        return {}
    try:
        peers = msgspec.json.decode(content, type=_File).peers
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise _damaged(path) from error
    records = {record.id: record for record in peers}
    if len(records) != len(peers) or any(record.role is Role.CONSENT for record in peers):
        raise _damaged(path)
    return records


def _damaged(path: Path) -> ConfigError:
    return ConfigError(
        f"{path}: damaged, or written by a newer version; restore it from a backup, "
        "or delete it and pair every device again"
    )


def _printable(text: str) -> str:
    """Return a name without what could move a terminal's cursor, in one line, and not too long."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line[:LONGEST_NAME_CHARS].encode()[:LONGEST_NAME_BYTES].decode(errors="ignore").strip()


def _words(record: _Record) -> PeerWords:
    return PeerWords(id=record.id, name=record.name, role=record.role, area=record.area, paired_at=record.paired_at)


def _peer(record: _Record, role: Role, secret_hash: str) -> Peer:
    return Peer(id=record.id, name=record.name, role=role, area=record.area, secret_hash=secret_hash)
