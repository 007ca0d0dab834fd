from dataclasses import replace

import pytest

from gateway.events import ActionRequest, Intent
from gateway.home.targets import Constraints, areas_named, asked_for, find_targets, several, text_slot
from gateway.house import Area, Entity, House
from tests.gateway.home.rooms import HOUSE, request

TWINS = House(
    name="twins",
    areas=(Area(id="left", name="Left"), Area(id="right", name="Right")),
    entities=(
        Entity(id="light.left", name="Lamp", area_id="left", state="on"),
        Entity(id="light.right", name="Lamp", area_id="right", state="off"),
        Entity(id="light.other", name="Other", aliases=("lamp",), area_id="right"),
    ),
)


def found(**constraints: object) -> list[str]:
    targets = find_targets(HOUSE, replace(Constraints(), **constraints))  # type: ignore[arg-type]
    assert targets.error is None, targets
    return [entity.id for entity in targets.entities]


def why_not(constraints: dict[str, object], house: House = HOUSE) -> tuple[str | None, dict[str, object]]:
    targets = find_targets(house, replace(Constraints(), **constraints))  # type: ignore[arg-type]
    assert targets.entities == ()
    return targets.error, dict(targets.error_slots)


LIGHT = frozenset({"light"})


def test_a_name_means_what_is_called_so_in_any_capitals() -> None:
    assert found(name=" ceiling ") == ["light.kitchen"]
    assert found(name="light.kitchen") == ["light.kitchen"]


def test_an_area_means_what_stands_in_it_by_any_of_its_names() -> None:
    assert found(area="galley", domains=LIGHT) == ["light.kitchen", "light.plain"]
    assert [area.id for area in areas_named(HOUSE, "kitchen")] == ["kitchen"]


def test_a_floor_means_what_stands_in_its_areas() -> None:
    assert found(floor="Upstairs", domains=LIGHT) == ["light.bedroom"]
    assert found(floor="Upstairs", area="Bedroom", domains=LIGHT) == ["light.bedroom"]


def test_kinds_and_states_narrow_it_down() -> None:
    assert found(device_classes=frozenset({"blind"})) == ["cover.blinds"]
    assert found(domains=LIGHT, states=frozenset({"on"})) == ["light.bedroom"]


@pytest.mark.parametrize(
    ("constraints", "key", "slots"),
    [
        ({"name": "Toaster"}, "no_entity", {"entity": "Toaster"}),
        ({"name": "Lamp", "area": "Kitchen"}, "no_entity_in_area", {"entity": "Lamp", "area": "Kitchen"}),
        (
            {"name": "Lamp", "floor": "Ground Floor"},
            "no_entity_in_floor",
            {"entity": "Lamp", "floor": "Ground Floor"},
        ),
        ({"name": "Lamp", "area": "Cellar"}, "no_area", {"area": "Cellar"}),
        ({"name": "Lamp", "floor": "Second Floor"}, "no_floor", {"floor": "Second Floor"}),
        ({"domains": frozenset({"siren"})}, "no_domain", {"domain": "siren"}),
        ({"domains": LIGHT, "area": "Attic"}, "no_domain_in_area", {"domain": "light", "area": "Attic"}),
        (
            {"domains": frozenset({"cover"}), "device_classes": frozenset({"gate"})},
            "no_device_class",
            {"device_class": "gate"},
        ),
        (
            {"device_classes": frozenset({"blind"}), "floor": "Ground Floor"},
            "no_device_class_in_floor",
            {"device_class": "blind", "floor": "Ground Floor"},
        ),
        ({"area": "Attic"}, "no_intent", {}),
        ({"domains": LIGHT, "states": frozenset({"purple"})}, "entity_wrong_state", {"state": "purple"}),
        ({"supports": lambda _: False}, "feature_not_supported", {}),
        ({"domains": LIGHT, "is_single": True}, "duplicate_targets", {}),
    ],
)
def test_nobody_being_meant_has_its_reason(constraints: dict[str, object], key: str, slots: dict[str, object]) -> None:
    assert why_not(constraints) == (key, slots)


def test_a_thing_that_is_there_but_not_playing_is_not_unknown() -> None:
    assert why_not({"name": "TV", "states": frozenset({"playing"})}) == ("entity_wrong_state", {"state": "playing"})


def test_of_things_with_the_same_name_the_one_nearby_is_meant() -> None:
    near = find_targets(TWINS, Constraints(name="Lamp", preferred_area_id="left"))
    assert [entity.id for entity in near.entities] == ["light.left"]


@pytest.mark.parametrize(
    ("constraints", "key"),
    [
        ({}, "duplicate_entities"),
        ({"area": "Right"}, "duplicate_entities_in_area"),
        ({"preferred_area_id": "right"}, "duplicate_entities"),
    ],
)
def test_things_with_the_same_name_and_no_difference_are_an_error(constraints: dict[str, object], key: str) -> None:
    assert find_targets(TWINS, replace(Constraints(name="Lamp"), **constraints)).error == key  # type: ignore[arg-type]


def test_things_with_the_same_name_on_one_floor_are_named_with_it() -> None:
    floors = replace(TWINS, floors=HOUSE.floors, areas=tuple(replace(area, floor_id="first") for area in TWINS.areas))
    assert why_not({"name": "Lamp", "floor": "First Floor"}, floors) == (
        "duplicate_entities_in_floor",
        {"entity": "Lamp", "floor": "First Floor"},
    )


def test_where_the_sentence_named_one_thing_its_id_decides_and_its_name_is_said() -> None:
    targets = find_targets(TWINS, Constraints(name="Lamp", entity_id="light.right"))
    assert [entity.id for entity in targets.entities] == ["light.right"]
    assert why_not({"name": "Lamp", "entity_id": "light.right", "area": "Left"}, TWINS) == (
        "no_entity_in_area",
        {"entity": "Lamp", "area": "Left"},
    )


def test_a_single_thing_is_the_one_in_the_satellite_s_area() -> None:
    targets = find_targets(
        HOUSE, Constraints(domains=frozenset({"climate"}), is_single=True, preferred_area_id="bedroom")
    )
    assert [entity.id for entity in targets.entities] == ["climate.bedroom"]


def test_a_request_s_slots_become_constraints() -> None:
    intent = Intent(
        name="HassTurnOn",
        slots={"name": "all", "area": "Kitchen", "domain": ("light", "switch"), "device_class": "blind"},
        entity_id="light.kitchen",
    )
    wanted = asked_for(ActionRequest(intent=intent, area_id="bedroom"))
    assert wanted == Constraints(
        entity_id="light.kitchen",
        area="Kitchen",
        domains=frozenset({"light", "switch"}),
        device_classes=frozenset({"blind"}),
        preferred_area_id="bedroom",
    )
    assert asked_for(request("HassTurnOn")) == Constraints()


def test_slots_are_read_as_text_or_as_several() -> None:
    assert text_slot({"a": 1}, "a") == "1"
    assert text_slot({}, "a") is None
    assert several("x") == {"x"}
    assert several(None) == frozenset()
