from pathlib import Path

import pytest

from bench.gold import Command, Meaning
from bench.understand_house import LARGE, padded, reference_house, reference_sentences, without
from gateway.errors import ConfigError
from gateway.house import Area, Entity, Floor, House

HOUSE = House(
    name="home",
    floors=(Floor(id="up", name="Upstairs"),),
    areas=(
        Area(id="kitchen", name="Kitchen", floor_id="up"),
        Area(id="office", name="Office", floor_id="up"),
    ),
    entities=(
        Entity(id="light.kitchen", name="Kitchen Lamp", area_id="office"),
        Entity(id="light.table", name="Table", area_id="kitchen"),
        Entity(id="light.desk", name="Desk", aliases=("My Table",), area_id="office"),
    ),
)
FIRST = """
language: en
areas:
  - {name: Kitchen, floor: Ground Floor}
  - {name: Den, context_area: true}
entities:
  - {name: Kitchen Lamp, domain: light, area: Kitchen, state: "on"}
  - {name: Odd One, domain: fan, area: Nowhere}
"""
SECOND = """
language: en
areas:
  - {name: Kitchen}
floors:
  - {name: Upstairs}
entities:
  - {name: [Kitchen Lamp, Old Lamp], domain: light, area: Den}
  - {name: Kitchen Lamp, domain: switch}
"""


@pytest.fixture
def tests_of_others(tmp_path: Path) -> Path:
    folder = tmp_path / "yaml_en" / "HassTurnOn"
    folder.mkdir(parents=True)
    (folder / "first.yaml").write_text(FIRST, encoding="utf-8")
    (folder / "second.yaml").write_text(SECOND, encoding="utf-8")
    (folder.parent / "_fixtures.yaml").write_text("areas: [{name: Elsewhere}]", encoding="utf-8")
    (tmp_path / "en.jsonl").write_text(
        '{"sentence": "lamp on", "intent": "HassTurnOn", "slots": {"name": "Lamp"}}\n'
        '{"sentence": "fan on", "intent": "HassTurnOn", "slots": {"name": "Fan"}}\n',
        encoding="utf-8",
    )
    return tmp_path


def test_the_house_of_all_tests_has_what_each_names_once_and_a_place_for_the_satellite(tests_of_others: Path) -> None:
    house = reference_house(tests_of_others)
    assert [area.name for area in house.areas] == ["Office", "Kitchen", "Den"]
    assert {floor.name for floor in house.floors} == {"Ground Floor", "Upstairs"}
    assert [(one.name, one.domain, one.area_id) for one in house.entities] == [
        ("Kitchen Lamp", "light", "kitchen"),
        ("Odd One", "fan", None),
        ("Kitchen Lamp", "switch", None),
    ]


def test_sentences_come_with_what_they_mean_in_an_order_of_their_own(tests_of_others: Path) -> None:
    sentences = reference_sentences(tests_of_others)
    assert sentences["lamp on"] == Meaning(commands=(Command(name="HassTurnOn", slots={"name": "Lamp"}),))
    lines = (tests_of_others / "en.jsonl").read_text(encoding="utf-8").splitlines()
    (tests_of_others / "en.jsonl").write_text("\n".join(reversed(lines)), encoding="utf-8")
    assert list(reference_sentences(tests_of_others)) == list(sentences)


def test_tests_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="LOCAL_VOICE_SHARED"):
        reference_sentences(tmp_path)


def test_a_name_goes_with_everything_that_has_it_in_its_own() -> None:
    house = without(HOUSE, "kitchen")
    assert [area.name for area in house.areas] == ["Office"]
    assert [(one.name, one.area_id) for one in house.entities] == [("Table", None), ("Desk", "office")]
    assert [one.name for one in without(HOUSE, "table").entities] == ["Kitchen Lamp"]
    assert [area.floor_id for area in without(HOUSE, "upstairs").areas] == [None, None]
    assert without(HOUSE, "garage") == HOUSE


def test_a_padded_house_keeps_all_that_it_had() -> None:
    house = padded(HOUSE)
    assert len(house.entities) == LARGE
    assert house.entities[: len(HOUSE.entities)] == HOUSE.entities
    assert len({area.id for area in house.areas}) == len(house.areas)
    assert house.areas[: len(HOUSE.areas)] == HOUSE.areas
