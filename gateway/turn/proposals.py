"""What a turn has to say of requests to the cloud: that a person be asked whether something may be sent, and no more.

Nothing leaves by these words: whoever takes them asks a person, who decides elsewhere. Plain data.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.house import KnownName

LONGEST_CHARS: Final = 1_000
"""Of a text: a minute of fast speech; what is longer is no question, and is not proposed."""
LONGEST_SOUND_BYTES: Final = 20 * 32_000
"""Of a sound: twenty seconds. An utterance lasts fifteen, unless the owner says otherwise."""


class Content(StrEnum):
    """What of a person would leave."""

    TEXT = "text"
    AUDIO = "audio"


class CloudState(StrEnum):
    """Whether something of a kind could be proposed now."""

    READY = "ready"
    SWITCHED_OFF = "switched_off"
    NOT_SET_UP = "no_destination"


class Refusal(StrEnum):
    """Why no person is asked; the codes that the broker says."""

    SWITCHED_OFF = "switched_off"
    NO_DESTINATION = "no_destination"
    ALREADY_WAITING = "already_waiting"
    TOO_MANY = "too_many"
    REFUSED_LATELY = "refused_lately"
    MALFORMED = "malformed"
    AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A person is to be asked whether this may be sent."""

    satellite_id: str
    """Where it was said; empty for what a home was told itself."""
    content: Content
    text: str = ""
    """At most `LONGEST_CHARS`; empty where it is sound."""
    sound: bytes = field(default=b"", repr=False)
    """16 kHz mono s16le, at most `LONGEST_SOUND_BYTES`; empty where it is text."""
    language: str
    names: tuple[KnownName, ...] = ()
    """Those in the text that are known at home, and are to stay there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A person is asked; or nobody is, and why."""

    request_id: str = ""
    """Empty where nobody is asked."""
    refusal: str = ""
    """One of `Refusal`, where nobody is."""
