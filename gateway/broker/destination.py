"""Somewhere that requests may be sent to, each by a yes of its own: what the owner has added, its key included."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Kind(StrEnum):
    """What a destination does; both speak as OpenAI's services do."""

    CHAT = "chat"
    TRANSCRIPTION = "transcription"


class Content(StrEnum):
    """What of a person leaves with a request."""

    TEXT = "text"
    AUDIO = "audio"


CONTENT_OF: Final[Mapping[Kind, Content]] = MappingProxyType(
    {Kind.CHAT: Content.TEXT, Kind.TRANSCRIPTION: Content.AUDIO}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One of them."""

    id: str
    """A word of the owner's."""
    kind: Kind
    host: str
    """A name, or an address; ASCII, in small letters."""
    port: int
    path: str
    model: str
    is_local: bool
    """The owner says that it is on the home's own network: its address has to be, as others' must not."""
    key: str = field(repr=False)
    """Empty where the service wants none."""
    key_version: int
    """Grows whenever the destination, or its key, is replaced: what was approved before is approved no more."""
    ca: str = field(repr=False, default="")
    """PEM of the authority that signed its certificate; empty for those that everybody knows."""
    added_at: str
    """UTC, ISO 8601."""

    @property
    def content(self) -> Content:
        """What is sent there."""
        return CONTENT_OF[self.kind]
