"""What may have been said in this house, where the words that were heard mean nothing, or little.

The sentences that sound most like what was heard are found in the language's grammar with the house's names in it
(`sounding`), and among the household's own; each is told with what it changes in what was heard (`replacing`): who
decides wants to know whether a name was misheard, a word left out, or something else altogether.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Final

from gateway.engines.fillers import copulas, fillers
from gateway.engines.grammar import Grammar, compiled
from gateway.engines.heard import Heard, as_written
from gateway.engines.own_sounding import own_sounding
from gateway.engines.places import Places
from gateway.engines.pronouncing import pronouncing
from gateway.engines.replacing import Replacing
from gateway.engines.requests import Requests
from gateway.engines.sentences import load_sentences
from gateway.engines.sounding import Candidate, Sounding
from gateway.engines.wording import readings, spelled
from gateway.house import House
from gateway.suggestions import Suggestion

MOST_TEXTS: Final = 4
"""Readings that are looked at: what is in none of them was hardly said."""
MOST_CANDIDATES: Final = 12
"""Sentences that sound alike, of one reading: mostly the same words with and without "the"."""
MOST_SUGGESTIONS: Final = 16
"""Of all readings; each costs recognition some milliseconds."""
WORSE: Final = 5.0
"""Phonemes by which a sentence may be further away than the closest one."""
MOST_OWN: Final = 10
"""Of the household's own sentences, each with another meaning."""
WORSE_OF_OWN: Final = 8.0
"""As `WORSE`: a word with a value in it may not have been heard at all."""
HIGHEST_COST: Final = 0.5
"""Of each phoneme heard. Beyond that it is another sentence."""


class Suggesting:
    """Of one house. May be called from any thread."""

    def __init__(self, language: str, house: House, own: Grammar | None = None) -> None:
        """Build the grammar of a language with the names of `house`: a quarter of a second, the first time twice that.

        `own` are the household's own sentences. Raises ConfigError for a language that has no sentences.
        """
        self._language = language
        self._unit = house.temperature_unit
        self._phones = _phones(language)
        self._replacing = Replacing(self._phones, fillers(language), copulas(language))
        grammar = _grammar(language)
        self._sounding = Sounding(grammar, Places(house, grammar.lists).members, self._phones)
        self._own = None if own is None else own_sounding(own, house, self._phones)
        self._requests = Requests(language, house, grammar, own)

    def is_request(self, text: str) -> bool:
        """Tell whether what was heard may have been meant for this house, though it means nothing in it."""
        return self._requests.is_one(spelled(text, self._language, self._unit))

    def suggestions(self, texts: Sequence[str]) -> tuple[Suggestion, ...]:
        """Return what may be meant by what was heard as one of `texts`, the closest first; a meaning once or more.

        `texts` are readings, the likeliest first. The household's own sentences come after those of the language.
        """
        all_heard = [self._heard(text) for text in dict.fromkeys(texts[:MOST_TEXTS])]
        heard = [one for one in all_heard if one.words]
        built_in, own = _Closest(MOST_SUGGESTIONS), _Closest(MOST_OWN)
        for one in heard:
            said, phonemes = " ".join(one.words), self._phonemes(one)
            fewer = self._replacing.counting(heard[0].words) - self._replacing.counting(one.words)
            for found in self._sounding.candidates(said, MOST_CANDIDATES, worse=WORSE):
                built_in.add(found, phonemes, partial(self._suggestion, found, one, fewer=max(fewer, 0)))
            if self._own is not None:
                for found in self._own.candidates(said, MOST_OWN, worse=WORSE_OF_OWN):
                    own.add(found, phonemes, partial(self._own_suggestion, found, one))
        return (*built_in.suggestions, *own.suggestions)

    def _heard(self, text: str) -> Heard:
        """Return a reading with its words, those of politeness and hesitation around it left out."""
        plain = spelled(text, self._language, self._unit)
        *_, bare = readings(text, self._language, self._unit)
        first = max(plain.find(bare), 0)
        return Heard.of(text, plain, first, first + len(bare))

    def _phonemes(self, heard: Heard) -> int:
        return max(len(self._phones(" ".join(heard.words))), 1)

    def _suggestion(self, candidate: Candidate, heard: Heard, *, fewer: int) -> Suggestion:
        replaced = self._replacing.of(candidate.pieces, heard.words)
        edits = sum(piece.cost for piece in candidate.pieces if not piece.is_wild)
        return Suggestion(
            sentence=candidate.text,
            written=tuple(dict.fromkeys(heard.with_pieces(candidate.pieces, lower=lower) for lower in (False, True))),
            heard=heard.reading,
            edits=edits,
            cost=edits / self._phonemes(heard),
            replaced=replaced,
            left_out=sum((not one.heard or not one.used) and not one.is_filler for one in replaced),
            fewer=fewer,
            wild_words=_wild_words(candidate),
        )

    def _own_suggestion(self, candidate: Candidate, heard: Heard) -> Suggestion:
        written = as_written(candidate.text, heard.reading, self._language)
        return Suggestion(
            sentence=written,
            written=(written,),
            heard=heard.reading,
            edits=candidate.cost,
            cost=candidate.cost / self._phonemes(heard),
            replaced=self._replacing.of_own(candidate.pieces, heard.words),
            wild_words=_wild_words(candidate),
            is_own=True,
        )


class _Closest:
    """The closest sentences, each once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: dict[str, tuple[float, Callable[[], Suggestion]]] = {}

    def add(self, candidate: Candidate, phonemes: int, make: Callable[[], Suggestion]) -> None:
        """Have a sentence among them, unless it is too far from what was heard, so many phonemes, or known closer."""
        share = candidate.cost / phonemes
        known, _ = self._found.get(candidate.text, (HIGHEST_COST, make))
        if share < known or (share == known and candidate.text not in self._found):
            self._found[candidate.text] = (share, make)

    @property
    def suggestions(self) -> list[Suggestion]:
        """They, the closest first."""
        closest = sorted(self._found.values(), key=lambda pair: pair[0])
        return [make() for _, make in closest[: self._most]]


def _wild_words(candidate: Candidate) -> int:
    return sum(piece.last - piece.first for piece in candidate.pieces if piece.is_wild)


@lru_cache(maxsize=4)
def _grammar(language: str) -> Grammar:
    return compiled(load_sentences(language).intents)


_phones = lru_cache(maxsize=8)(pronouncing)
