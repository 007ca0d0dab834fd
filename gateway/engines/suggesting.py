"""What may have been said in this house, where the words that were heard mean nothing, or little.

The sentences that sound most like what was heard are found in the language's grammar with the house's names in it
(`sounding`), and among the household's own; each is told with what it changes in what was heard (`replacing`): who
decides wants to know whether a name was misheard, a word left out, or something else altogether.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
from gateway.engines.several import parted
from gateway.engines.sounding import Candidate, Piece, Sounding
from gateway.engines.wording import readings, spelled
from gateway.house import House
from gateway.suggestions import Suggestion

MOST_TEXTS: Final = 4
"""Readings that are looked at: what is in none of them was hardly said."""
MOST_PARTED: Final = 2
"""Readings that are looked at as two commands, too, of which one was misheard."""
HEARD_WELL: Final = 1.0
"""Phonemes that are others at the most in a command that was not misheard."""
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
LEAST_OF_A_WORD: Final = 2
"""Phonemes by which a reading is shorter that has a word less, as "is"."""
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
        for number, one in enumerate(heard):
            fewer = self._fewer(one, heard[0])
            parts = self._misheard_parts(one) if number < MOST_PARTED else ()
            for part, candidates in ((_Part(one), self._candidates(one)), *parts):
                phonemes = self._phonemes(part.heard)
                for found in candidates:
                    make = partial(self._suggestion, found, part, fewer=fewer, likeliest=heard[0])
                    built_in.add(part.sentence(found), found.cost / phonemes, make)
            if self._own is not None:
                phonemes = self._phonemes(one)
                for found in self._own.candidates(" ".join(one.words), MOST_OWN, worse=WORSE_OF_OWN):
                    own.add(found.text, found.cost / phonemes, partial(self._own_suggestion, found, one))
        return (*built_in.suggestions, *own.suggestions)

    def _misheard_parts(self, heard: Heard) -> Iterator[tuple[_Part, Sequence[Candidate]]]:
        """Yield the one of two commands in one breath that was misheard, where the other one was not."""
        text = heard.text
        before, after = next(((one, two) for one, two, is_said in parted(text, self._language) if is_said), ("", ""))
        first = Heard.of(heard.reading, text, 0, len(before))
        second = Heard.of(heard.reading, text, len(text) - len(after), len(text))
        if first.words and second.words:
            of_first, of_second = self._candidates(first), self._candidates(second)
            if _is_one_of(of_second):
                yield _Part(first, after=text[len(before) :]), _others(of_first, first)
            if _is_one_of(of_first):
                yield _Part(second, before=text[: len(text) - len(after)]), _others(of_second, second)

    def _candidates(self, heard: Heard) -> Sequence[Candidate]:
        return self._sounding.candidates(" ".join(heard.words), MOST_CANDIDATES, worse=WORSE)

    def _heard(self, text: str) -> Heard:
        """Return a reading with its words, those of politeness and hesitation around it left out."""
        plain = spelled(text, self._language, self._unit)
        *_, bare = readings(text, self._language, self._unit)
        first = max(plain.find(bare), 0)
        return Heard.of(text, plain, first, first + len(bare))

    def _phonemes(self, heard: Heard) -> int:
        return max(len(self._phones(" ".join(heard.words))), 1)

    def _fewer(self, heard: Heard, likeliest: Heard) -> int:
        """Return how many words that make a difference, and are to be heard, a reading has less than the likeliest.

        "Increase" has one word less than "anchor is", and no sound.
        """
        fewer = self._replacing.counting(likeliest.words) - self._replacing.counting(heard.words)
        is_shorter = self._phonemes(likeliest) - self._phonemes(heard) >= LEAST_OF_A_WORD
        return fewer if fewer > 0 and is_shorter else 0

    def _suggestion(self, candidate: Candidate, part: _Part, *, fewer: int, likeliest: Heard) -> Suggestion:
        heard = part.heard
        replaced = self._replacing.of(candidate.pieces, heard.words)
        edits = sum(piece.cost for piece in candidate.pieces if not piece.is_wild)
        is_likeliest = heard.reading == likeliest.reading
        return Suggestion(
            sentence=part.sentence(candidate),
            written=tuple(dict.fromkeys(heard.with_pieces(candidate.pieces, lower=lower) for lower in (False, True))),
            heard=heard.reading,
            edits=edits,
            cost=edits / self._phonemes(heard),
            replaced=replaced,
            in_place_of=() if is_likeliest else self._replacing.in_place_of(likeliest.words, part.pieces(candidate)),
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


@dataclass(frozen=True, slots=True)
class _Part:
    """Of a reading, all of it or one of two commands."""

    heard: Heard
    before: str = ""
    after: str = ""

    def sentence(self, candidate: Candidate) -> str:
        """Return the reading with a sentence in place of this part."""
        return self.before + candidate.text + self.after

    def pieces(self, candidate: Candidate) -> Iterator[Piece]:
        """Yield the pieces of that sentence."""
        yield from map(_as_it_is, Heard.of(self.before, self.before, 0, len(self.before)).words)
        yield from candidate.pieces
        yield from map(_as_it_is, Heard.of(self.after, self.after, 0, len(self.after)).words)


class _Closest:
    """The closest sentences, each once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: dict[str, tuple[float, Callable[[], Suggestion]]] = {}

    def add(self, sentence: str, share: float, make: Callable[[], Suggestion]) -> None:
        """Have a sentence among them, unless too many of the phonemes heard are others, or it is known closer."""
        known, _ = self._found.get(sentence, (HIGHEST_COST, make))
        if share < known or (share == known and sentence not in self._found):
            self._found[sentence] = (share, make)

    @property
    def suggestions(self) -> list[Suggestion]:
        """They, the closest first."""
        closest = sorted(self._found.values(), key=lambda pair: pair[0])
        return [make() for _, make in closest[: self._most]]


def _as_it_is(word: str) -> Piece:
    return Piece(used=word, first=0, last=0, cost=0.0)


def _is_one_of(candidates: Sequence[Candidate]) -> bool:
    """Tell whether what was heard is a sentence as it is, or nearly."""
    return any(candidate.cost <= HEARD_WELL for candidate in candidates)


def _others(candidates: Sequence[Candidate], heard: Heard) -> list[Candidate]:
    """Return those that are not just what was heard."""
    return [one for one in candidates if one.text.casefold().split() != list(heard.words)]


def _wild_words(candidate: Candidate) -> int:
    return sum(piece.last - piece.first for piece in candidate.pieces if piece.is_wild)


@lru_cache(maxsize=4)
def _grammar(language: str) -> Grammar:
    return compiled(load_sentences(language).intents)


_phones = lru_cache(maxsize=8)(pronouncing)
