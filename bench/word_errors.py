"""Word error rates as others count them: OpenAI's normaliser, jiwer's alignment; and how sure a difference is."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import jiwer
import numpy as np

ROUNDS: Final = 10_000
SEED: Final = 20261123
"""The same recordings give the same bounds."""
UPPER_PERCENT: Final = 97.5
"""The upper end of a 95 % interval. As a bound on one side it is one of 97.5 %: stricter than 95 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordErrors:
    """One recording's, or those of many together."""

    errors: int
    """Words that are other ones, missing, or too many."""
    words: int
    """That were said."""

    @property
    def rate(self) -> float:
        """The word error rate; may be above 1, and is 0 of no words."""
        return self.errors / max(self.words, 1)


def word_errors(said: str, heard: str) -> WordErrors:
    """Count the errors in what was heard, once both are written alike: "Twenty-one, Mr. Hill" as "21 mister hill"."""
    normalise = _normaliser()
    reference, hypothesis = normalise(said).strip(), normalise(heard).strip()
    if not reference:
        return WordErrors(errors=len(hypothesis.split()), words=0)
    found = jiwer.process_words(reference, hypothesis)
    return WordErrors(errors=found.substitutions + found.deletions + found.insertions, words=len(reference.split()))


def together(counts: Sequence[WordErrors]) -> WordErrors:
    """Return the sum: long recordings count more."""
    return WordErrors(errors=sum(count.errors for count in counts), words=sum(count.words for count in counts))


def difference_upper(
    ours: Sequence[WordErrors], theirs: Sequence[WordErrors], *, percent: float = UPPER_PERCENT, seed: int = SEED
) -> float:
    """Return the upper bound of our rate less theirs, 0 to 1, for the same recordings in the same order.

    A paired bootstrap: recordings are drawn anew, with replacement, `ROUNDS` times. 0 where there are no recordings.
    """
    if not ours:
        return 0.0
    words = np.array([count.words for count in ours])
    more = np.array([one.errors - other.errors for one, other in zip(ours, theirs, strict=True)])
    drawn = np.random.default_rng(seed).integers(len(words), size=(ROUNDS, len(words)))
    differences = more[drawn].sum(axis=1) / np.maximum(words[drawn].sum(axis=1), 1)
    return float(np.percentile(differences, percent))


@cache
def _normaliser() -> Callable[[str], str]:
    with warnings.catch_warnings(action="ignore"):  # an escape in one of its docstrings is none
        from whisper_normalizer.english import EnglishTextNormalizer
    normaliser: Callable[[str], str] = EnglishTextNormalizer()
    return normaliser
