"""The words on the broker's port: pairing, peers, the audit log, and what protects the process that hears.

Those of consent are in `consent_messages.py`; here all of them are joined.
"""

from typing import Annotated, Final

from . import consent_messages
from .codec import Between, Message, Vocabulary, Words
from .messages import Greeting, Hello, Refused
from .wire_types import Count, Hex32, Hex64, Id, Name

MOST_ROWS: Final = 24
"""In one message, as on the gateway's side."""
LONGEST_ROW_CHARS: Final = 1_024
MOST_LAYERS: Final = 16
MOST_WAYS_OUT: Final = 256

# Pairing


class PairBegin(Message):
    """I want to be a peer: a role, the name that the owner gives me, and 32 random bytes in hex."""

    protocol: int
    role: Name
    name: Annotated[str, Between(1, 60)]
    nonce: Hex32


class PairChallenge(Message):
    """The gateway's own 32 random bytes in hex."""

    nonce: Hex32


class PairProof(Message):
    """The client's proof in hex."""

    proof: Hex32


class PairDone(Message):
    """The gateway's proof, to be checked before anything else here is believed, and what the peer keeps."""

    proof: Hex32
    gateway_id: Id
    peer_id: Id
    voice_token: Id
    broker_token: Id


# Peers


class PeerWords(Words):
    """A peer as the owner sees it."""

    id: Id
    name: Name
    role: Name
    area: Name = ""
    paired_at: Name
    """UTC, ISO 8601."""


class ListPeers(Message):
    """Who is paired? Answered with `peers`."""


class Peers(Message):
    """Everybody who is paired."""

    peers: Annotated[tuple[PeerWords, ...], Between(0, 128)]


class RevokePeer(Message):
    """This one is a peer no more; answered with `peers`."""

    peer_id: Id


class Leave(Message):
    """I want to be a peer no more. The connection's end is the answer."""


# The audit log, and what keeps the process that hears from connecting


class WatchAudit(Message):
    """Tell me of the audit log from now on; this is the head that I have kept, nothing the first time.

    Answered with the rows after it, where there is one, then `audit_head`, then `protection`; and again with each row.
    The head of a log in which nothing is yet, `size` 0, stands before all rows: who says it is told the whole log.
    """

    size: Count = 0
    hash: Hex32 | None = None


class AuditRows(Message):
    """Rows in order, without a gap, each as it is hashed (`witness.py`)."""

    first: Count
    """The number of the first of them; the log's first row is 1."""
    rows: Annotated[tuple[Annotated[str, Between(0, LONGEST_ROW_CHARS)], ...], Between(0, MOST_ROWS)]


class AuditHead(Message):
    """The log's end, signed."""

    size: Count
    """How many rows there are."""
    hash: Hex32
    """The last row's."""
    at: Name
    """When the last row was written: UTC, ISO 8601."""
    key: Hex32
    """The public key, Ed25519: the same for the log's whole life."""
    signature: Hex64


class Protection(Message):
    """What keeps the process that hears from connecting, as it started last."""

    is_enforced: bool
    is_same_user: bool
    layers: Annotated[tuple[Name, ...], Between(0, MOST_LAYERS)]
    missing: Annotated[dict[Name, Name], Between(0, MOST_LAYERS)]
    """Layers that the gateway's machine does not have, and why."""
    attempts: Count
    """How many ways out its self-test tried."""
    ways_out: Annotated[tuple[Name, ...], Between(0, MOST_WAYS_OUT)]
    """Which of them it found open."""


FROM_BROKER: Final = Vocabulary(Greeting, Refused, Peers, AuditRows, AuditHead, Protection, *consent_messages.HEARD)
"""What the gateway says to a peer on the broker's port."""
TO_BROKER: Final = Vocabulary(Hello, ListPeers, RevokePeer, Leave, WatchAudit, *consent_messages.SAID)
"""What a peer says there."""
FROM_BROKER_PAIRING: Final = Vocabulary(Refused, PairChallenge, PairDone)
"""What the gateway says to whom it does not know yet."""
TO_BROKER_PAIRING: Final = Vocabulary(PairBegin, PairProof)
