"""The words of consent on the broker's port: what may leave the home, what waits for a person, and that person's yes.

As on the gateway's side (`gateway/wire/consent_words.py`). What a request consists of stands in previews only.
"""

from dataclasses import field
from typing import Annotated, Final

from .codec import Between, HexDigits, Message, Words
from .wire_types import Count, Hex32, Id, Name, Text

MOST_DESTINATIONS: Final = 16
MOST_WAITING: Final = 16
MOST_DECIDED: Final = 20
MOST_REPLACED: Final = 64
MOST_DAYS: Final = 31
LONGEST_ANSWER_CHARS: Final = 16_384
LONGEST_PIN_CHARS: Final = 32
PART_BYTES: Final = 32 * 1024
"""Of a request's bytes in one message: in base 64 they are 44 KiB."""
_PART_CHARS: Final = -(-PART_BYTES // 3) * 4

type Nonce = Annotated[str, HexDigits(16)]
type Pin = Annotated[str, Between(0, LONGEST_PIN_CHARS)]


class DestinationWords(Words):
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


class WaitingWords(Words):
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


class DecidedWords(Words):
    """A request that waits no more, and what became of it. Not a word of what is in it, or came back."""

    request_id: Id
    satellite_id: Name
    content: Name
    destination_id: Id
    decided_at: Name
    """UTC, ISO 8601."""
    fate: Name
    """`sending`, `answered`, `failed`, `refused`, `expired`, `withdrawn` or `revoked`."""
    reason: Name = ""
    """Why it failed, or what revoked it."""
    status: Count = 0
    """The HTTP status, where there was one."""
    sent_bytes: Count = 0
    received_bytes: Count = 0
    has_answer: bool = False


# What is told


class WatchConsent(Message):
    """Tell me how it stands, now and whenever it is different. Answered with `consent`s."""


class Consent(Message):
    """How it stands."""

    is_allowed: bool
    """The switch "Allow cloud requests"."""
    has_pin: bool
    destinations: Annotated[tuple[DestinationWords, ...], Between(0, MOST_DESTINATIONS)] = ()
    waiting: Annotated[tuple[WaitingWords, ...], Between(0, MOST_WAITING)] = ()
    """The oldest first."""
    decided: Annotated[tuple[DecidedWords, ...], Between(0, MOST_DECIDED)] = ()
    """The latest first."""
    month: Name = ""
    """`2026-11`, by UTC."""
    sent_bytes: Count = 0
    """That left the home in that month, by the audit log."""
    sent_days: Annotated[dict[Name, Count], Between(0, MOST_DAYS)] = field(default_factory=dict)
    """The same by day, `2026-11-22`, by UTC: those on which any left."""


# What is asked for: each has an id, and is answered under it


class AskPreview(Message):
    """Show me a request that waits. Answered with `preview`, then with its bytes in `preview_part`s."""

    id: Count
    request_id: Id


class ReplacedWords(Words):
    """A name that does not go along."""

    placeholder: Name
    """What goes in its place."""
    original: Name


class Preview(Message):
    """What would be sent, and where to. `size_bytes` of bytes follow: exactly those, but for the marker."""

    id: Count
    error: Name = ""
    """Why there is none; then the rest is empty."""
    message: Text = ""
    request_id: Name = ""
    hash: Name = ""
    """What an approval is for, hex."""
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
    replaced: Annotated[tuple[ReplacedWords, ...], Between(0, MOST_REPLACED)] = ()


class PreviewPart(Message):
    """The next bytes, base 64."""

    id: Count
    data: Annotated[str, Between(0, _PART_CHARS)]


class Approve(Message):
    """Send it, once. Answered with `consent_done` when it is written down."""

    id: Count
    request_id: Id
    hash: Hex32
    nonce: Nonce
    pin: Pin = ""
    user: Name = ""
    """Who said yes, by Home Assistant's id of the account; for the audit log."""


class Refuse(Message):
    """Do not send it, nor the same bytes for ten minutes. Answered with `consent_done`."""

    id: Count
    request_id: Id
    user: Name = ""


class AllowCloud(Message):
    """The switch. Off, nothing waits any more, and what is being sent is broken off. Answered with `consent_done`."""

    id: Count
    is_allowed: bool
    user: Name = ""


class AskAnswer(Message):
    """What came back? Answered with `cloud_answer`."""

    id: Count
    request_id: Id


class CloudAnswer(Message):
    """What came back, with the names put back."""

    id: Count
    error: Name = ""
    message: Text = ""
    text: Annotated[str, Between(0, LONGEST_ANSWER_CHARS)] = ""


class ConsentDone(Message):
    """It is done; or it is not, and why."""

    id: Count
    error: Name = ""
    message: Text = ""


SAID: Final = (WatchConsent, AskPreview, Approve, Refuse, AllowCloud, AskAnswer)
"""What Home Assistant says of it."""
HEARD: Final = (Consent, Preview, PreviewPart, CloudAnswer, ConsentDone)
"""What it hears."""
