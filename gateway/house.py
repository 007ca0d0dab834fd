"""What a home is: floors, areas, and the things in them with their states, as frozen data.

A snapshot is what understanding works on. It comes from Home Assistant, from a house file, or from the demo house; who
made it does not matter here. Nothing in this module decides or does I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

type AttributeValue = str | int | float | bool | tuple[AttributeValue, ...] | None
"""What an attribute or a slot may hold."""

ANYTHING: Final = "?"
"""The id of what a scene or script may change where nobody could read what it does."""
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

    @property
    def domain(self) -> str:
        """`light` for `light.kitchen`."""
        return self.id.partition(".")[0]

    @property
    def is_told(self) -> bool:
        """Whether it is known which thing it is. Of what is not exposed, only its kind is ever told."""
        return "." in self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A whole home at one moment."""

    name: str
    language: str = "en"
    temperature_unit: str = "°C"
    floors: tuple[Floor, ...] = ()
    areas: tuple[Area, ...] = ()
    entities: tuple[Entity, ...] = ()
    revision: int = 0
    """Grows by one when names, places or the set of entities change; states may change without it."""
