"""House files: YAML in, a `House` out, or one line that says which entry cannot be used and what is allowed.

Reads our own format, the fixtures of Home Assistant's intent tests (the same keys), and those of speech-to-phrase (the
same under `fixtures`). Bounded reading, safe loader; nothing in a file is executed.
"""

import re
import reprlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import voluptuous as vol
import yaml

from gateway.errors import HouseError
from gateway.home.domains import completed
from gateway.home.schema import (
    AREA,
    ENTITY,
    FLOOR,
    NAME_LIMIT_CHARS,
    TEST_KEYS,
    TOP_KEYS,
    language,
    one_name,
    temperature_unit,
)
from gateway.house import Area, AttributeValue, Entity, Floor, House

FILE_LIMIT_BYTES = 4 * 1024 * 1024
"""Ten thousand entities take about one."""
ENTITY_LIMIT = 10_000
"""Far more than any home has; understanding stays quick well beyond it."""

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
"""The same rules; in C it takes a sixth of the time."""

type _Row = dict[str, Any]


def load_house(path: Path) -> House:
    """Read a house file. Raises HouseError with one line: file, entry, what was found, what is allowed."""
    return house_from(_text(path), path)


def house_from(text: str, path: Path) -> House:
    """Read a house from YAML text; `path` is how errors name it. Raises HouseError."""
    return _Reader(path).house(_document(text, path))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_LIMIT_BYTES + 1)
    except FileNotFoundError as error:
        raise HouseError(f"{path}: there is no such house file") from error
    except IsADirectoryError as error:
        raise HouseError(f"{path}: is a directory; a house is one YAML file") from error
    except OSError as error:
        raise HouseError(f"{path}: cannot be read ({error.strerror})") from error
    if len(data) > FILE_LIMIT_BYTES:
        raise HouseError(f"{path}: is larger than {FILE_LIMIT_BYTES // 1024 // 1024} MiB; that is no house file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HouseError(f"{path}: is not UTF-8 text (byte {error.start})") from error


def _document(text: str, path: Path) -> _Row:
    try:
        document = yaml.load(text, Loader=_LOADER)  # noqa: S506 - both are the safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        problem = getattr(error, "problem", None) or "not text"
        raise HouseError(f"{path}: {where}is not YAML ({problem})") from error
    except (RecursionError, ValueError) as error:
        raise HouseError(f"{path}: is not YAML that can be read ({type(error).__name__})") from error
    if document is None:
        raise HouseError(f"{path}: is empty; a house has at least entities, each with a name and a domain or an id")
    if not isinstance(document, dict):
        raise HouseError(f"{path}: is a {_kind(document)}; a house file is a mapping with: {', '.join(TOP_KEYS)}")
    return document


class _Reader:
    """Reads one document, keeping the file's name for what it says."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def house(self, document: _Row) -> House:
        """Return the document's house."""
        if "fixtures" in document:
            fixtures = document["fixtures"]
            if not isinstance(fixtures, dict):
                raise self._error("fixtures", fixtures, "a mapping with areas and entities")
            document = {key: value for key, value in document.items() if key != "fixtures"} | fixtures
        self._only_known("the file", document, TOP_KEYS)
        unit = self._one(document, "temperature_unit", temperature_unit, "°C")
        floors = self._floors(self._rows(document, "floors", FLOOR))
        areas = self._areas(self._rows(document, "areas", AREA), floors)
        entities = self._entities(self._rows(document, "entities", ENTITY), areas, unit)
        if not entities:
            raise HouseError(f"{self._path}: has no entities; a house needs at least one")
        return House(
            name=self._one(document, "name", one_name, self._path.stem),
            language=self._one(document, "language", language, "en"),
            temperature_unit=unit,
            floors=floors,
            areas=areas,
            entities=entities,
        )

    def _error(self, entry: str, found: object, allowed: str) -> HouseError:
        shown = _shown(found)
        return HouseError(f"{self._path}: {entry}: found {shown}; {allowed}")

    def _one(self, document: _Row, key: str, read: Callable[[object], str], usual: str) -> str:
        if key not in document:
            return usual
        try:
            return read(document[key])
        except vol.Invalid as error:
            raise self._error(key, document[key], f"allowed: {error.msg}") from error

    def _only_known(self, entry: str, row: _Row, known: Collection[str]) -> None:
        for key in row:
            if key not in known and key not in TEST_KEYS:
                raise self._error(entry, f"key {key!s}", f"the keys are: {', '.join(known)}")

    def _rows(self, document: _Row, key: str, schema: vol.Schema) -> list[_Row]:
        rows = document.get(key)
        if rows is None:
            return []
        if not isinstance(rows, list):
            raise self._error(key, rows, "a list is needed")
        if len(rows) > ENTITY_LIMIT:
            raise self._error(key, f"{len(rows)} entries", f"at most {ENTITY_LIMIT} are allowed")
        return [self._row(f"{key}[{index}]", row, schema) for index, row in enumerate(rows)]

    def _row(self, place: str, row: object, schema: vol.Schema) -> _Row:
        known = [str(key) for key in schema.schema]
        if not isinstance(row, dict):
            raise self._error(place, row, f"an entry has: {', '.join(known)}")
        entry = f"{place} {row['name']!r}" if isinstance(row.get("name"), str) else place
        self._only_known(entry, row, known)
        try:
            checked: _Row = schema(row)
        except vol.MultipleInvalid as error:
            first = error.errors[0]
            path = ".".join(map(str, first.path))
            if isinstance(first, vol.RequiredFieldInvalid):
                raise self._error(entry, row, f"a {path} is needed") from error
            raise self._error(f"{entry}, {path}", _at(row, first.path), f"allowed: {first.msg}") from error
        name, *more = checked["name"]
        return checked | {"name": name, "aliases": (*more, *checked.get("aliases", ()))}

    def _floors(self, rows: list[_Row]) -> tuple[Floor, ...]:
        ids = self._ids("floors", rows)
        return tuple(
            Floor(id=id_, name=row["name"], aliases=row["aliases"], level=row.get("level"))
            for id_, row in zip(ids, rows, strict=True)
        )

    def _areas(self, rows: list[_Row], floors: tuple[Floor, ...]) -> tuple[Area, ...]:
        known = _by_id_or_name(floors)
        ids = self._ids("areas", rows)
        for row in rows:
            if "floor" in row and row["floor"] not in known:
                allowed = ", ".join(floor.id for floor in floors) or "none"
                raise self._error(f"area {row['name']!r}, floor", row["floor"], f"the floors are: {allowed}")
        return tuple(
            Area(id=id_, name=row["name"], aliases=row["aliases"], floor_id=known.get(row.get("floor", "")))
            for id_, row in zip(ids, rows, strict=True)
        )

    def _ids(self, kind: str, rows: list[_Row]) -> list[str]:
        ids = [row.get("id") or _slug(row["name"]) for row in rows]
        self._no_duplicate(kind, ids)
        return ids

    def _no_duplicate(self, kind: str, ids: list[str]) -> None:
        for id_, count in Counter(ids).items():
            if count > 1:
                raise self._error(kind, f"the id {id_} {count} times", "an id may be used once")

    def _entities(self, rows: list[_Row], areas: tuple[Area, ...], unit: str) -> tuple[Entity, ...]:
        known = _by_id_or_name(areas)
        ids = self._entity_ids(rows)
        self._no_duplicate("entities", ids)
        return tuple(
            self._entity(id_, row, known, ids, unit)
            for id_, row in zip(ids, rows, strict=True)
            if row.get("is_exposed", True)
        )

    def _entity_ids(self, rows: list[_Row]) -> list[str]:
        """Return the rows' ids; a row with only a domain gets one from its name, made unique."""
        ids: list[str] = []
        taken = {row["id"] for row in rows if "id" in row}
        for row in rows:
            if "id" in row:
                if row.get("domain", row["id"].partition(".")[0]) != row["id"].partition(".")[0]:
                    raise self._error(f"entity {row['name']!r}, domain", row["domain"], f"its id says {row['id']}")
                ids.append(row["id"])
                continue
            if "domain" not in row:
                raise self._error(f"entity {row['name']!r}", "no id and no domain", "one of them is needed")
            plain = f"{row['domain']}.{_slug(row['name'])}"
            id_, number = plain, 2
            while id_ in taken:
                id_, number = f"{plain}_{number}", number + 1
            taken.add(id_)
            ids.append(id_)
        return ids

    def _entity(self, id_: str, row: _Row, areas: Mapping[str, str], ids: list[str], unit: str) -> Entity:
        if "area" in row and row["area"] not in areas:
            allowed = ", ".join(sorted(set(areas.values()))) or "none"
            raise self._error(f"entity {row['name']!r}, area", row["area"], f"the areas are: {allowed}")
        domain = id_.partition(".")[0]
        given: dict[str, AttributeValue] = dict(row.get("attributes") or {})
        if "light_supports_brightness" in row or "light_supports_color" in row:
            given.setdefault("supported_color_modes", _color_modes(row))
        if "sets" in row:
            self._sets_known(row, ids)
            given["sets"] = tuple(f"{thing}={state}" for thing, state in row["sets"].items())
        state, attributes = completed(domain, row["name"], row.get("state"), given, unit)
        return Entity(
            id=id_,
            name=row["name"],
            aliases=row["aliases"],
            area_id=areas.get(row.get("area", "")),
            state=state,
            attributes=attributes,
        )

    def _sets_known(self, row: _Row, ids: list[str]) -> None:
        for thing in row["sets"]:
            if thing not in ids:
                raise self._error(f"entity {row['name']!r}, sets", thing, "it must be the id of an entity of this file")


def _by_id_or_name(places: Iterable[Floor | Area]) -> dict[str, str]:
    """Return the ids of places by what an entry may call them."""
    by_name = {place.name: place.id for place in places}
    return by_name | {place.id: place.id for place in places}


def _color_modes(row: _Row) -> tuple[str, ...]:
    if row.get("light_supports_color"):
        return ("color_temp", "rgb")
    return ("brightness",) if row.get("light_supports_brightness") else ("onoff",)


def _slug(name: str) -> str:
    return re.sub(r"\W+", "_", name.casefold()).strip("_") or "unnamed"


def _at(row: _Row, path: Iterable[Any]) -> object:
    found: Any = row
    for key in path:
        found = found[key]
    return found


def _kind(value: object) -> str:
    return {list: "list", str: "text", int: "number", float: "number", bool: "true or false"}.get(type(value), "value")


def _shown(value: object) -> str:
    """Return a found value in one short line."""
    text = value if isinstance(value, str) else reprlib.repr(value)  # anchors can make a value immense
    text = " ".join(text.split())
    return text if len(text) <= NAME_LIMIT_CHARS else f"{text[:NAME_LIMIT_CHARS]}…"
