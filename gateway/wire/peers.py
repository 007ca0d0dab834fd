"""Who may say what: peers, their roles and tokens, and who is let in. The secret half of a token is never stored."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hmac import compare_digest
from typing import Final

ID_BYTES = 8
SECRET_BYTES = 32


class Role(StrEnum):
    """What a peer is. Everything that a role is not allowed is refused."""

    HOME = "home"
    """Home Assistant on the voice port: tells the house, does what is asked."""
    SATELLITE = "satellite"
    """A microphone and a speaker: streams, and plays."""
    CONSENT = "consent"
    """Home Assistant on the broker port: decides what may leave, and who is a peer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Somebody who was paired, as one port knows them."""

    id: str
    name: str
    role: Role
    area: str = ""
    """The name or id of the room that a satellite stands in, as the owner said when pairing it; empty for none."""
    secret_hash: str
    """SHA-256 of the token's secret half, in hex."""


def new_peer_id() -> str:
    """Return an id that nobody has."""
    return secrets.token_hex(ID_BYTES)


def new_token(peer_id: str) -> tuple[str, str]:
    """Return a token for `peer_id`, and what to store of it (`Peer.secret_hash`)."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return f"{peer_id}.{secret}", _hash(secret)


class PeerTable:
    """The peers that one port lets in."""

    def __init__(self, peers: Iterable[Peer] = ()) -> None:
        self._peers = {peer.id: peer for peer in peers}

    def replace(self, peers: Iterable[Peer]) -> frozenset[str]:
        """Know these peers and no others from now on; return the ids of those that are gone or have another token."""
        before, self._peers = self._peers, {peer.id: peer for peer in peers}
        return frozenset(peer.id for peer in before.values() if self._peers.get(peer.id) != peer)

    def by_role(self, role: Role) -> tuple[Peer, ...]:
        """Return the peers of a role."""
        return tuple(peer for peer in self._peers.values() if peer.role is role)

    def claimed(self, token: str) -> str:
        """Return the id that `token` claims to be, if there is such a peer; else nothing."""
        peer_id = token.partition(".")[0]
        return peer_id if peer_id in self._peers else ""

    def find(self, token: str) -> Peer | None:
        """Return whose `token` it is. Takes as long for a wrong one as for a right one."""
        peer_id, _, secret = token.partition(".")
        peer = self._peers.get(peer_id)
        expected = _NOBODY if peer is None else peer.secret_hash
        is_right = compare_digest(_hash(secret), expected)
        return peer if is_right else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


_NOBODY: Final = "0" * 64
"""What an unknown peer's secret is compared with; no hash we can name has this value."""
