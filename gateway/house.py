"""What a home is: floors, areas, and the things in them with their states, as frozen data.

A snapshot is what understanding works on. It comes from Home Assistant, from a house file, or from the demo house; who
made it does not matter here. Nothing in this module decides or does I/O.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from gateway.own_sentences import NO_SENTENCES, OwnSentences

type AttributeValue = str | int | float | bool | tuple[AttributeValue, ...] | None
"""What an attribute or a slot may hold."""

ANYTHING: Final = "?"
"""The id of what a scene or script may change where nobody could read what it does."""
MOST_KNOWN: Final = 64
"""Names that may be in one sentence; of more, the longest count."""
_APOSTROPHES: Final = "'\u2019"
NO_ATTRIBUTES: Mapping[str, AttributeValue] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """A storey."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A room, or any other place that people name."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    floor_id: str | None = None


class Guard(StrEnum):
    """What has to be before a thing is changed by voice, the laxest first."""

    FREE = "free"
    CONFIRM = "confirm"
    """It is read back, and somebody says yes."""
    PIN = "pin"
    """And says the PIN that only Home Assistant knows."""
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One thing that can be asked about or acted on, in Home Assistant's terms."""

    id: str
    """`domain.object_id`, as in Home Assistant; only `domain` where nobody told us which thing it is."""
    name: str
    aliases: tuple[str, ...] = ()
    area_id: str | None = None
    state: str = "unknown"
    attributes: Mapping[str, AttributeValue] = field(default=NO_ATTRIBUTES)
    guard: Guard | None = None
    """As its household decided; None for what is usual for its kind."""
    guard_area_ids: tuple[str, ...] = ()
    """The rooms from which it may be asked for; none for all of them."""

    @property
    def domain(self) -> str:
        """`light` for `light.kitchen`."""
        return self.id.partition(".")[0]

    @property
    def is_told(self) -> bool:
        """Whether it is known which thing it is. Of what is not exposed, only its kind is ever told."""
        return "." in self.id


class Called(StrEnum):
    """What a name is the name of."""

    PERSON = "person"
    DEVICE = "device"
    AREA = "area"
    """Of a room or of a storey."""
    HOME = "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownName:
    """A name that is known in a house."""

    name: str
    kind: Called


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A whole home at one moment."""

    name: str
    language: str = "en"
    temperature_unit: str = "°C"
    floors: tuple[Floor, ...] = ()
    areas: tuple[Area, ...] = ()
    entities: tuple[Entity, ...] = ()
    people: tuple[str, ...] = ()
    """The names of those who live here; understanding does not use them."""
    sentences: OwnSentences = NO_SENTENCES
    """Those that its people wrote themselves."""
    revision: int = 0
    """Grows by one when names, places, sentences or the set of entities change; states may change without it."""


def names_in(house: House, text: str) -> tuple[KnownName, ...]:
    """Return the names of `house` that occur in `text`, be it within a word, the longest first: at most `MOST_KNOWN`.

    A name of two things is told once, with the apostrophe that the text has. Of a person's name each part counts by
    itself: people are called by one of them.
    """
    said = text.casefold()
    found: dict[str, KnownName] = {}
    for name, kind in _names(house):
        for spelled in dict.fromkeys((name.strip(), *(_respelled(name.strip(), mark) for mark in _APOSTROPHES))):
            key = spelled.casefold()
            if key and key in said:
                found.setdefault(key, KnownName(name=spelled, kind=kind))
    return tuple(sorted(found.values(), key=lambda known: -len(known.name))[:MOST_KNOWN])


def _names(house: House) -> Iterator[tuple[str, Called]]:
    """Yield every name; where two things share one, what comes first counts."""
    people = [*house.people, *(name for entity in house.entities if entity.domain == "person" for name in _all(entity))]
    for person in people:
        yield person, Called.PERSON
        for part in person.split():
            if len(part) > 1 and not part[0].islower():  # not the "van" in "van der Berg"
                yield part, Called.PERSON
    yield house.name, Called.HOME
    for area in house.areas:
        yield from ((name, Called.AREA) for name in _all(area))
    for floor in house.floors:
        yield from ((name, Called.AREA) for name in _all(floor))
    for entity in house.entities:
        yield from ((name, Called.DEVICE) for name in _all(entity))


def _respelled(name: str, apostrophe: str) -> str:
    return name.translate(dict.fromkeys(map(ord, _APOSTROPHES), apostrophe))


def _all(named: Floor | Area | Entity) -> tuple[str, ...]:
    return (named.name, *named.aliases)
