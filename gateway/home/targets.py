"""Who is meant: the entities that a request is about, or why there are none.

The rules and error keys are those of Home Assistant's `helpers/intent.py` (`async_match_targets`) and
`conversation/default_agent.py` (`_get_match_error_response`). Reads a snapshot, changes nothing.

One departure: states are checked last, so that "pause the TV" while it is off says that nothing is playing, where Home
Assistant would say that it knows no TV.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from gateway.events import NO_SLOTS, ActionRequest, Slots
from gateway.house import Area, AttributeValue, Entity, Floor, House


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What an entity must be like to be meant."""

    name: str | None = None
    """A name, an alias or an id."""
    entity_id: str | None = None
    """Set where the name is already known to mean one entity."""
    area: str | None = None
    floor: str | None = None
    domains: frozenset[str] = frozenset()
    device_classes: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    supports: Callable[[Entity], bool] | None = None
    """Whether an entity can do what is asked at all."""
    is_single: bool = False
    """Exactly one entity is wanted."""
    preferred_area_id: str | None = None
    """Where the satellite stands; decides between things of the same name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The entities that are meant; none, and why, where nothing can be meant."""

    entities: tuple[Entity, ...] = ()
    error: str | None = None
    """A key of the language's error answers."""
    error_slots: Slots = field(default=NO_SLOTS)


def asked_for(request: ActionRequest) -> Constraints:
    """Return the constraints that a request's slots hold."""
    slots = request.intent.slots
    return Constraints(
        name=None if slots.get("name") == "all" else text_slot(slots, "name"),
        entity_id=request.intent.entity_id,
        area=text_slot(slots, "area"),
        floor=text_slot(slots, "floor"),
        domains=several(slots.get("domain")),
        device_classes=several(slots.get("device_class")),
        preferred_area_id=request.area_id,
    )


def text_slot(slots: Slots, key: str) -> str | None:
    """Return a slot as text, None where it is not there."""
    value = slots.get(key)
    return None if value is None else str(value)


def several(value: AttributeValue) -> frozenset[str]:
    """Return a slot that holds one value or several."""
    if value is None:
        return frozenset()
    return frozenset(map(str, value)) if isinstance(value, tuple) else frozenset({str(value)})


def find_targets(house: House, wanted: Constraints) -> Targets:
    """Return who is meant in `house`."""
    return _Search(house, wanted).run()


def areas_named(house: House, name: str) -> tuple[Area, ...]:
    """Return the areas that `name` means: by id, name or alias."""
    return tuple(area for area in house.areas if _is_called(area, name))


class _Failed(Exception):  # noqa: N818 - never leaves this module
    """Why nothing is left, and which of the constraints an answer may name."""

    def __init__(self, key: str, slots: Slots = NO_SLOTS) -> None:
        super().__init__(key)
        self.targets = Targets(error=key, error_slots=slots)


class _Search:
    """One search: filters in Home Assistant's order, each with its reason to fail."""

    def __init__(self, house: House, wanted: Constraints) -> None:
        self._house = house
        self._wanted = wanted
        self._areas = {area.id: area for area in house.areas}

    def run(self) -> Targets:
        """Return what is left after all filters."""
        try:
            return Targets(entities=self._found())
        except _Failed as failed:
            return failed.targets

    def _found(self) -> tuple[Entity, ...]:
        wanted = self._wanted
        found = list(self._house.entities)
        if wanted.domains:
            found = [entity for entity in found if entity.domain in wanted.domains] or self._none(*_KIND_ORDER)
        if wanted.name is not None:
            found = [entity for entity in found if self._is_named(entity, wanted.name)] or self._none("entity")
        if wanted.supports is not None:
            found = [entity for entity in found if wanted.supports(entity)] or self._fail("feature_not_supported")
        if wanted.device_classes:
            found = [
                entity for entity in found if entity.attributes.get("device_class") in wanted.device_classes
            ] or self._none(*_KIND_ORDER)
        found = self._in_place(found)
        if wanted.name is not None:
            found = self._without_namesakes(found)
        if wanted.states:
            found = [entity for entity in found if entity.state in wanted.states] or self._fail(
                "entity_wrong_state", {"state": min(wanted.states)}
            )
        if wanted.is_single and len(found) > 1:
            found = self._preferred(found)
            if len(found) != 1:
                self._duplicate(wanted.name)
        return tuple(found)

    def _is_named(self, entity: Entity, name: str) -> bool:
        known = self._wanted.entity_id
        return entity.id == known if known is not None else _is_called(entity, name)

    def _in_place(self, found: list[Entity]) -> list[Entity]:
        wanted = self._wanted
        possible = set(self._areas)
        if wanted.floor is not None:
            floors = {floor.id for floor in self._house.floors if _is_called(floor, wanted.floor)}
            if not floors:
                self._fail("no_floor", {"floor": wanted.floor})
            possible = {area.id for area in self._house.areas if area.floor_id in floors}
            found = [entity for entity in found if entity.area_id in possible] or self._none(*_ANY_ORDER)
        if wanted.area is not None:
            areas = {area.id for area in areas_named(self._house, wanted.area)}
            if not areas:
                self._fail("no_area", {"area": wanted.area})
            found = [entity for entity in found if entity.area_id in areas & possible] or self._none(*_ANY_ORDER)
        return found

    def _without_namesakes(self, found: list[Entity]) -> list[Entity]:
        """Leave one of several things with the same name, or fail."""
        if len(found) > 1:
            found = self._preferred(found)
            if len(found) != 1:
                self._duplicate(self._wanted.name)
        return found

    def _preferred(self, found: list[Entity]) -> list[Entity]:
        area_id = self._wanted.preferred_area_id
        return [entity for entity in found if area_id is not None and entity.area_id == area_id]

    def _fail(self, key: str, slots: Slots = NO_SLOTS) -> list[Entity]:
        raise _Failed(key, slots)

    def _none(self, *subjects: str) -> list[Entity]:
        """Fail with the most specific of the subjects that was asked for, and where it was asked for."""
        wanted = self._wanted
        names: Mapping[str, str | None] = {
            "entity": wanted.name,
            "device_class": min(wanted.device_classes, default=None),
            "domain": min(wanted.domains, default=None),
        }
        for subject in subjects:
            if (name := names[subject]) is not None:
                if wanted.area is not None:
                    return self._fail(f"no_{subject}_in_area", {subject: name, "area": wanted.area})
                if wanted.floor is not None:
                    return self._fail(f"no_{subject}_in_floor", {subject: name, "floor": wanted.floor})
                return self._fail(f"no_{subject}", {subject: name})
        return self._fail("no_intent")

    def _duplicate(self, name: str | None) -> None:
        wanted = self._wanted
        if name is None:
            self._fail("duplicate_targets")
        elif wanted.area is not None:
            self._fail("duplicate_entities_in_area", {"entity": name, "area": wanted.area})
        elif wanted.floor is not None:
            self._fail("duplicate_entities_in_floor", {"entity": name, "floor": wanted.floor})
        else:
            self._fail("duplicate_entities", {"entity": name})


_KIND_ORDER = ("device_class", "domain")
_ANY_ORDER = ("entity", "device_class", "domain")


def _is_called(thing: Entity | Area | Floor, name: str) -> bool:
    wanted = name.strip().casefold()
    names: Collection[str] = (thing.name, *thing.aliases)
    return thing.id.casefold() == wanted or any(own.strip().casefold() == wanted for own in names)
