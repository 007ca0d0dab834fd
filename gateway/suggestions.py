"""What may have been said instead of what was heard: what recognition and understanding tell a turn about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it is the events' own, and they tell of replacements
    from gateway.events import Intent


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """Of a text, by what was heard. It can be compared with that of another text of the same sound only."""

    log_probability: float
    """Natural logarithm, of all its tokens together."""
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """Words that were heard, and what a suggested sentence has in their place."""

    heard: str
    """Empty where nothing was heard for it."""
    used: str
    """Empty where the sentence has nothing for it."""
    cost: float
    """The share of its phonemes that would have to be others, 0 to 1."""
    is_filler: bool = False
    """Whether it makes no difference: "the" and the like."""
    is_value: bool = False
    """Whether it stands in a place of a sentence of the household's own; then `cost` is of the words that differ."""


def replaced_words(replaced: Iterable[Replacement]) -> tuple[Replacement, ...]:
    """Return of these what was misheard: words that stand for other words, and make a difference."""
    return tuple(one for one in replaced if one.heard and one.used and not one.is_filler)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A sentence of this house that may have been said, though something else was heard."""

    intent: Intent
    """What it means; its `text` is the sentence, written as recognition would have."""
    heard: str
    """The reading that it sounds like."""
    cost: float
    """The share of that reading's phonemes that would have to be others."""
    replaced: tuple[Replacement, ...] = ()
    """All that is different."""
    is_open: bool = False
    """Whether any words may stand in it somewhere: "play …"."""
