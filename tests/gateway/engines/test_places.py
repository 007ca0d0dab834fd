"""What may stand in a sentence's places: the house's names, and what the language lists."""

import pytest
from hassil.intents import RangeFractionType, RangeSlotList, SlotList, TextSlotList, WildcardSlotList

from gateway.engines.grammar import Place
from gateway.engines.places import MOST_MEMBERS, MOST_WAYS, Places
from gateway.house import Area, Entity, Floor, House

HOUSE = House(
    name="Test",
    floors=(Floor(id="up", name="First Floor", aliases=("Upstairs",)),),
    areas=(Area(id="kitchen", name="Kitchen", aliases=("Galley", "")),),
    entities=(
        Entity(id="light.lamp", name="Reading  Lamp", aliases=("Sofa Lamp",)),
        Entity(id="lock.front", name="Front Door"),
    ),
)
NUMBERS = Place("brightness")
COLORS = Place("color")
WORDS = Place("search_query", is_wild=True)
LISTS: dict[Place, SlotList] = {
    NUMBERS: RangeSlotList(name="brightness", start=8, stop=10, step=1),
    COLORS: TextSlotList.from_strings(["red", "[dark |light ]blue"], name="color"),
    WORDS: WildcardSlotList(name="search_query"),
}


@pytest.mark.parametrize(
    ("place", "members"),
    [
        (Place("name"), ("Reading Lamp", "Sofa Lamp", "Front Door")),
        (Place("name", frozenset({"lock"})), ("Front Door",)),
        (Place("area"), ("Kitchen", "Galley")),
        (Place("floor"), ("First Floor", "Upstairs")),
        (NUMBERS, ("8", "9", "10")),
        (COLORS, ("red", "dark blue", "light blue", "blue")),
        (WORDS, ()),
        (Place("nobody_knows"), ()),
    ],
)
def test_members_are_the_houses_names_and_the_languages_lists(place: Place, members: tuple[str, ...]) -> None:
    assert Places(HOUSE, LISTS).members(place) == members


def test_there_are_never_too_many() -> None:
    things = tuple(Entity(id=f"light.lamp_{number}", name=f"Lamp {number}") for number in range(MOST_MEMBERS + 1))
    assert len(Places(House(name="large", entities=things), {}).members(Place("name"))) == MOST_MEMBERS
    ways = TextSlotList.from_strings(["(a|b|c|d|e) (f|g|h|i|j)"], name="color")
    assert len(Places(HOUSE, {COLORS: ways}).members(COLORS)) == MOST_WAYS


def test_what_is_no_whole_number_is_said_in_words() -> None:
    halves = RangeSlotList(name="brightness", start=1, stop=2, fraction_type=RangeFractionType.HALVES)
    assert Places(HOUSE, {NUMBERS: halves}).members(NUMBERS) == ("1", "2")
