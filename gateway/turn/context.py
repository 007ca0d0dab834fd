"""What "it" and "there" mean: the thing and the place that the turn before was about, for a minute and a half.

One for each satellite, in memory only. It rewrites sentences that mean nothing as they are; what they mean then, the
house decides.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from types import MappingProxyType
from typing import Final

from gateway.events import Intent

REMEMBERED_S: Final = 90.0
"""Later nobody is sure any more what "it" was."""

_PRONOUNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": r"\b(?:it|them|that one|this one|that)\b",
        "de": r"\b(?:es|ihn|sie|das)\b",
        "fr": r"(?<=\w)[- ](?:la|le|les)\b",
        "es": r"",
        "it": r"",
        "nl": r"\b(?:het|hem|ze|die|dat)\b",
    }
)
_THERE: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "en": (r"\b(?:in there|there|in that room)\b", ("in the {}",)),
        "de": (r"\b(?:dort|da|darin)\b", ("im {}", "in der {}", "in {}")),
        "fr": (r"\b(?:là-bas|là|y)\b", ("dans {}", "dans la {}", "dans le {}")),
        "es": (r"\b(?:allí|allá|ahí)\b", ("en {}", "en la {}", "en el {}")),
        "it": (r"\b(?:lì|là)\b", ("in {}", "nel {}", "nella {}")),
        "nl": (r"\b(?:daar|daarin)\b", ("in de {}", "in het {}", "in {}")),
    }
)
"""How a place is pointed at, and how it is named: of which gender a room is, nobody says."""
_ENCLITICS: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "es": re.compile(r"^(\w{3,}?)(?:la|lo|las|los)\b", re.IGNORECASE),
        "it": re.compile(r"^(\w{3,}?)(?:la|lo|le|li)\b", re.IGNORECASE),
    }
)
"""Pronouns at the end of the verb: "apágala", "spegnila"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    name: str
    place: str
    until_s: float


class Context:
    """Of one satellite."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """`clock` is in seconds, and never goes back."""
        self._clock = clock
        self._about: _About | None = None

    def happened(self, intent: Intent) -> None:
        """Remember what a command was about; one about nothing in particular leaves it as it is."""
        name, area, floor = (str(intent.slots.get(slot) or "") for slot in ("name", "area", "floor"))
        if name or area or floor:
            self._about = _About(name=name, place=area or floor, until_s=self._clock() + REMEMBERED_S)

    def forget(self) -> None:
        """Forget it."""
        self._about = None

    def readings(self, text: str, language: str) -> Iterator[str]:
        """Yield what a sentence is with names in the place of "it" and "there"; nothing where it has neither."""
        about = self._about
        if about is None or self._clock() >= about.until_s:
            return
        code = language.partition("-")[0]
        if about.place and code in _THERE:
            yield from _with_place(text, about.place, *_THERE[code])
        if about.name:
            yield from _with_name(text, about.name, code)


def _with_place(text: str, place: str, pointing: str, namings: tuple[str, ...]) -> Iterator[str]:
    found = re.search(pointing, text, re.IGNORECASE)
    if found is not None:
        for naming in namings:
            yield f"{text[: found.start()]}{naming.format(place)}{text[found.end() :]}"


def _with_name(text: str, name: str, code: str) -> Iterator[str]:
    if pronoun := _PRONOUNS.get(code):
        replaced = re.sub(
            pronoun, lambda found: f"{' ' if found[0][0] in '- ' else ''}{name}", text, count=1, flags=re.IGNORECASE
        )
        if replaced != text:
            yield replaced
    enclitic = _ENCLITICS.get(code)
    found = None if enclitic is None else enclitic.match(text)
    if found is not None:
        yield f"{_unaccented(found[1])} {name}{text[found.end() :]}"


def _unaccented(verb: str) -> str:
    """Return a verb without the accent that it has only because of what follows."""
    letters = unicodedata.normalize("NFD", verb)
    return unicodedata.normalize("NFC", letters.replace("\u0301", ""))
