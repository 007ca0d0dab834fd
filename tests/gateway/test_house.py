"""The names that are known in a house, found in what somebody said."""

import pytest

from gateway.house import MOST_KNOWN, Area, Called, Entity, Floor, House, KnownName, names_in

HOUSE = House(
    name="Lindenhof",
    people=("Anna van der Berg", "Jörg"),
    floors=(Floor(id="up", name="Attic", aliases=("Loft",)),),
    areas=(Area(id="kitchen", name="Kitchen", aliases=("Cooking Place",)),),
    entities=(
        Entity(id="light.lamp", name="Lamp", aliases=("Funzel",)),
        Entity(id="light.kitchen", name="Kitchen"),
        Entity(id="light.big", name="Kitchen Lamp"),
        Entity(id="person.bob", name="Bob Miller"),
    ),
)


def found(text: str, house: House = HOUSE) -> dict[str, str]:
    return {known.name: known.kind for known in names_in(house, text)}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("what is the capital of Australia", {}),
        ("is the LAMP in the loft older than jörg", {"Lamp": "device", "Loft": "area", "Jörg": "person"}),
        ("how old is Lindenhof", {"Lindenhof": "home"}),
        ("where did the Funzel in the cooking place come from", {"Funzel": "device", "Cooking Place": "area"}),
        ("the attic", {"Attic": "area"}),
    ],
)
def test_a_name_that_occurs_is_told_with_what_it_is_the_name_of(text: str, names: dict[str, str]) -> None:
    assert found(text) == names


def test_a_name_of_two_things_is_told_once_and_the_longest_comes_first() -> None:
    assert list(found("the kitchen lamp").items()) == [
        ("Kitchen Lamp", "device"),
        ("Kitchen", "area"),
        ("Lamp", "device"),
    ]


def test_people_are_known_by_each_of_their_names_but_not_by_what_stands_between() -> None:
    assert found("when was anna born") == {"Anna": "person"}
    assert found("Anna van der Berg") == {"Anna van der Berg": "person", "Anna": "person", "Berg": "person"}
    assert found("who drove the van") == {}
    assert found("call miller") == {"Miller": "person"}, "of an entity that is a person, too"


@pytest.mark.parametrize("written", ["Anna's Lamp", "Anna\u2019s Lamp"])
@pytest.mark.parametrize("said", ["where is anna's lamp", "where is anna\u2019s lamp"])
def test_it_does_not_matter_which_apostrophe_is_written(written: str, said: str) -> None:
    house = House(name="", entities=(Entity(id="light.a", name=written),))
    (known,) = names_in(house, said)
    assert known.name.casefold() in said


def test_a_house_without_a_name_has_none_in_anything() -> None:
    assert found("what", House(name="", people=(" ",))) == {}


def test_of_very_many_names_the_longest_are_told() -> None:
    names = ["a" * length for length in range(1, MOST_KNOWN + 10)]
    told = names_in(House(name="", people=tuple(names)), "a" * 1_000)
    assert len(told) == MOST_KNOWN
    assert told[0] == KnownName(name=names[-1], kind=Called.PERSON)
