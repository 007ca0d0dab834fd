"""What an answer needs of an intent besides its things: timers with what is left of them, counts, and more."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from homeassistant.helpers.json import json_bytes

if TYPE_CHECKING:
    from ..wire.wire_types import Record, Scalar, SpeechSlot

MOST_BYTES: Final = 16 * 1024
"""Room for forty timers. A message has at most 64 KiB, most of them for an answer's things."""
_MOST_SLOTS: Final = 32
_MOST_FIELDS: Final = 32
"""Twice what a timer has."""
_MOST_ITEMS: Final = 256
_NAME_CHARS, _VALUE_CHARS = 255, 2_048


def speech_slots(given: Mapping[str, Any]) -> dict[str, SpeechSlot]:
    """Return an intent's slots for its answer as they travel.

    Of a list there is as much as there is room for; of anything that is no list of plain records, only whether it is.
    """
    slots: dict[str, SpeechSlot] = {}
    room_bytes = MOST_BYTES
    for name, value in list(given.items())[:_MOST_SLOTS]:
        slot = _items(value) if isinstance(value, list | tuple) else _scalar(value)
        while (slot_bytes := len(json_bytes({name: slot}))) > room_bytes and isinstance(slot, tuple) and slot:
            slot = slot[: len(slot) // 2]
        if slot_bytes <= room_bytes and len(name) <= _NAME_CHARS:
            slots[name] = slot
            room_bytes -= slot_bytes
    return slots


def _items(values: list[Any] | tuple[Any, ...]) -> tuple[Scalar | Record, ...]:
    return tuple(_record(value) if isinstance(value, Mapping) else _scalar(value) for value in values[:_MOST_ITEMS])


def _record(value: Mapping[Any, Any]) -> Record:
    fields = list(value.items())[:_MOST_FIELDS]
    return {name: _scalar(field) for name, field in fields if isinstance(name, str) and len(name) <= _NAME_CHARS}


def _scalar(value: object) -> Scalar:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)[:_VALUE_CHARS] if isinstance(value, str) else bool(value)
