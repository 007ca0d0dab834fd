"""What a sentence would come to mean with words that may follow it, in one house: found by trying some.

Each try is a look at all templates, so few are made: what comes next is guessed by the last word, and by the names of
the house that begin as the sentence ends. It does not decide what that means for a turn.
"""

import re
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Final

from gateway.engines.going_on_words import WORDS, Words
from gateway.events import Intent
from gateway.house import Entity, House

MOST_TRIES: Final = 8
"""For one sentence that means nothing yet; the first one that means something is enough."""
MOST_NAMES: Final = 2
"""How many names of the house are tried that begin as the sentence ends."""
LONGEST_NAME_WORDS: Final = 6
"""Of a name that is begun and not finished."""
THING_DOMAINS: Final = ("light", "switch", "fan", "media_player", "cover")
"""What can be switched; the first that there is."""
_END_MARKS: Final = " \t.,;:!?…-\u2013\u2014"
_DIGITS: Final = re.compile(r"(?<![\d.,])\d{1,3}$")

type Match = Callable[[str, str | None], Intent | None]
"""Returns what a sentence means in the house, said in the area with this id."""


class GoingOn:
    """One language's words over the names of one house. Not changed while it is used, but by `use`."""

    def __init__(self, language: str) -> None:
        self._words = WORDS.get(language.replace("_", "-").partition("-")[0].casefold())
        self._after = {} if self._words is None else _by_word(self._words)
        self._house = _Named(House(name=""))

    def use(self, house: House) -> None:
        """Know the names of `house` from now on."""
        self._house = _Named(house)

    def of(self, text: str, match: Match, *, area_id: str | None) -> tuple[Intent, ...]:
        """Return what `text` would mean with words that may follow, by `match`, said in the area `area_id`.

        Where it means something, all that was found; otherwise what was found first. What would mean something in a
        room, and is not said in one, is not unfinished. Of a language without words only names are looked at.
        """
        said = text.rstrip(_END_MARKS)
        if not said:
            return ()
        meant = match(text, area_id)
        if meant is not None:
            longer = (*self._numbers(said), *self._house.names_after(said), *self._places(said, meant, area_id))
            return tuple(intent for text in longer if (intent := match(text, area_id)) is not None)
        if area_id is None and match(text, self._house.any_area_id) is not None:
            return ()
        tries = (match(longer, area_id) for longer in islice(self._endings(said), MOST_TRIES))
        return tuple(islice((intent for intent in tries if intent is not None), 1))

    def _endings(self, said: str) -> Iterator[str]:
        """Yield sentences that begin with `said`, which means nothing."""
        yield from self._house.names_after(said)
        if self._words is None:
            return
        last = said.split()[-1].casefold()
        is_number = _DIGITS.search(last) is not None
        endings = self._words.after_number if is_number else self._after.get(last, self._words.otherwise)
        for ending in endings:
            longer = self._house.filled(ending)
            if longer is not None:
                yield said + longer

    def _numbers(self, said: str) -> Iterator[str]:
        """Yield the sentence with a longer number at its end, as it would be recognised: 25 where 20 was said."""
        digits = _DIGITS.search(said)
        if self._words is None or not self._words.tens:
            return
        if digits is not None and int(digits.group()) in range(20, 100, 10):
            yield f"{said[: digits.start()]}{int(digits.group()) + 5}"
        elif said.split()[-1].casefold() in self._words.tens:
            yield said + self._words.ones

    def _places(self, said: str, meant: Intent, area_id: str | None) -> Iterator[str]:
        """Yield the sentence with a room, where none is named and no single thing is."""
        if self._words is None or meant.entity_id is not None or "floor" in meant.slots:
            return
        area = meant.slots.get("area")
        if area is not None and str(area).casefold() in said.casefold():
            return
        other = self._house.other_area(area_id)
        if other is not None:
            yield from (said + place.format(area=other) for place in self._words.places)


class _Named:
    """What a house's names are needed for here."""

    def __init__(self, house: House) -> None:
        self._areas = {area.id: area.name for area in house.areas}
        self._examples = _examples(house.entities)
        if self._areas:
            self._examples["area"] = next(iter(self._areas.values()))
        self._begun = _begun([*(name for entity in house.entities for name in (entity.name, *entity.aliases))])

    @property
    def any_area_id(self) -> str | None:
        """The id of one of its rooms; None where there is none."""
        return next(iter(self._areas), None)

    def filled(self, ending: str) -> str | None:
        """Return an ending with names of the house in it; None where it has no such thing."""
        try:
            return ending.format_map(self._examples)
        except KeyError:
            return None

    def other_area(self, area_id: str | None) -> str | None:
        """Return the name of another room than the one where it is said."""
        return next((name for known, name in self._areas.items() if known != area_id), None)

    def names_after(self, said: str) -> Iterator[str]:
        """Yield the sentence with a name at its end, of which it has the beginning."""
        words = said.casefold().split()
        longest = min(len(words), LONGEST_NAME_WORDS - 1)
        begun = (self._begun.get(tuple(words[-count:]), ()) for count in range(longest, 0, -1))
        for rest in islice(chain.from_iterable(begun), MOST_NAMES):
            yield f"{said} {rest}"


def _by_word(words: Words) -> dict[str, tuple[str, ...]]:
    return {word: endings for said, endings in words.after.items() for word in said.split()}


def _examples(entities: tuple[Entity, ...]) -> dict[str, str]:
    """Return one name for each kind of thing that the house has."""
    examples: dict[str, str] = {}
    for entity in entities:
        examples.setdefault("list" if entity.domain == "todo" else entity.domain, entity.name)
    thing = next((examples[domain] for domain in THING_DOMAINS if domain in examples), None)
    return examples if thing is None else examples | {"thing": thing}


def _begun(names: list[str]) -> dict[tuple[str, ...], list[str]]:
    """Return how names go on, by the words they begin with; at most `MOST_NAMES` of each."""
    begun: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        words = name.casefold().split()[:LONGEST_NAME_WORDS]
        for count in range(1, len(words)):
            rests = begun.setdefault(tuple(words[:count]), [])
            if len(rests) < MOST_NAMES:
                rests.append(" ".join(words[count:]))
    return begun
