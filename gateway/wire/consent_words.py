"""The words of consent, on the broker's port and at the owner's socket: what may leave, what waits, and a person's yes.

None of them is ever said to or by the process that hears. `docs/protocol.md` describes each.
"""

from typing import Annotated, Final

import msgspec

from gateway.wire.messages import Count, Hex32, Id, Message, Name, Text

MOST_DESTINATIONS: Final = 16
"""A person tries a few services; all of them fit into one message."""
MOST_WAITING: Final = 16
"""One for each satellite of a large flat; five a minute and five minutes each are fewer in any real house."""
MOST_DECIDED: Final = 20
"""As many as the page lists."""
MOST_REPLACED: Final = 64
MOST_DAYS: Final = 31
"""In a month."""
LONGEST_ANSWER_CHARS: Final = 16_384
"""Several pages; of a longer answer the beginning is kept."""
PART_BYTES: Final = 32 * 1024
"""Of a request's bytes in one message: in base 64 they are 44 KiB."""
_PART_CHARS: Final = -(-PART_BYTES // 3) * 4

type Nonce = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]
type Pin = Annotated[str, msgspec.Meta(max_length=32)]


class DestinationWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somewhere that requests may be sent to, each by a yes of its own. Never its key."""

    id: Id
    kind: Name
    """`chat` or `transcription`."""
    host: Name
    port: Count
    path: Name
    model: Name
    is_local: bool = False
    """The owner says that it is on the home's own network."""
    has_key: bool = False
    added_at: Name
    """UTC, ISO 8601."""


class WaitingWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request that waits for a person. Not a word of what is in it."""

    request_id: Id
    satellite_id: Name
    """Where it was asked for; empty for what a home was told itself."""
    content: Name
    """`text` or `audio`."""
    destination_id: Id
    size_bytes: Count
    asked_at: Name
    """UTC, ISO 8601."""
    left_s: Count
    """So long it may still be approved, when this was said."""


class DecidedWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request that waits no more, and what became of it. Not a word of what is in it, or came back."""

    request_id: Id
    satellite_id: Name
    content: Name
    destination_id: Id
    decided_at: Name
    """When this became of it: UTC, ISO 8601."""
    fate: Name
    """`sending`, `answered`, `failed`, `refused`, `expired`, `withdrawn` (by voice), or `revoked` (the switch, a key, a
    peer)."""
    reason: Name = ""
    """Why it failed (`gateway.broker.egress`), or what revoked it."""
    status: Count = 0
    """The HTTP status, where there was one."""
    sent_bytes: Count = 0
    """What left; 0 where nothing did."""
    received_bytes: Count = 0
    has_answer: bool = False


# What is told


class WatchConsent(Message, frozen=True, tag="watch_consent"):
    """Tell me how it stands, now and whenever it is different; once a connection. Answered with `consent`s."""


class ConsentIs(Message, frozen=True, tag="consent"):
    """How it stands: told at the beginning, and whenever it is different."""

    is_allowed: bool
    """The switch "Allow cloud requests"."""
    has_pin: bool
    destinations: Annotated[tuple[DestinationWords, ...], msgspec.Meta(max_length=MOST_DESTINATIONS)] = ()
    waiting: Annotated[tuple[WaitingWords, ...], msgspec.Meta(max_length=MOST_WAITING)] = ()
    """The oldest first."""
    decided: Annotated[tuple[DecidedWords, ...], msgspec.Meta(max_length=MOST_DECIDED)] = ()
    """The latest first; forgotten when the broker ends."""
    month: Name = ""
    """`2026-11`, by UTC."""
    sent_bytes: Count = 0
    """That left the home in that month, by the audit log."""
    sent_days: Annotated[dict[Name, Count], msgspec.Meta(max_length=MOST_DAYS)] = msgspec.field(default_factory=dict)
    """The same by day, `2026-11-22`, by UTC: those on which any left."""


# What is asked for: each has an id of the asker's, and is answered under it


class AskPreview(Message, frozen=True, tag="ask_preview"):
    """Show me a request that waits. Answered with `preview`, then with its bytes in `preview_part`s."""

    id: Count
    request_id: Id


class ReplacedWords(msgspec.Struct, frozen=True, kw_only=True):
    """A name that does not go along."""

    placeholder: Name
    """What goes in its place: `[device 1]`."""
    original: Name


