"""How a message is read and written: a frozen dataclass each side, a JSON object with a `type` in between.

A field's type says what is accepted, `Annotated` how much of it. What the gateway sends is a stranger's until it was
read here: of the wrong type or beyond its bounds, it is refused. Fields that nobody knows are passed over.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    TypeAliasType,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

import orjson
from homeassistant.helpers.json import json_bytes
from homeassistant.util.json import json_loads

LARGEST_MESSAGE_BYTES: Final = 64 * 1024
"""The gateway's limit for one message, and ours."""

type _Reader = Callable[[object], Any]
"""Returns what was read. Raises WrongMessageError."""


class WrongMessageError(ValueError):
    """What was said is no message of this protocol. Says which message and which field, never what was in it."""


@dataclass(frozen=True, slots=True)
class Between:
    """The smallest and the largest value of a number, length of a text, or size of a list or an object."""

    least: int
    most: int

    def check(self, value: object) -> None:
        """Raise WrongMessageError for what is beyond."""
        size = value if isinstance(value, int | float) else len(cast("str", value))
        if not self.least <= size <= self.most:
            raise WrongMessageError("out of bounds")


@dataclass(frozen=True, slots=True)
class HexDigits:
    """A text that says so many bytes in lower-case hexadecimal."""

    count_bytes: int

    def check(self, value: object) -> None:
        """Raise WrongMessageError for what is none."""
        if re.fullmatch(rf"[0-9a-f]{{{2 * self.count_bytes}}}", cast("str", value)) is None:
            raise WrongMessageError("no such hexadecimal")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
@dataclass(frozen=True, kw_only=True)
class Words:
    """What messages are made of: each class below it is a frozen dataclass with keyword arguments."""

    wire_name: ClassVar[str]
    """The `type` under which a message travels: `HouseBegin` is `house_begin`."""

    def __init_subclass__(cls) -> None:
        """Make it one."""
        cls.wire_name = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        dataclass(frozen=True, kw_only=True)(cls)


class Message(Words):
    """Something that is said on a connection."""


def encode(message: Message) -> bytes:
    """Return a message as it travels; fields that equal their default are left out.

    Raises WrongMessageError for one that is larger than a message may be.
    """
    raw = json_bytes({"type": message.wire_name, **_written(message)})
    if len(raw) > LARGEST_MESSAGE_BYTES:
        raise WrongMessageError(f"{message.wire_name}: larger than {LARGEST_MESSAGE_BYTES} bytes")
    return raw


class Vocabulary:
    """The messages that are understood on one side of a connection."""

    def __init__(self, *kinds: type[Message]) -> None:
        """Understand `kinds`, and pass over all others."""
        self.kinds: Final[Mapping[str, type[Message]]] = {kind.wire_name: kind for kind in kinds}

    def decode(self, raw: str | bytes) -> Message | None:
        """Return the message, or None for one that only a newer gateway knows. Raises WrongMessageError."""
        if len(raw) > LARGEST_MESSAGE_BYTES:
            raise WrongMessageError("larger than a message may be")
        try:
            heard = json_loads(raw)
        except (orjson.JSONDecodeError, ValueError) as error:
            raise WrongMessageError("not JSON") from error
        if not isinstance(heard, dict) or not isinstance(name := heard.get("type"), str):
            raise WrongMessageError("no type")
        kind: Any = self.kinds.get(name)
        if kind is None:
            return None
        try:
            return cast("Message", _reader(kind)(heard))
        except WrongMessageError as error:
            raise WrongMessageError(f"{name}: {error}") from None


def _written(words: Words) -> dict[str, object]:
    written = {}
    for known in fields(words):
        content = getattr(words, known.name)
        if not _is_default(known, content):
            written[known.name] = _plain(content)
    return written


def _plain(value: object) -> object:
    if isinstance(value, Words):
        return _written(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _is_default(known: Field[Any], value: object) -> bool:
    default = known.default if known.default_factory is MISSING else known.default_factory()
    return type(value) is type(default) and value == default  # 0 is not False


@cache
def _reader(kind: Any) -> _Reader:
    """Return what reads a value of type `kind`."""
    if isinstance(kind, TypeAliasType):
        return _reader(kind.__value__)
    if is_dataclass(kind):
        return _object(cast("type", kind))
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _bounded(_reader(inner[0]), inner[1])
    if origin is UnionType:
        return _either(tuple(_reader(one) for one in inner))
    if origin is tuple:
        return _list(_reader(inner[0]))
    if origin is dict:
        return _mapping(_reader(inner[0]), _reader(inner[1]))
    return _SCALARS[kind]


def _exactly(kind: type) -> _Reader:
    def read(value: object) -> object:
        if type(value) is not kind:  # True is an int to isinstance
            raise WrongMessageError(f"not of type {kind.__name__}")
        return value

    return read


def _float(value: object) -> float:
    if type(value) not in (int, float) or not math.isfinite(number := cast("float", value)):
        raise WrongMessageError("not a number")
    return number


_SCALARS: Final[Mapping[type, _Reader]] = {
    **{kind: _exactly(kind) for kind in (str, int, bool, NoneType)},
    float: _float,
}


def _bounded(read: _Reader, bound: Between | HexDigits) -> _Reader:
    def read_within(value: object) -> object:
        result = read(value)
        bound.check(result)
        return result

    return read_within


def _either(readers: tuple[_Reader, ...]) -> _Reader:
    def read(value: object) -> object:
        for reader in readers:
            try:
                return reader(value)
            except WrongMessageError:
                continue
        raise WrongMessageError("of a wrong type, or out of bounds")

    return read


def _list(read_item: _Reader) -> _Reader:
    def read(value: object) -> object:
        if not isinstance(value, list):
            raise WrongMessageError("not a list")
        return tuple(read_item(item) for item in value)

    return read


def _mapping(read_key: _Reader, read_value: _Reader) -> _Reader:
    def read(value: object) -> object:
        if not isinstance(value, dict):
            raise WrongMessageError("not an object")
        return {read_key(key): read_value(item) for key, item in value.items()}

    return read


def _object(kind: type) -> _Reader:
    """Return what reads a dataclass from a JSON object."""
    types = get_type_hints(kind, include_extras=True)
    readers = {field.name: _reader(types[field.name]) for field in fields(kind)}
    needed = {field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING}

    def read(value: object) -> object:
        if not isinstance(value, dict):
            raise WrongMessageError("not an object")
        if missing := sorted(needed - value.keys()):
            raise WrongMessageError(f"{missing[0]} is missing")
        content = {}
        for name in readers.keys() & value.keys():
            try:
                content[name] = readers[name](value[name])
            except WrongMessageError as error:
                raise WrongMessageError(f"{name}: {error}") from None
        return kind(**content)

    return read
