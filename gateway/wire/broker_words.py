"""The words on the broker's port: pairing, peers, the audit log. `docs/protocol.md` describes each.

Those of consent are in `consent_words.py`; here all of them are joined.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

import msgspec

from gateway.wire import consent_words
from gateway.wire.messages import Count, Greeting, Hello, Hex32, Id, Message, Name, Refused, Vocabulary
from gateway.wire.peers import Role

MOST_PEERS: Final = 128
"""More satellites than a house has rooms; a bound for what is stored and listed."""
LONGEST_NAME_CHARS: Final = 60
"""What a person calls a device fits on a line."""

MOST_ROWS: Final = 24
"""In one message: with the longest rows it is just not too large."""
LONGEST_ROW_CHARS: Final = 1_024
"""As it is hashed, ASCII; quoted once more for the wire it may be twice as long."""

# Pairing, from anybody while the window is open


class PairBegin(Message, frozen=True, tag="pair_begin"):
    """I want to be a peer: a role, the name that the owner gives me, and 32 random bytes in hex."""

    protocol: int
    role: Role
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME_CHARS)]
    nonce: Hex32


class PairChallenge(Message, frozen=True, tag="pair_challenge"):
    """The gateway's own 32 random bytes in hex."""

    nonce: Hex32


class PairProof(Message, frozen=True, tag="pair_proof"):
    """The client's proof (`codes.client_proof`) in hex."""

    proof: Hex32


class PairDone(Message, frozen=True, tag="pair_done"):
    """The gateway's proof, to be checked before anything else here is believed, and what the peer keeps."""

    proof: Hex32
    gateway_id: Id
    peer_id: Id
    voice_token: Id
    """For the voice port, in the role that was asked for."""
    broker_token: Id
    """For the broker's port: `consent` for a home, `satellite` for a satellite."""


# Peers


class PeerWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A peer as the owner sees it."""

    id: Id
    name: Name
    role: Role
    area: Name = ""
    paired_at: Name
    """UTC, ISO 8601."""


class ListPeers(Message, frozen=True, tag="list_peers"):
    """Who is paired? Answered with `peers`."""


class Peers(Message, frozen=True, tag="peers"):
    """Everybody who is paired."""

    peers: Annotated[tuple[PeerWords, ...], msgspec.Meta(max_length=MOST_PEERS)]


class RevokePeer(Message, frozen=True, tag="revoke_peer"):
    """This one is a peer no more; its connections end at once. Answered with `peers`."""

    peer_id: Id


class Leave(Message, frozen=True, tag="leave"):
    """I want to be a peer no more. The connection's end is the answer."""


# The audit log, and what keeps the process that hears from connecting


class WatchAudit(Message, frozen=True, tag="watch_audit"):
    """Tell me of the audit log from now on; this is the head that I have kept, nothing the first time.

    Answered with the rows after it, where there is one, then `audit_head`, then `protection`; and again with each new
    row. Who chains the rows to the hash that it kept, and comes to the new head's knows
    that nothing before was changed. The head of a log in which nothing is yet, `size` 0, stands before all rows: who
    says it is told the whole log.
    """

    size: Count = 0
    hash: Hex32 | None = None


class AuditRows(Message, frozen=True, tag="audit_rows"):
    """Rows in order, without a gap, each as it is hashed: SHA-256 of a zero byte, the hash before, and the row."""

    first: Count
    """The number of the first of them; the log's first row is 1."""
    rows: Annotated[
        tuple[Annotated[str, msgspec.Meta(max_length=LONGEST_ROW_CHARS)], ...], msgspec.Meta(max_length=MOST_ROWS)
    ]


class AuditHead(Message, frozen=True, tag="audit_head"):
    """The log's end, signed: Ed25519 over `audit.signed_bytes`."""

    size: Count
    """How many rows there are."""
    hash: Hex32
    """The last row's; of an empty log, SHA-256 of `local-voice audit log` and the key."""
    at: Name
    """When the last row was written: UTC, ISO 8601."""
    key: Hex32
    """The public key, 32 bytes in hex: the same for the log's whole life."""
    signature: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{128}\Z")]


class ProtectionIs(Message, frozen=True, tag="protection"):
    """What keeps the process that hears from connecting, as it started last (`gateway.protection`)."""

    is_enforced: bool
    is_same_user: bool
    layers: Annotated[tuple[Name, ...], msgspec.Meta(max_length=16)]
    missing: dict[Name, Name]
    """Layers that this machine does not have, and why."""
    attempts: Count
    ways_out: Annotated[tuple[Name, ...], msgspec.Meta(max_length=256)]


# The owner, at the gateway itself: a socket in the file system that nobody else may open


class OpenPairing(Message, frozen=True, tag="open_pairing"):
    """Open the window for one device of a role; answered with `pairing_open`, later with `pairing_closed`."""

    role: Role
    area: Name = ""


class PairingOpen(Message, frozen=True, tag="pairing_open"):
    """The window is open, and this is the code."""

    code: Name
    seconds: Count


class PairingClosed(Message, frozen=True, tag="pairing_closed"):
    """The window is closed: `paired`, `expired`, `too_many_wrong_codes`, `replaced` or `stopped`."""

    reason: Name
    peer: PeerWords | None = None


class AskProtection(Message, frozen=True, tag="ask_protection"):
    """How is the process that hears kept from connecting? Answered with `protection`."""


class RecordDownload(Message, frozen=True, tag="record_download"):
    """The owner is about to fetch a model: to be written down before. Answered with `recorded`."""

    model: Name
    host: Name
    """Where it comes from; nothing else of the address."""


class Recorded(Message, frozen=True, tag="recorded"):
    """It is in the audit log, as the row of this number."""

    row: Count


MAY_SEND: Final[Mapping[Role, tuple[type[Message], ...]]] = MappingProxyType(
    {
        Role.HOME: (),
        Role.SATELLITE: (Hello, Leave),
        Role.CONSENT: (Hello, ListPeers, RevokePeer, Leave, WatchAudit, *consent_words.FROM_HOME),
    }
)
"""What each role may say on the broker's port; everything else is refused."""
TO_BROKER: Final = Vocabulary(*{kind: None for kinds in MAY_SEND.values() for kind in kinds})
FROM_BROKER: Final = Vocabulary(Greeting, Refused, Peers, AuditRows, AuditHead, ProtectionIs, *consent_words.TOLD)
PAIRING_TO_BROKER: Final = Vocabulary(PairBegin, PairProof)
PAIRING_FROM_BROKER: Final = Vocabulary(PairChallenge, PairDone, Refused)
OWNER_TO_BROKER: Final = Vocabulary(
    OpenPairing, ListPeers, RevokePeer, AskProtection, RecordDownload, *consent_words.FROM_OWNER
)
BROKER_TO_OWNER: Final = Vocabulary(
    PairingOpen, PairingClosed, Peers, ProtectionIs, Recorded, Refused, *consent_words.TOLD
)