class Preview(Message, frozen=True, tag="preview"):
    """What would be sent, and where to. `size_bytes` of bytes follow: exactly those, but for the marker."""

    id: Count
    error: Name = ""
    """Why there is none; then the rest is empty."""
    message: Text = ""
    request_id: Name = ""
    hash: Name = ""
    """What an approval is for (`gateway.broker.outgoing.consent_hash`), hex."""
    nonce: Name = ""
    """To be said with the approval: only who was shown the bytes has it. Hex."""
    key_version: Count = 0
    destination: DestinationWords | None = None
    method: Name = ""
    content: Name = ""
    satellite_id: Name = ""
    left_s: Count = 0
    size_bytes: Count = 0
    body_at: Count = 0
    """Where the body begins; before are the headers."""
    marker: Name = ""
    """Stands in the headers where the key goes; empty where there is none."""
    audio_at: Count = 0
    """Where in the bytes a WAV file begins that can be played, and how long it is; 0 and 0 for a text."""
    audio_bytes: Count = 0
    replaced: Annotated[tuple[ReplacedWords, ...], msgspec.Meta(max_length=MOST_REPLACED)] = ()


class PreviewPart(Message, frozen=True, tag="preview_part"):
    """The next bytes, base 64."""

    id: Count
    data: Annotated[str, msgspec.Meta(max_length=_PART_CHARS)]


class Approve(Message, frozen=True, tag="approve"):
    """Send it, once. Answered with `consent_done` when it is written down; what becomes of it is told in `consent`."""

    id: Count
    request_id: Id
    hash: Hex32
    nonce: Nonce
    pin: Pin = ""
    user: Name = ""
    """Who said yes, by Home Assistant's id of the account; for the audit log."""


class Refuse(Message, frozen=True, tag="refuse"):
    """Do not send it, nor the same bytes for ten minutes. Answered with `consent_done`."""

    id: Count
    request_id: Id
    user: Name = ""


class AllowCloud(Message, frozen=True, tag="allow_cloud"):
    """The switch. Off, nothing waits any more, and what is being sent is broken off. Answered with `consent_done`."""

    id: Count
    is_allowed: bool
    user: Name = ""


class AskAnswer(Message, frozen=True, tag="ask_answer"):
    """What came back? Answered with `cloud_answer`."""

    id: Count
    request_id: Id


class CloudAnswer(Message, frozen=True, tag="cloud_answer"):
    """What came back, with the names put back; kept in memory with the request it is for."""

    id: Count
    error: Name = ""
    message: Text = ""
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_ANSWER_CHARS)] = ""


class ConsentDone(Message, frozen=True, tag="consent_done"):
    """It is done; or it is not, and why.

    `switched_off`, `not_waiting` (decided, expired, or never was), `altered` (another hash), `not_shown` (another
    nonce), `wrong_pin`, `pin_locked`, `not_stored`, `no_such_destination`, `malformed`.
    """

    id: Count
    error: Name = ""
    message: Text = ""


# The owner, at the gateway itself, who may also say all of the above


class AskConsent(Message, frozen=True, tag="ask_consent"):
    """How does it stand? Answered with one `consent`."""


class AddDestination(Message, frozen=True, tag="add_destination"):
    """There is a new destination; answered with `consent_done`. The same `name` again replaces it, and its key."""

    id: Count
    name: Id
    """Its id from now on: a word of the owner's."""
    kind: Name
    url: Text
    model: Name
    is_local: bool = False
    key: Text = ""
    """Empty where the service wants none."""
    ca: Annotated[str, msgspec.Meta(max_length=32_768)] = ""
    """PEM of the authority that signed its certificate, where that is none that everybody knows."""


class RemoveDestination(Message, frozen=True, tag="remove_destination"):
    """This one is none any more, and its key is gone. Answered with `consent_done`."""

    id: Count
    name: Id


class SetPin(Message, frozen=True, tag="set_pin"):
    """An approval takes this PIN from now on; none where it is empty. Answered with `consent_done`."""

    id: Count
    pin: Pin


FROM_HOME: Final = (WatchConsent, AskPreview, Approve, Refuse, AllowCloud, AskAnswer)
"""What Home Assistant may say of it."""
FROM_OWNER: Final = (
    AskConsent, AskPreview, Approve, Refuse, AllowCloud, AskAnswer, AddDestination, RemoveDestination, SetPin
)  # fmt: skip
TOLD: Final = (ConsentIs, Preview, PreviewPart, CloudAnswer, ConsentDone)
"""What both hear."""
