"""How well each size of Whisper hears commands in each language: what was measured here, and nothing else.

The recordings of every language but English are few: take them for the direction. `docs/configuration.md` has the
same table.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gateway.languages import called, is_same_language
from gateway.offer import Fitness

LEAST_GOOD_PERCENT, LEAST_FAIR_PERCENT = 95, 80
"""Of the commands that are understood, every slot right: with every fifth lost, people stop asking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Spoken commands of one language: how many end in the right intent with the right slots."""

    model: str
    """As the registry names it."""
    language: str
    percent: int
    right: int | None = None
    """How many of `commands` they are; None where hundreds were counted."""
    commands: int | None = None

    @property
    def fitness(self) -> Fitness:
        """The share in one word."""
        if self.percent >= LEAST_GOOD_PERCENT:
            return Fitness.GOOD
        return Fitness.FAIR if self.percent >= LEAST_FAIR_PERCENT else Fitness.WEAK

    @property
    def counted(self) -> str:
        """The share for people."""
        return f"{self.percent} %" if self.commands is None else f"{self.right} of {self.commands}"


MEASURED: Final = (
    Measured(model="tiny.en", language="en", percent=97),
    Measured(model="base", language="es", percent=97, right=30, commands=31),
    Measured(model="base", language="en", percent=96),
    Measured(model="base", language="fr", percent=90, right=61, commands=68),
    Measured(model="base", language="it", percent=88, right=23, commands=26),
    Measured(model="base", language="de", percent=71, right=10, commands=14),
    Measured(model="base", language="nl", percent=70, right=23, commands=33),
)
"""The best first; larger models, and tiny for other languages, were not measured."""


def of(model: str, language: str) -> Fitness:
    """Return how well `model` hears `language`, a BCP 47 tag."""
    found = _measured(model, language)
    return Fitness.UNMEASURED if found is None else found.fitness


def told(model: str, language: str) -> str:
    """Return the same in words: "base for German: weak (10 of 14 commands right)"."""
    found = _measured(model, language)
    how = "not measured" if found is None else f"{found.fitness} ({found.counted} commands right)"
    return f"{model} for {called(language)}: {how}"


def summary(model: str) -> str:
    """Return what is measured of a model, the best first: "good in English; weak in German"; empty for nothing."""
    found = [one for one in MEASURED if one.model == model]
    return "; ".join(_languages(one, found) for one in dict.fromkeys(one.fitness for one in found))


def _languages(fit: Fitness, among: Iterable[Measured]) -> str:
    return f"{fit} in {', '.join(called(one.language) for one in among if one.fitness is fit)}"


def _measured(model: str, language: str) -> Measured | None:
    return next((one for one in MEASURED if one.model == model and is_same_language(one.language, language)), None)
