"""The household's own sentences as they are searched by sound: each meaning once, in the wording that is closest.

They are a narrow domain: what is said in it differs by a value or two, often by a short word, and each value may be
written in several ways. So many different meanings are looked at, and let the recogniser decide which was said.
"""

from typing import Final

from hassil.intents import TextSlotList
from hassil.sample import sample_expression

from gateway.engines.grammar import Grammar, Place
from gateway.engines.places import MOST_WAYS, Places
from gateway.engines.sounding import Phones, Sounding
from gateway.house import House

MOST_WORDS: Final = 7
"""Heard for one value: "a little bit of almond milk" has six."""


def own_sounding(grammar: Grammar, house: House, phones: Phones) -> Sounding:
    """Return the search of the household's own sentences, with the names of the house."""
    values = {(place, text): value for place in grammar.lists for text, value in _values(grammar, place)}
    return Sounding(
        grammar,
        Places(house, grammar.lists).members,
        phones,
        most_words=MOST_WORDS,
        meaning=lambda place, text: values.get((place, text), text),
    )


def _values(grammar: Grammar, place: Place) -> list[tuple[str, object]]:
    """Return how each value of a list is said, and which it is; those that are as they are said are left out."""
    slot_list = grammar.lists[place]
    if not isinstance(slot_list, TextSlotList):
        return []
    return [
        (" ".join(text.split()), value.value_out)
        for value in slot_list.values
        if value.value_out is not None
        for _, text in zip(range(MOST_WAYS), sample_expression(value.text_in), strict=False)
    ]
