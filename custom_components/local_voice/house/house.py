"""The house as the gateway is told of it: what is exposed to voice assistants, and nothing else.

An exposed thing is told with its names, its room, its state, and the few attributes that sentences and answers need.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import floor_registry as fr
from homeassistant.helpers import intent

from ..wire.codec import WrongMessageError, encode
from ..wire.house_messages import AreaWords, EntitiesChanged, EntityWords, FloorWords
from ..wire.wire_types import MOST_ENTITIES_A_MESSAGE
from .protected import sets, told_guard

if TYPE_CHECKING:
    from .guards import Guards

MOST_FLOORS: Final = 100
MOST_AREAS: Final = 500
MOST_ENTITIES: Final = 10_000
"""What the gateway takes of one house, floors and areas likewise."""
MOST_ALIASES: Final = 16
"""More names than anybody gives a thing."""
MOST_IN_A_LIST: Final = 64
"""Of an attribute that is a list, such as a thermostat's modes."""
PART_BYTES: Final = 60 * 1024
"""A message has at most 64 KiB; this leaves room for what stands around the things."""
MOST_GUARD_AREAS: Final = 64
"""Rooms from which one thing may be asked for, as many as the message holds; of more, from the others it may not."""
ENTITY_BYTES: Final = 16 * 1024
"""What is larger is told without its attributes and other names."""
WHAT_IT_IS: Final = ("device_class", "sets")
"""Attributes that say what a thing is, not how it is: only a whole thing changes them."""

_NAME_CHARS, _VALUE_CHARS = 255, 2_048
_TOLD: Final = frozenset(
    {
        *("device_class", "unit_of_measurement"),
        *("temperature", "current_temperature", "temperature_unit", "min_temp", "max_temp"),
        *("hvac_modes", "fan_mode", "fan_modes", "humidity"),
        *("brightness", "supported_color_modes", "color_temp_kelvin"),
        *("current_position", "percentage", "volume_level", "is_volume_muted"),
    }
)
"""The attributes that are told. Titles, pictures, positions of people and the like are not."""


@dataclass(frozen=True, slots=True)
class ScreenWords:
    """A thing in a list on a screen."""

    entity_id: str
    name: str
    """What it is called in sentences; for one that no sentence can name, its name on screen."""
    area_id: str | None


type Attribute = str | int | float | bool | tuple[str | int | float | bool | None, ...] | None


@callback
def is_exposed(hass: HomeAssistant, entity_id: str) -> bool:
    """Tell whether the household lets voice assistants see and change this."""
    return async_should_expose(hass, conversation.DOMAIN, entity_id)


@callback
def entity_words(hass: HomeAssistant, entity_id: str, guards: Guards | None = None) -> EntityWords | None:
    """Return a thing as the gateway is told of it; None for one that is not there or is not exposed.

    `guards` say what its household decided of it, and what scripts are read for; without them, nothing of that is told.
    """
    if (found := _found(hass, entity_id)) is None:
        return None
    state, entry, names = found
    guard = None if guards is None else told_guard(hass, entity_id, guards)
    words = EntityWords(
        id=entity_id,
        name=names[0] if names else "",
        aliases=names[1:],
        area_id=_area_id(hass, entry),
        state=state.state[:_NAME_CHARS],
        attributes=_attributes(hass, state, guards),
        guard="" if guard is None else guard.level,
        guard_area_ids=() if guard is None else tuple(sorted(guard.area_ids)[:MOST_GUARD_AREAS]),
    )
    return words if size_bytes(words) <= ENTITY_BYTES else _shortened(words)


@callback
def screen_words(hass: HomeAssistant, entity_id: str) -> ScreenWords | None:
    """Return a thing as people pick it from a list; None for one that is not there or is not exposed."""
    if (found := _found(hass, entity_id)) is None:
        return None
    state, entry, names = found
    return ScreenWords(entity_id, names[0] if names else state.name[:_NAME_CHARS], _area_id(hass, entry))


@callback
def spoken_words(hass: HomeAssistant, state: State) -> EntityWords:
    """Return an exposed thing as an answer speaks of it; one that no sentence can name keeps its name on screen."""
    words = entity_words(hass, state.entity_id)
    name = words.name if words is not None and words.name else state.name[:_NAME_CHARS]
    return EntityWords(
        id=state.entity_id,
        name=name,
        area_id=None if words is None else words.area_id,
        state=state.state[:_NAME_CHARS],
        attributes=_attributes(hass, state),
    )


