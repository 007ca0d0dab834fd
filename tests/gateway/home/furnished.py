"""Home Assistant's own intent tests as cases for us: each file's house, with what its sentences take for granted.

Those tests name areas without lights and timers that nobody set, because they never act. We do act, so a house gets one
of everything its sentences could mean, standing where they would look for it.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SHARED = Path(os.environ.get("LOCAL_VOICE_SHARED", Path(__file__).parents[4] / "shared"))
REFERENCE = SHARED / "text" / "ha_intents"
SPEECH_TO_PHRASE_HOUSE = SHARED / "text" / "speech_to_phrase" / "fixtures" / "en.yaml"
MANIFEST = SHARED / "speech" / "manifest.csv"

CONTEXT_AREA = "Office"
"""Where the satellite stands, unless a file says otherwise."""

_COVERS = ("awning", "blind", "curtain", "door", "garage", "gate", "shade", "shutter", "window")
_KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("light", {}),
    ("fan", {}),
    ("climate", {}),
    ("media_player", {}),
    *(("cover", {"device_class": device_class}) for device_class in _COVERS),
)
_ITEMS = {"items": ["Apples", "Take out the trash"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One sentence of the reference, and what it must come to."""

    sentence: str
    intent: str
    slots: Mapping[str, Any]
    response: str
    file: Path
    """The YAML file with its house, relative to the reference."""


def cases(language: str = "en") -> Iterator[Case]:
    """Yield all cases of a language."""
    for line in (REFERENCE / f"{language}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield Case(
            sentence=row["sentence"],
            intent=row["intent"],
            slots=row["slots"],
            response=row["response"],
            file=Path(f"yaml_{language}") / Path(*Path(row["file"]).parts[2:]),
        )


def fixtures(file: Path) -> dict[str, Any]:
    """Return what a file says of its house, without its tests."""
    document = yaml.safe_load((REFERENCE / file).read_text(encoding="utf-8"))
    return {key: value for key, value in document.items() if key != "tests"}


def context_area(document: Mapping[str, Any]) -> str:
    """Return the name of the area where the satellite stands."""
    marked = [area["name"] for area in document.get("areas", []) if area.get("context_area")]
    return marked[0] if marked else CONTEXT_AREA


def bare_house(document: Mapping[str, Any]) -> str:
    """Return a house file with what the document names, and a place for the satellite."""
    floors, areas = _places(document)
    entities = document.get("entities") or [{"name": "Sun", "domain": "sun"}]
    return _file(floors, areas, entities)


def furnished_house(document: Mapping[str, Any], slots: Mapping[str, Any]) -> str:
    """Return a house file in which a sentence with these slots can be carried out."""
    floors, areas = _places(document)
    areas += [{"name": f"Landing {floor['name']}", "floor": floor["name"]} for floor in floors]
    standing = slots.get("area") or (f"Landing {slots['floor']}" if "floor" in slots else CONTEXT_AREA)
    entities = [{"area": standing, **entity} for entity in document.get("entities", [])]
    names = {area["name"] for area in areas}
    entities = [entity if entity["area"] in names else entity | {"area": context_area(document)} for entity in entities]
    for entity in entities:
        if entity["domain"] == "todo":
            entity["attributes"] = _ITEMS
    if not any("state" in entity for entity in entities):
        entities += _furniture([area["name"] for area in areas], {entity["domain"] for entity in entities}, slots)
    return _file(floors, areas, entities)


def _places(document: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    floors = [dict(floor) for floor in document.get("floors", [])]
    areas = [{key: value for key, value in area.items() if key != "context_area"} for area in document.get("areas", [])]
    for area in areas:
        if area.get("floor") is not None and area["floor"] not in [floor["name"] for floor in floors]:
            floors.append({"name": area["floor"]})
    named = [entity["area"] for entity in document.get("entities") or [] if entity.get("area")]
    for name in dict.fromkeys([context_area(document), *named]):
        if name.casefold() not in [area["name"].casefold() for area in areas]:
            areas.append({"name": name})
    return floors, areas


def _furniture(areas: list[str], present: set[str], slots: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one of everything for each area, of kinds that the file does not bring itself."""
    placed = [
        {"name": f"{area} {kind} {number}", "domain": kind, "area": area, "attributes": attributes}
        for area in areas
        for number, (kind, attributes) in enumerate(_KINDS)
        if kind not in present
    ]
    if "vacuum" not in present:
        placed.append({"name": "Whirl", "domain": "vacuum"})
    if "item" in slots and "name" not in slots:
        placed.append({"name": "Groceries", "id": "todo.shopping_list", "attributes": _ITEMS})
    return placed


def _file(floors: list[dict[str, Any]], areas: list[dict[str, Any]], entities: list[dict[str, Any]]) -> str:
    return yaml.safe_dump({"temperature_unit": "°F", "floors": floors, "areas": areas, "entities": entities})
