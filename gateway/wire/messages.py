"""How a message is read and written: JSON objects with a `type`, of bounded size and depth, checked field by field."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

import msgspec

from gateway.errors import ProtocolError
from gateway.json_depth import DEEPEST, is_too_deep
from gateway.wire.peers import Role

PROTOCOL_VERSION: Final = 1
"""Grows when an older peer could no longer follow; new fields and messages alone do not change it."""
WRONG_VERSION: Final = "wrong_version"
"""What a peer is refused with that speaks another; it learns from the refusal which of the two is older."""
LARGEST_MESSAGE_BYTES: Final = 64 * 1024
LARGEST_FRAME_BYTES: Final = 8 * 1024
"""A quarter of a second of microphone sound, or a fifth of Piper's voice."""

NAME_CHARS, TEXT_CHARS, VALUE_CHARS = 255, 4_096, 2_048

type Id = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS)]
type Name = Annotated[str, msgspec.Meta(max_length=NAME_CHARS)]
type Text = Annotated[str, msgspec.Meta(max_length=TEXT_CHARS)]
type Value = Annotated[str, msgspec.Meta(max_length=VALUE_CHARS)]
type Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
type Hex32 = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """Something that is said on a connection. Unknown fields are ignored: a newer peer may say more."""


class Hello(Message, frozen=True, tag="hello"):
    """The first message of every peer."""

    protocol: int
    version: Name = ""


class Greeting(Message, frozen=True, tag="greeting"):
    """The gateway's answer to `hello`."""

    protocol: int
    version: Name
    gateway_id: Id
    peer_id: Id
    role: Role
    name: Name


class Refused(Message, frozen=True, tag="refused"):
    """What was said is not done. The connection stays open unless its end follows."""

    code: Name
    message: Text
    about: Name = ""
    """The `type` of what is refused."""
    protocol: Count = 0
    """The version that the gateway speaks, where that is why (`WRONG_VERSION`)."""


class Vocabulary:
    """The messages that may be said to one side of a connection."""

    def __init__(self, *kinds: type[Message]) -> None:
        self._decoders: Mapping[str, msgspec.json.Decoder[Message]] = MappingProxyType(
            {name_of(kind): msgspec.json.Decoder(kind) for kind in kinds}
        )

    def decode(self, raw: bytes) -> Message:
        """Return the message in `raw`.

        Raises ProtocolError: `too_large`, `too_deep`, `malformed`, or `unknown_type`, the only one that a peer may
        outlive: a newer one may know more than we do.
        """
        if len(raw) > LARGEST_MESSAGE_BYTES:
            raise ProtocolError("too_large", f"a message has at most {LARGEST_MESSAGE_BYTES} bytes")
        if is_too_deep(raw):
            raise ProtocolError("too_deep", f"objects and lists lie at most {DEEPEST} deep in each other")
        try:
            kind = _HEAD.decode(raw).type
            decoder = self._decoders.get(kind)
            if decoder is not None:
                return decoder.decode(raw)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ProtocolError("malformed", "not a message of this protocol") from error
        raise ProtocolError("unknown_type", "no such message", about=kind)


def name_of(kind: type[Message]) -> str:
    """Return the `type` under which a message travels."""
    return str(kind.__struct_config__.tag)


def encode(message: Message) -> bytes:
    """Return a message as it travels. Raises ProtocolError for one that is larger than a message may be."""
    raw = _ENCODER.encode(message)
    if len(raw) > LARGEST_MESSAGE_BYTES:
        raise ProtocolError("too_large", f"a message has at most {LARGEST_MESSAGE_BYTES} bytes")
    return raw


class _Head(msgspec.Struct):
    type: Annotated[str, msgspec.Meta(max_length=64)]


_HEAD: Final = msgspec.json.Decoder(_Head)
_ENCODER: Final = msgspec.json.Encoder()