@callback
def floor_words(hass: HomeAssistant) -> tuple[FloorWords, ...]:
    """Return the storeys."""
    floors = list(fr.async_get(hass).async_list_floors())[:MOST_FLOORS]
    return tuple(
        FloorWords(id=floor.floor_id, name=names[0], aliases=names[1:], level=floor.level)
        for floor in floors
        if (names := _names([floor.name, *sorted(floor.aliases)]))
    )


@callback
def area_words(hass: HomeAssistant) -> tuple[AreaWords, ...]:
    """Return the rooms."""
    areas = list(ar.async_get(hass).async_list_areas())[:MOST_AREAS]
    return tuple(
        AreaWords(id=area.id, name=names[0], aliases=names[1:], floor_id=area.floor_id)
        for area in areas
        if (names := _names([area.name, *sorted(area.aliases)]))
    )


def size_bytes(words: EntityWords) -> int:
    """Return how much of a message a thing takes."""
    try:
        return len(encode(EntitiesChanged(changed=(words,))))
    except WrongMessageError:
        return PART_BYTES


def in_parts[T](things: Iterable[tuple[T, int]]) -> Iterator[tuple[T, ...]]:
    """Return things, each with its size, in parts that fit into a message."""
    part: list[T] = []
    part_bytes = 0
    for thing, thing_bytes in things:
        if part and (len(part) == MOST_ENTITIES_A_MESSAGE or part_bytes + thing_bytes > PART_BYTES):
            yield tuple(part)
            part, part_bytes = [], 0
        part.append(thing)
        part_bytes += thing_bytes
    if part:
        yield tuple(part)


def _found(hass: HomeAssistant, entity_id: str) -> tuple[State, er.RegistryEntry | None, tuple[str, ...]] | None:
    """Return an exposed thing's state, its entry, and its names in sentences; None for one that there is not."""
    state = hass.states.get(entity_id)
    if state is None or not is_exposed(hass, entity_id):
        return None
    entry = er.async_get(hass).async_get(entity_id)
    return state, entry, _names(intent.async_get_entity_aliases(hass, entry, state=state))


def _names(names: Iterable[str]) -> tuple[str, ...]:
    """Return different names, the first ones first."""
    different = {name.casefold(): name[:_NAME_CHARS] for name in reversed([*names]) if name.strip()}
    return tuple(reversed(different.values()))[: MOST_ALIASES + 1]


def _area_id(hass: HomeAssistant, entry: er.RegistryEntry | None) -> str | None:
    """Return where a thing stands: its own room, or that of its device."""
    if entry is None or entry.area_id is not None or entry.device_id is None:
        return None if entry is None else entry.area_id
    device = dr.async_get(hass).async_get(entry.device_id)
    return None if device is None else dr.async_get_effective_area_id(hass, device)


def _attributes(hass: HomeAssistant, state: State, guards: Guards | None = None) -> dict[str, Attribute]:
    told = {
        key: plain for key in _TOLD & state.attributes.keys() if (plain := _plain(state.attributes[key])) is not None
    }
    if guards is not None and (protected := sets(hass, state.entity_id, guards)):
        told["sets"] = protected[:MOST_IN_A_LIST]
    return dict(sorted(told.items()))


def _plain(value: object) -> Attribute:
    """Return a value as it travels; None for what does not."""
    match value:
        case Enum():
            return _plain(value.value)
        case float():
            return value if math.isfinite(value) else None
        case bool() | int():
            return value
        case str():
            return str(value) if len(value) <= _VALUE_CHARS else None
        case list() | tuple() | set() | frozenset():
            items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
            plain = [_plain(item) for item in items][:MOST_IN_A_LIST]
            return tuple(item for item in plain if not isinstance(item, tuple))
    return None


def _shortened(words: EntityWords) -> EntityWords:
    """Return a thing with what it is, and nothing else."""
    attributes: Mapping[str, object] = words.attributes
    kept = {key: words.attributes[key] for key in WHAT_IT_IS if key in attributes}
    return replace(words, aliases=(), attributes=kept)
