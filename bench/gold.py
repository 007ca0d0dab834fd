"""What a sentence means, as others say it: the gold that understanding is measured by. Knows nothing of how we do it.

Of the usual recordings and sentences it stands frozen in `gold.json`, as digests, so that nobody's texts are copied:
what they mean must not change with the release that is asked.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from gateway.house import Area, Entity, Floor, House
from gateway.turn.words import plain_words

FROZEN: Final = Path(__file__).with_name("gold.json")
"""By `key`: the meaning's digest, empty where it has none and does not count."""
DIGEST_CHARS: Final = 16

TACIT: Final = frozenset({"area", "domain"})
"""Slots that a meaning may have though nobody said them."""

type Plain = float | str | tuple[Plain, ...]
type _Slots = list[tuple[str, Plain]]


class Source(StrEnum):
    """Where a sentence comes from; the same words may mean something else in another house."""

    RECORDINGS = "recordings"
    SENTENCES = "sentences"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One intent with its slots, as Home Assistant names them."""

    name: str
    slots: Mapping[str, object]

    def __str__(self) -> str:
        """As a table shows it."""
        return f"{self.name}({', '.join(f'{slot}={value}' for slot, value in self.slots.items())})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What is to be done, or answered; more than one thing where they were said in one breath."""

    commands: tuple[Command, ...]

    def __str__(self) -> str:
        """As a table shows it."""
        return " and ".join(map(str, self.commands))


class Spelling:
    """Compares meanings in one house: only how they are written down may differ."""

    def __init__(self, house: House) -> None:
        self._proper = {
            "name": _proper(house.entities),
            "area": _proper(house.areas),
            "floor": _proper(house.floors),
        }

    def is_same(self, one: Meaning, other: Meaning) -> bool:
        """Tell whether two meanings are the same intents with the same slots."""
        return self._plain(one) == self._plain(other)

    def is_of(self, meaning: Meaning, expected: Meaning, *, area: str) -> bool:
        """Tell whether `meaning` is what is `expected`, and besides only says of which kind, or that it is in `area`.

        Tests leave out what a sentence's own template adds, and where it is said.
        """
        found, wanted = self._plain(meaning)[0], self._plain(expected)[0]
        more = [one for one in found if one not in wanted]
        added = {slot for slot, _ in more}
        is_here = ("area", plain(area)) in more or "area" not in added
        return all(one in found for one in wanted) and added <= TACIT and is_here

    def digest(self, meaning: Meaning) -> str:
        """Return a digest that the same meaning always has."""
        return _digest(json.dumps(self._plain(meaning)))

    def names(self, meaning: Meaning) -> frozenset[str]:
        """Return the names of things and places that a meaning holds, as they are compared."""
        slots = (slot for command in meaning.commands for slot in command.slots.items())
        return frozenset(str(self._value(slot, value)) for slot, value in slots if slot in self._proper)

    def _plain(self, meaning: Meaning) -> list[_Slots]:
        return [
            [
                ("intent", command.name),
                *sorted((slot, self._value(slot, value)) for slot, value in command.slots.items()),
            ]
            for command in meaning.commands
        ]

    def _value(self, slot: str, value: object) -> Plain:
        bare = _plain(value)
        return self._proper[slot].get(bare, bare) if slot in self._proper and isinstance(bare, str) else bare


def key(source: Source, text: str) -> str:
    """Return how a sentence is found among the frozen ones."""
    return _digest(f"{source}\n{plain(text)}")


def plain(text: str) -> str:
    """Return a sentence or a name without capitals and punctuation."""
    return " ".join(plain_words(text))


def is_in(said: str, names: Iterable[str]) -> bool:
    """Tell whether one of these names has the words of `said` in it: a kitchen's lamp has the kitchen's name."""
    return any(f" {plain(said)} " in f" {plain(name)} " for name in names)


@cache
def frozen() -> Mapping[str, str]:
    """Return the frozen digests by `key`."""
    read: dict[str, str] = json.loads(FROZEN.read_text(encoding="utf-8"))
    return read


def counted(
    source: Source, texts: Sequence[str], meanings: Sequence[Meaning | None], spelling: Spelling, *, is_frozen: bool
) -> dict[str, Meaning]:
    """Return what each text means that counts; where it `is_frozen`, only what means the same as it did then."""
    found = {text: meaning for text, meaning in zip(texts, meanings, strict=True) if meaning is not None}
    if not is_frozen:
        return found
    return {text: one for text, one in found.items() if frozen().get(key(source, text)) == spelling.digest(one)}


def _plain(value: object) -> Plain:
    match value:
        case bool():
            return str(value).casefold()
        case int() | float():
            return float(value)
        case list() | tuple():
            return tuple(map(_plain, value))
    try:
        return float(str(value))
    except ValueError:
        return plain(str(value)) or str(value).casefold()


def _proper(named: Iterable[Area | Entity | Floor]) -> dict[str, str]:
    """Return the first name by each other one; what several things are called stays as it is."""
    first: dict[str, set[str]] = {}
    for one in named:
        for name in (one.name, *one.aliases):
            first.setdefault(plain(name), set()).add(plain(one.name))
    return {name: next(iter(names)) for name, names in first.items() if len(names) == 1}


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:DIGEST_CHARS]
