"""What may have been said instead of what was heard: what recognition and understanding tell a turn about it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """Of a text, by what was heard. It can be compared with that of another text of the same sound only."""

    log_probability: float
    """Natural logarithm, of all its tokens together."""
    tokens: int
    words: tuple[tuple[str, float], ...] = ()
    """Each word as it was written, with the logarithm of how likely its least likely token is."""

    @property
    def per_token(self) -> float:
        """How likely one token is, as a logarithm."""
        return self.log_probability / max(self.tokens, 1)


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
    is_name: bool = False
    """Whether what is used is a name of the house, and not a word of the language's sentences."""
    is_value: bool = False
    """Whether it stands in a place of a sentence of the household's own; then `cost` is of the words that differ."""


def replaced_words(replaced: Iterable[Replacement]) -> tuple[Replacement, ...]:
    """Return of these what was misheard: words that stand for other words, and make a difference."""
    return tuple(one for one in replaced if one.heard and one.used and one.cost and not one.is_filler)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A sentence of this house that may have been said, though something else was heard."""

    sentence: str
    """As the language's sentences and the house's names are spelled."""
    written: tuple[str, ...]
    """As recognition would write it: what was heard with other words in some places."""
    heard: str
    """The reading that it sounds like."""
    edits: float
    """How many of that reading's phonemes would have to be others."""
    cost: float
    """The same as a share of them all."""
    replaced: tuple[Replacement, ...] = ()
    """All that is different."""
    in_place_of: tuple[Replacement, ...] = ()
    """Words of the likeliest reading for which it has others; none where it is that one that it sounds like."""
    left_out: int = 0
    """Words that make a difference and were heard and are not in it, or are in it and were not heard."""
    fewer: int = 0
    """Words that make a difference which that reading has less than the likeliest one."""
    wild_words: int = 0
    """Words that stand where any may: "play …"."""
    is_own: bool = False
    """Whether it is one of the household's own sentences."""

    @property
    def wild_share(self) -> float:
        """The share of its words that stand where any may, 0 to 1."""
        return self.wild_words / max(len(self.sentence.split()), 1)
