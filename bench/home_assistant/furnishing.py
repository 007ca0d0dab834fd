"""The house of a benchmark, as Home Assistant is given it: a house file's things, and what every room has.

House files say what has a name. People also say "the lights in the office", so every area gets a light, a curtain and
a window of its own. Pure: nothing is read or written here.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from gateway.house import Area, Entity, House

THINGS: Final = frozenset({"climate", "cover", "fan", "light", "media_player", "switch", "todo"})
"""What `lv_bench_house` can make."""
WRITTEN: Final = frozenset({"scene", "script"})
"""What stands in configuration.yaml; running one changes nothing else."""
CONFIGURATION: Final = """\
homeassistant:
  name: {name}
  unit_system: metric
  time_zone: UTC
  country: GB
  language: en
logger:
  default: warning
assist_pipeline:
config:
conversation:
ffmpeg:
frontend:
media_source:
recorder:
system_health:
zeroconf:
lv_bench_house:
"""
"""Of what `default_config` sets up, what voice needs; nothing that dials out."""


def furnished(house: House) -> House:
    """Return what of `house` can be acted on, with a light, a curtain and a window in every area."""
    kept = [entity for entity in house.entities if entity.domain in THINGS | WRITTEN]
    return replace(house, entities=(*kept, *(thing for area in house.areas for thing in _usual(area))))


def _usual(area: Area) -> Iterator[Entity]:
    light = Entity(id=f"light.{area.id}_ceiling", name=f"{area.name} Ceiling", area_id=area.id)
    yield replace(light, attributes={"supported_color_modes": ("color_temp", "rgb")})
    for kind in ("curtain", "window"):
        yield Entity(
            id=f"cover.{area.id}_{kind}",
            name=f"{area.name} {kind.title()}",
            area_id=area.id,
            attributes={"device_class": kind},
        )


def furniture(house: House) -> list[dict[str, Any]]:
    """Return what `lv_bench_house` reads."""
    return [
        {"id": entity.id, "name": entity.name, "attributes": dict(entity.attributes)}
        for entity in house.entities
        if entity.domain in THINGS
    ]


def descriptions(house: House) -> list[dict[str, Any]]:
    """Return the same for a house in which nothing can be acted on, of whatever kind it is."""
    return [
        {"id": entity.id, "name": entity.name, "state": entity.state, "attributes": dict(entity.attributes)}
        for entity in house.entities
    ]


def configuration(house: House) -> dict[str, Any]:
    """Return scenes and scripts as configuration.yaml has them, under the ids that the house gives them."""
    by_domain = {
        domain: [entity for entity in house.entities if entity.domain == domain] for domain in ("scene", "script")
    }
    return {
        "scene": [{"id": _key(one), "name": one.name, "entities": {}} for one in by_domain["scene"]],
        "script": {_key(one): {"alias": one.name, "sequence": []} for one in by_domain["script"]},
    }


def _key(entity: Entity) -> str:
    return entity.id.partition(".")[2]
