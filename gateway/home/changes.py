"""What is different between two states of a thing, in words for a person: `on, brightness 50 %`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from gateway.events import StateChange
from gateway.home.domains import FULL_BRIGHTNESS
from gateway.home.effects import number
from gateway.house import AttributeValue, Entity

_MOMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {"scene": "activated", "script": "run", "button": "pressed", "input_button": "pressed"}
)
"""Kinds of things that are used rather than changed."""

_WORDS: Final[Mapping[str, Callable[[AttributeValue], str]]] = MappingProxyType(
    {
        "brightness": lambda value: f"brightness {round(number(value) * 100 / FULL_BRIGHTNESS)} %",
        "color": lambda value: f"color {value}",
        "color_temp_kelvin": lambda value: f"color temperature {value} K",
        "current_position": lambda value: f"position {value} %",
        "temperature": lambda value: f"target {number(value):g}°",
        "percentage": lambda value: f"speed {value} %",
        "fan_mode": lambda value: f"fan mode {value}",
        "volume_level": lambda value: f"volume {round(number(value) * 100)} %",
        "is_volume_muted": lambda value: "muted" if value else "not muted",
        "media_title": lambda value: f"“{value}”",
        "cleaning_area": lambda value: f"in {value}",
        "items": lambda value: ", ".join(map(str, value)) if isinstance(value, tuple) and value else "no items",
    }
)
"""The attributes that a person is told of, in this order."""


def difference(before: Entity, after: Entity) -> StateChange | None:
    """Return the change from `before` to `after`; None where nothing is different."""
    if after.domain in _MOMENTS:
        used = before != after
        return _change(after, "ready", _MOMENTS[after.domain]) if used else None
    told = [key for key in _WORDS if before.attributes.get(key) != after.attributes.get(key)]
    if before.state == after.state and not told:
        return None
    return _change(after, _described(before, told), _described(after, told))


def _change(entity: Entity, before: str, after: str) -> StateChange:
    return StateChange(entity_id=entity.id, name=entity.name, before=before, after=after)


def _described(entity: Entity, told: list[str]) -> str:
    words = [_WORDS[key](entity.attributes[key]) for key in told if entity.attributes.get(key) is not None]
    return ", ".join([entity.state, *words])
