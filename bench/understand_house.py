"""The houses of `bench understand`: of Home Assistant's own intent tests, without a name, and with 2,000 things."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import yaml

from bench.gold import Command, Meaning, is_in
from gateway.errors import ConfigError
from gateway.home.files import house_from
from gateway.house import House
from tests.gateway.home.large_house import large_house

LARGE: Final = 2_000
"""Things in the house in which time is measured."""
TESTS_LANGUAGE: Final = "en"
STANDING: Final = "Office"
"""Where the satellite stands in those tests that do not say it, and here in all of them."""
MOST_FILES: Final = 1_000
"""Of Home Assistant's tests; there are a tenth of that."""
_OF_AREA: Final = ("name", "floor")
_OF_ENTITY: Final = ("name", "domain", "area", "attributes")


def reference_sentences(folder: Path) -> dict[str, Meaning]:
    """Return each sentence of Home Assistant's intent tests with its gold, in an order that only its words decide.

    Raises ConfigError where they are missing.
    """
    try:
        lines = (folder / f"{TESTS_LANGUAGE}.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"{folder}: has no sentences ({error.strerror}); set LOCAL_VOICE_SHARED") from error
    rows = [json.loads(line) for line in lines]
    rows.sort(key=lambda row: sha256(row["sentence"].encode()).digest())
    return {row["sentence"]: Meaning(commands=(Command(name=row["intent"], slots=row["slots"]),)) for row in rows}


def reference_house(folder: Path) -> House:
    """Return one house of the floors, areas and entities of all files of those tests. Raises HouseError."""
    floors: dict[str, dict[str, Any]] = {}
    areas: dict[str, dict[str, Any]] = {STANDING: {"name": STANDING}}
    entities: dict[tuple[str, str], dict[str, Any]] = {}
    for document in _documents(folder / f"yaml_{TESTS_LANGUAGE}"):
        for floor in document.get("floors") or ():
            floors.setdefault(_name(floor), {"name": floor["name"]})
        for area in document.get("areas") or ():
            known = areas.setdefault(_name(area), {})
            known |= {key: area[key] for key in _OF_AREA if key in area and key not in known}
            if "floor" in area:
                floors.setdefault(str(area["floor"]), {"name": area["floor"]})
        for entity in document.get("entities") or ():
            kept = {key: entity[key] for key in _OF_ENTITY if key in entity}
            entities.setdefault((_name(entity), entity["domain"]), kept)
    for entity in entities.values():
        if entity.get("area") not in areas:
            entity.pop("area", None)
    house = {"floors": [*floors.values()], "areas": [*areas.values()], "entities": [*entities.values()]}
    return house_from(yaml.safe_dump({"temperature_unit": "°F", **house}), folder)


def without(house: House, name: str) -> House:
    """Return `house` with nothing in it that has `name` in its own."""
    floors = tuple(floor for floor in house.floors if not is_in(name, (floor.name, *floor.aliases)))
    areas = tuple(area for area in house.areas if not is_in(name, (area.name, *area.aliases)))
    floor_ids, area_ids = {floor.id for floor in floors}, {area.id for area in areas}
    return replace(
        house,
        floors=floors,
        areas=tuple(area if area.floor_id in floor_ids else replace(area, floor_id=None) for area in areas),
        entities=tuple(
            entity if entity.area_id in area_ids else replace(entity, area_id=None)
            for entity in house.entities
            if not is_in(name, (entity.name, *entity.aliases))
        ),
    )


def padded(house: House) -> House:
    """Return `house` among so many things that there are `LARGE` of them, in as many rooms as that takes."""
    more = large_house(max(LARGE - len(house.entities), 0))
    known = {area.id for area in house.areas} | {entity.id for entity in house.entities}
    floors = {floor.id for floor in house.floors}
    return replace(
        house,
        floors=(*house.floors, *(floor for floor in more.floors if floor.id not in floors)),
        areas=(*house.areas, *(area for area in more.areas if area.id not in known)),
        entities=(*house.entities, *(entity for entity in more.entities if entity.id not in known)),
    )


def _documents(folder: Path) -> Iterator[Mapping[str, Any]]:
    for file, _ in zip(sorted(folder.rglob("*.yaml")), range(MOST_FILES), strict=False):
        if not file.name.startswith("_"):
            yield yaml.safe_load(file.read_text(encoding="utf-8"))


def _name(row: Mapping[str, Any]) -> str:
    return str(row["name"] if isinstance(row["name"], str) else row["name"][0])
