"""A row of the ledger: what is remembered of one turn, and how it is written down.

A row is never lost for being long: what is too long is cut, and a row that is still too large is cut once more.
"""

import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from gateway.errors import LedgerError
from gateway.events import NO_SLOTS, Hypothesis, Slots, StateChange
from gateway.house import AttributeValue

type Kind = Literal["turn", "false_wake"]
type StoredValue = bool | int | float | str | list[bool | int | float | str | None] | None
"""A slot's value in JSON."""

LONGEST_ID_CHARS: Final = 255
"""Home Assistant's own limit for the ids of its things."""
LARGEST_INTEGER: Final = 2**53
"""What every reader of JSON takes for a number; a larger one is kept as text."""
LARGEST_ROW_BYTES: Final = 40 * 1024
"""A row as JSON. An ordinary one has two kilobytes; this one, and what it was corrected to, fit into one message."""
NO_STAGES: Final[Mapping[str, float]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRow:
    """What is remembered of one turn."""

    id: str
    """32 hexadecimal digits, see `new_id`."""
    at: datetime
    """When it began: UTC, by the wall clock; for people. What decides how long it is kept is the ledger's own time."""
    satellite_id: str
    area_id: str = ""
    user_id: str = ""
    """The Home Assistant user from whose own login the turn came; empty where nobody was logged in."""
    conversation_id: str = ""
    """By which it is joined with a turn of Home Assistant's pipelines."""
    kind: Kind = "turn"
    outcome: str = ""
    """A value of `events.Outcome`; an older version's row may hold one that is no longer known."""
    wake_word: str = ""
    wake_score: float | None = None
    second_score: float | None = None
    hypotheses: tuple[Hypothesis, ...] = ()
    heard: str = ""
    """The likeliest reading."""
    used: str = ""
    """The reading that was taken."""
    why: str = ""
    """Why that one, in plain words."""
    intent: str = ""
    slots: Slots = field(default=NO_SLOTS)
    changes: tuple[StateChange, ...] = ()
    reply: str = ""
    stages_ms: Mapping[str, float] = field(default=NO_STAGES)
    """Wall milliseconds after the end of speech at which each stage was done."""
    audio_ms: int = 0
    """How long the sound of what was said is, kept or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of each thing a row may hold."""

    text_chars: int
    """Of each of `heard`, `used`, `why`, `reply`."""
    hypotheses: int
    hypothesis_chars: int
    slots: int
    items: int
    """In a slot's list."""
    value_chars: int
    """Of a slot's value or name, a stage's or an intent's name, and each text of a change."""
    changes: int
    stages: int


ORDINARY: Final = Limits(
    text_chars=2_000,  # 30 s of speech have 600 characters
    hypotheses=10,  # as many as recognition returns
    hypothesis_chars=1_000,
    slots=32,
    items=16,
    value_chars=LONGEST_ID_CHARS,
    changes=64,  # "turn everything off" in a large house
    stages=32,
)
TIGHT: Final = Limits(
    text_chars=400,
    hypotheses=3,
    hypothesis_chars=200,
    slots=6,
    items=2,
    value_chars=40,
    changes=6,
    stages=8,
)
"""For a row that is larger than `LARGEST_ROW_BYTES`; one that is cut to this never is, whatever its characters."""


def new_id() -> str:
    """Return an id for a row."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Tell whether `text` is a row's id: it becomes part of a file's name."""
    return len(text) == 32 and set(text) <= set("0123456789abcdef")


def encoded(row: TurnRow) -> bytes:
    """Return `row` as JSON, cut where it is too long. Raises LedgerError for one without an id or a time zone."""
    if not is_id(row.id) or row.at.tzinfo is None or row.kind not in ("turn", "false_wake"):
        raise LedgerError("a row of the ledger needs an id of 32 hexadecimal digits, a time in UTC, and a known kind")
    raw = _ENCODER.encode(_stored(cut(row, ORDINARY)))
    return raw if len(raw) <= LARGEST_ROW_BYTES else _ENCODER.encode(_stored(cut(row, TIGHT)))


def decoded(raw: bytes) -> TurnRow:
    """Return the row in `raw`. Raises LedgerError where there is none."""
    try:
        stored = _DECODER.decode(raw)
        if not is_id(stored.id):
            raise LedgerError("a row of the ledger that has no id")
        row = _row(stored)
        return row if len(raw) <= LARGEST_ROW_BYTES else cut(row, TIGHT)  # an older version's, which was larger
    except (msgspec.DecodeError, UnicodeError, RecursionError, OverflowError) as error:
        raise LedgerError("what is stored in the ledger is not a row of it") from error


def cut(row: TurnRow, limits: Limits) -> TurnRow:
    """Return `row` with what `limits` allow of it, and with nothing that JSON cannot say."""
    value_chars = limits.value_chars
    return replace(
        row,
        at=row.at.astimezone(UTC),
        satellite_id=cut_text(row.satellite_id, LONGEST_ID_CHARS),
        area_id=cut_text(row.area_id, LONGEST_ID_CHARS),
        user_id=cut_text(row.user_id, LONGEST_ID_CHARS),
        conversation_id=cut_text(row.conversation_id, LONGEST_ID_CHARS),
        outcome=cut_text(row.outcome, LONGEST_ID_CHARS),
        wake_word=cut_text(row.wake_word, LONGEST_ID_CHARS),
        wake_score=_number(row.wake_score),
        second_score=_number(row.second_score),
        hypotheses=tuple(
            Hypothesis(text=cut_text(one.text, limits.hypothesis_chars), score=_number(one.score) or 0.0)
            for one in row.hypotheses[: limits.hypotheses]
        ),
        heard=cut_text(row.heard, limits.text_chars),
        used=cut_text(row.used, limits.text_chars),
        why=cut_text(row.why, limits.text_chars),
        intent=cut_text(row.intent, value_chars),
        slots=cut_slots(row.slots, limits),
        changes=tuple(
            StateChange(
                entity_id=cut_text(one.entity_id, value_chars),
                name=cut_text(one.name, value_chars),
                before=cut_text(one.before, value_chars),
                after=cut_text(one.after, value_chars),
            )
            for one in row.changes[: limits.changes]
        ),
        reply=cut_text(row.reply, limits.text_chars),
        stages_ms={
            cut_text(stage, value_chars): _number(ms) or 0.0
            for stage, ms in list(row.stages_ms.items())[: limits.stages]
        },
        audio_ms=max(0, min(row.audio_ms, LARGEST_INTEGER)),
    )


class _Stored(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A row in JSON; unknown fields are ignored, and what is missing is as by default."""

    id: str
    at: datetime
    satellite_id: str
    area_id: str = ""
    user_id: str = ""
    conversation_id: str = ""
    kind: Kind = "turn"
    outcome: str = ""
    wake_word: str = ""
    wake_score: float | None = None
    second_score: float | None = None
    hypotheses: tuple[Hypothesis, ...] = ()
    heard: str = ""
    used: str = ""
    why: str = ""
    intent: str = ""
    slots: dict[str, StoredValue] = {}
    changes: tuple[StateChange, ...] = ()
    reply: str = ""
    stages_ms: dict[str, float] = {}
    audio_ms: int = 0


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(_Stored)
_FIELDS: Final = _Stored.__struct_fields__


def _stored(row: TurnRow) -> _Stored:
    return _Stored(**{name: getattr(row, name) for name in _FIELDS})


def _row(stored: _Stored) -> TurnRow:
    values = {name: getattr(stored, name) for name in _FIELDS}
    values["at"] = stored.at.astimezone(UTC) if stored.at.tzinfo is not None else stored.at.replace(tzinfo=UTC)
    values["slots"] = from_json(stored.slots)
    return TurnRow(**values)


def cut_text(text: str, most_chars: int) -> str:
    """Return the beginning of `text`, whole characters only."""
    return str(text)[:most_chars].encode("utf-8", "replace").decode("utf-8")


def cut_slots(slots: Slots, limits: Limits) -> dict[str, AttributeValue]:
    """Return of `slots` what `limits` allow, with nothing that JSON cannot say."""
    return {
        cut_text(name, limits.value_chars): _value(value, limits) for name, value in list(slots.items())[: limits.slots]
    }


def from_json(slots: Mapping[str, StoredValue]) -> dict[str, AttributeValue]:
    """Return slots as they were before they were written down."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in slots.items()}


def _number(number: float | None) -> float | None:
    return number if number is None or math.isfinite(number) else 0.0


def _value(value: AttributeValue, limits: Limits) -> AttributeValue:
    if isinstance(value, tuple | list):
        return tuple(_scalar(item, limits) for item in value[: limits.items])
    return _scalar(value, limits)


def _scalar(value: AttributeValue, limits: Limits) -> str | float | bool | None:
    """A list within a list is kept as text: nothing that a sentence is matched to has one."""
    match value:
        case None | bool():
            return value
        case float():
            return _number(value)
        case int() if abs(value) <= LARGEST_INTEGER:
            return value
    return cut_text(str(value), limits.value_chars)
