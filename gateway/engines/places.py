"""What may stand in a sentence's places in one house: names, areas, floors, and what the language itself lists."""

from collections.abc import Iterator, Mapping
from typing import Final

from hassil.intents import RangeSlotList, SlotList, TextSlotList
from hassil.sample import sample_expression

from gateway.engines.grammar import Place
from gateway.house import Area, Entity, Floor, House

MOST_MEMBERS: Final = 4_096
"""Of one place; a house of 2,000 things has some 3,000 names."""
MOST_WAYS: Final = 16
"""To say one value of a list: the first ones of its template."""


class Places:
    """One house's."""

    def __init__(self, house: House, lists: Mapping[Place, SlotList]) -> None:
        """`lists` are the language's own."""
        self._house = house
        self._lists = lists

    def members(self, place: Place) -> tuple[str, ...]:
        """Return what may stand there, as recognition would write it: names as they are, numbers in digits."""
        return tuple(dict.fromkeys(text for text in self._members(place) if text))[:MOST_MEMBERS]

    def _members(self, place: Place) -> Iterator[str]:
        match place.list_name:
            case "name":
                for entity in self._house.entities:
                    if not place.domains or entity.domain in place.domains:
                        yield from names(entity)
            case "area":
                for area in self._house.areas:
                    yield from names(area)
            case "floor":
                for floor in self._house.floors:
                    yield from names(floor)
            case _:
                yield from listed(self._lists.get(place))


def names(named: Entity | Area | Floor) -> Iterator[str]:
    """Yield each of its names, as it is said."""
    for name in (named.name, *named.aliases):
        yield " ".join(name.split())


def listed(slot_list: SlotList | None) -> Iterator[str]:
    """Yield what a list of the language's has, its numbers in digits; nothing of what has no end."""
    match slot_list:
        case RangeSlotList():
            for number in slot_list.get_numbers():
                if number == int(number):  # "twenty and a half" is two words and a number
                    yield str(int(number))
        case TextSlotList():
            for value in slot_list.values:
                for _, text in zip(range(MOST_WAYS), sample_expression(value.text_in), strict=False):
                    yield " ".join(text.split())
