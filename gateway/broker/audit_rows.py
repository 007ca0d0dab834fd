"""A row of the audit log as text, which is what is hashed, and what the text says."""

import json
from typing import Final

import msgspec

from gateway.wire.broker_words import LONGEST_ROW_CHARS

type Detail = str | int | bool | list[str]


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a row says."""

    seq: int
    """Its number; the log's first row is 1."""
    at: str
    """UTC, ISO 8601."""
    actor: str
    """Who did it."""
    action: str
    about: str = ""
    """What it was done to: an id, or a word of this program's."""
    detail: dict[str, Detail] = {}


_ROW: Final = msgspec.json.Decoder(AuditRow)


def encoded(row: AuditRow) -> str:
    """Return the text of a row: compact JSON in ASCII, its keys in order. Raises ValueError where it has none."""
    text = json.dumps(msgspec.to_builtins(row), ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    if len(text) > LONGEST_ROW_CHARS:
        raise ValueError(f"a row of {len(text)} characters; {LONGEST_ROW_CHARS} are allowed")
    if decoded(text) is None:
        raise ValueError("a row with half a character in it")
    return text


def decoded(text: str) -> AuditRow | None:
    """Return what a text says that may have been written by anybody; None where it is no row."""
    try:
        return _ROW.decode(text)
    except msgspec.DecodeError, UnicodeError, RecursionError:
        return None
