"""What a Wyoming client may ask for, checked field by field: the library's events take any value for any field."""

from typing import Annotated

import msgspec
from wyoming.event import Event

from gateway.errors import ProtocolError
from gateway.languages import is_same_language
from gateway.wyoming.limits import COMMAND_CHARS, TEXT_CHARS

type Name = Annotated[str, msgspec.Meta(max_length=255)]
type Timestamp = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Transcribe(msgspec.Struct, frozen=True):
    """Recognise the sound that follows."""

    name: Name | None = None
    language: Name | None = None


class Detect(msgspec.Struct, frozen=True):
    """Look for wake words in the sound that follows."""

    names: Annotated[list[Name], msgspec.Meta(max_length=64)] | None = None


class Format(msgspec.Struct, frozen=True):
    """How sound is written."""

    rate: int
    width: int
    channels: int


class When(msgspec.Struct, frozen=True):
    """The time of a piece of sound by the client's clock, in milliseconds."""

    timestamp: Timestamp | None = None


class Voice(msgspec.Struct, frozen=True):
    """Whose voice is to speak."""

    name: Name | None = None
    language: Name | None = None


class Start(msgspec.Struct, frozen=True):
    """A text to speak follows in pieces."""

    voice: Voice | None = None
    text_format: Name | None = None


class Piece(msgspec.Struct, frozen=True):
    """A piece of that text."""

    text: Annotated[str, msgspec.Meta(max_length=TEXT_CHARS)]


class Synthesize(Start, frozen=True, kw_only=True):
    """A text to speak."""

    text: Annotated[str, msgspec.Meta(max_length=TEXT_CHARS)]


class Command(msgspec.Struct, frozen=True):
    """A sentence to understand."""

    text: Annotated[str, msgspec.Meta(max_length=COMMAND_CHARS)]
    language: Name | None = None


class Ping(msgspec.Struct, frozen=True):
    """Something to say back."""

    text: Name | None = None


def asked[T: msgspec.Struct](kind: type[T], event: Event) -> T:
    """Return what `event` asks for. Raises ProtocolError."""
    try:
        return msgspec.convert(event.data, kind)
    except msgspec.ValidationError as error:
        raise ProtocolError("malformed", f"{event.type}: a field is missing, of the wrong kind, or too long") from error


def check_language(asked_for: str | None, ours: str) -> None:
    """Raise ProtocolError where another language is asked for; where one is spoken does not matter."""
    if asked_for and not is_same_language(asked_for, ours):
        raise ProtocolError("unsupported_language", f"only {ours} is understood and spoken here")


def check_name(asked_for: str | None, ours: str) -> None:
    """Raise ProtocolError where another model or voice is asked for."""
    if asked_for and asked_for != ours:
        raise ProtocolError("unknown_model", f"{ours} is all there is; ask for `describe` again")
