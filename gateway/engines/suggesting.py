"""What may have been said in this house, where the words that were heard mean nothing, or little.

The sentences that sound most like what was heard are found in the language's grammar with the house's names in it
(`sounding`), and each is told with what it changes in what was heard: who decides wants to know whether a name was
misheard, a word left out, or something else altogether.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final

from gateway.engines.fillers import fillers
from gateway.engines.grammar import Grammar, compiled
from gateway.engines.own_sounding import own_sounding
from gateway.engines.places import Places
from gateway.engines.pronouncing import pronouncing
from gateway.engines.sentences import load_sentences
from gateway.engines.sounding import Candidate, Piece, Sounding, phoneme_cost
from gateway.engines.wording import spelled
from gateway.events import Intent
from gateway.house import House
from gateway.suggestions import Replacement, Suggestion

MOST_TEXTS: Final = 3
"""Readings that are looked at: what is in none of them was hardly said."""
MOST_CANDIDATES: Final = 8
"""Sentences that sound alike, of one reading: mostly the same words with and without "the"."""
MOST_SUGGESTIONS: Final = 6
"""Of all readings; each costs the matcher some ten milliseconds, and recognition as much."""
WORSE: Final = 4.0
"""Phonemes by which a sentence may be further away than the closest one."""
MOST_OWN: Final = 10
"""Of the household's own sentences, each with another meaning."""
WORSE_OF_OWN: Final = 8.0
"""As `WORSE`: a word with a value in it may not have been heard at all."""
HIGHEST_COST: Final = 0.5
"""Of each phoneme heard. Beyond that it is another sentence."""

_NUMBER: Final = re.compile(r"(?<=\d)(?=[^\W\d_]|[%°])|(?<=[^\W\d_])(?=\d)")
"""Between a number and what is written right behind or before it."""
_ENGLISH_I: Final = re.compile(r"\bi\b")
_MARKS: Final = re.compile(r"[^\w\s'%°]|_")

type Match = Callable[[str, str | None], Intent | None]
"""What a sentence means, said in an area."""


class Suggesting:
    """Of one house. May be called from any thread."""

    def __init__(self, language: str, house: House, match: Match, own: Grammar | None = None) -> None:
        """Build the grammar of a language with the names of `house`: a quarter of a second, the first time twice that.

        `own` are the household's own sentences. Raises ConfigError for a language that has no sentences.
        """
        self._language = language
        self._unit = house.temperature_unit
        self._match = match
        self._fillers = fillers(language)
        self._phones = _phones(language)
        grammar = _grammar(language)
        self._sounding = Sounding(grammar, Places(house, grammar.lists).members, self._phones)
        self._own = None if own is None else own_sounding(own, house, self._phones)

    def suggestions(self, texts: Sequence[str], area_id: str | None) -> tuple[Suggestion, ...]:
        """Return what may be meant by what was heard as one of `texts`, the closest first; a meaning once or more."""
        found: dict[str, Suggestion] = {}
        for text in dict.fromkeys(texts[:MOST_TEXTS]):
            words = heard_words(spelled(text, self._language, self._unit))
            for candidate in self._sounding.candidates(" ".join(words), MOST_CANDIDATES, worse=WORSE):
                self._suggest(candidate, words, text, area_id, found)
        own: dict[str, Suggestion] = {}
        if self._own is not None:
            for text in dict.fromkeys(texts[:MOST_TEXTS]):
                words = heard_words(spelled(text, self._language, self._unit))
                for candidate in self._own.candidates(" ".join(words), MOST_OWN, worse=WORSE_OF_OWN):
                    self._suggest(candidate, words, text, area_id, own)
        return tuple(_closest([*_closest(found.values(), MOST_SUGGESTIONS), *_closest(own.values(), MOST_OWN)]))

    def _suggest(
        self, candidate: Candidate, words: Sequence[str], heard: str, area_id: str | None, found: dict[str, Suggestion]
    ) -> None:
        phonemes = len(self._phones(" ".join(words)))
        cost = candidate.cost / max(phonemes, 1)
        if cost > HIGHEST_COST or (candidate.text in found and found[candidate.text].cost <= cost):
            return
        intent = self._match(as_written(candidate.text, heard, self._language), area_id)
        if intent is not None:
            replaced = tuple(self._replacement(piece, words) for piece in candidate.pieces if _is_changed(piece, words))
            found[candidate.text] = Suggestion(
                intent=intent,
                heard=heard,
                cost=cost,
                replaced=replaced,
                is_open=any(piece.is_wild for piece in candidate.pieces),
            )

    def _replacement(self, piece: Piece, words: Sequence[str]) -> Replacement:
        heard, used = words[piece.first : piece.last], piece.used.casefold().split()
        differing = (*heard, *used)
        left_out = [word for word in heard if word not in used and word not in self._fillers]
        added = [word for word in used if word not in heard and word not in self._fillers]
        if set(heard) & set(used) and bool(left_out) != bool(added):  # "the bed light" for "light" leaves "bed" out
            return Replacement(heard=" ".join(left_out), used=" ".join(added), cost=1.0, is_value=piece.is_value)
        sounds = [self._phones(" ".join(heard)), self._phones(piece.used)]
        if piece.is_value and set(heard) & set(used):  # "triple shot" is not "double shot", however long the shot is
            sounds = [self._phones(" ".join(left_out)), self._phones(" ".join(added))]
        return Replacement(
            heard=" ".join(heard),
            used=piece.used,
            cost=min(phoneme_cost(*sounds) / max(*map(len, sounds), 1), 1.0),
            is_filler=all(word.casefold() in self._fillers for word in differing),
            is_value=piece.is_value,
        )


def heard_words(text: str) -> list[str]:
    """Return the words of a reading in lower case, numbers apart from their units."""
    return _NUMBER.sub(" ", _MARKS.sub(" ", text.casefold())).split()


def as_written(text: str, like: str, language: str) -> str:
    """Return a sentence as recognition would have written it, which wrote `like`."""
    if language.partition("-")[0] == "en":
        text = _ENGLISH_I.sub("I", text)
    return f"{text[:1].upper()}{text[1:]}{'?' if like.rstrip().endswith('?') else '.'}"


def _closest(found: Iterable[Suggestion], most: int | None = None) -> list[Suggestion]:
    return sorted(found, key=lambda suggestion: suggestion.cost)[:most]


def _is_changed(piece: Piece, words: Sequence[str]) -> bool:
    return piece.used.casefold() != " ".join(words[piece.first : piece.last])


@lru_cache(maxsize=4)
def _grammar(language: str) -> Grammar:
    return compiled(load_sentences(language).intents)


_phones = lru_cache(maxsize=8)(pronouncing)
