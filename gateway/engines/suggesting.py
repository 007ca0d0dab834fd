"""What may have been said in this house, where the words that were heard mean nothing, or little.

The sentences that sound most like what was heard are found in the language's grammar with the house's names in it
(`sounding`), and each is told with what it changes in what was heard: who decides wants to know whether a name was
misheard, a word left out, or something else altogether.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from gateway.engines.fillers import fillers
from gateway.engines.grammar import Grammar, compiled
from gateway.engines.places import Places
from gateway.engines.pronouncing import pronouncing
from gateway.engines.sentences import load_sentences
from gateway.engines.sounding import Candidate, Piece, Sounding, phoneme_cost
from gateway.engines.wording import readings, spelled
from gateway.house import House
from gateway.suggestions import Replacement, Suggestion

MOST_TEXTS: Final = 4
"""Readings that are looked at: what is in none of them was hardly said."""
MOST_CANDIDATES: Final = 12
"""Sentences that sound alike, of one reading: mostly the same words with and without "the"."""
MOST_SUGGESTIONS: Final = 16
"""Of all readings; each costs recognition some milliseconds."""
WORSE: Final = 5.0
"""Phonemes by which a sentence may be further away than the closest one."""
HIGHEST_COST: Final = 0.5
"""Of each phoneme heard. Beyond that it is another sentence."""
MOST_OF_A_NAME: Final = 0.25
"""The share of phonemes that may be others where a name has a word more or less than was heard: "the bed light" for
"light" leaves "bed" out, "first floor" for "first for" leaves nothing out."""
MOST_OF_A_FILLER: Final = 0.5
"""The share of phonemes that may be others where something like "the" stands for a word that was heard."""

_WORD: Final = re.compile(r"\d+|(?:[^\W\d_]|')+|[%°]")


class Suggesting:
    """Of one house. May be called from any thread."""

    def __init__(self, language: str, house: House) -> None:
        """Build the grammar of a language with the names of `house`: a quarter of a second, the first time twice that.

        Raises ConfigError for a language that has no sentences.
        """
        self._language = language
        self._unit = house.temperature_unit
        self._fillers = fillers(language)
        self._phones = _phones(language)
        grammar = _grammar(language)
        self._sounding = Sounding(grammar, Places(house, grammar.lists).members, self._phones)

    def suggestions(self, texts: Sequence[str]) -> tuple[Suggestion, ...]:
        """Return what may be meant by what was heard as one of `texts`, the closest first; a meaning once or more.

        `texts` are readings, the likeliest first.
        """
        found: dict[str, tuple[float, Suggestion]] = {}
        fullest = 0
        """How many words that count the likeliest reading has."""
        for text in dict.fromkeys(texts[:MOST_TEXTS]):
            heard = self._heard(text)
            if not heard.words:
                continue
            said = self._counting(heard.words)
            fullest = fullest or said
            for candidate in self._sounding.candidates(" ".join(heard.words), MOST_CANDIDATES, worse=WORSE):
                known_cost, _ = found.get(candidate.text, (HIGHEST_COST * self._phonemes(heard), None))
                if candidate.cost <= known_cost:
                    suggestion = self._suggestion(candidate, heard, text, fewer=max(fullest - said, 0))
                    found[candidate.text] = (candidate.cost, suggestion)
        closest = sorted(found.values(), key=lambda pair: pair[0])
        return tuple(suggestion for _, suggestion in closest[:MOST_SUGGESTIONS])

    def _phonemes(self, heard: Heard) -> int:
        return max(len(self._phones(" ".join(heard.words))), 1)

    def _heard(self, text: str) -> Heard:
        """Return a reading with its words, those of politeness and hesitation around it left out."""
        plain = spelled(text, self._language, self._unit)
        *_, bare = readings(text, self._language, self._unit)
        first = max(plain.find(bare), 0)
        return Heard.of(plain, first, first + len(bare))

    def _counting(self, words: Sequence[str]) -> int:
        return sum(word not in self._fillers for word in words)

    def _suggestion(self, candidate: Candidate, heard: Heard, reading: str, *, fewer: int) -> Suggestion:
        replaced = tuple(self._replaced(candidate.pieces, heard.words))
        edits = sum(piece.cost for piece in candidate.pieces if not piece.is_wild)
        lost = sum((not one.heard or not one.used) and not one.is_filler for one in replaced)
        return Suggestion(
            sentence=candidate.text,
            written=tuple(dict.fromkeys(heard.with_pieces(candidate.pieces, lower=lower) for lower in (False, True))),
            heard=reading,
            edits=edits,
            cost=edits / self._phonemes(heard),
            replaced=replaced,
            left_out=lost,
            fewer=fewer,
            wild_words=sum(piece.last - piece.first for piece in candidate.pieces if piece.is_wild),
        )

    def _replaced(self, pieces: Sequence[Piece], words: Sequence[str]) -> Iterator[Replacement]:
        for piece in pieces:
            if piece.used.casefold() != " ".join(words[piece.first : piece.last]):
                yield self._replacement(piece, words)

    def _replacement(self, piece: Piece, words: Sequence[str]) -> Replacement:
        heard, used = words[piece.first : piece.last], piece.used.casefold().split()
        differing = (*heard, *used)
        left_out = [word for word in heard if word not in used and word not in self._fillers]
        added = [word for word in used if word not in heard and word not in self._fillers]
        sounds = self._phones(" ".join(heard)), self._phones(piece.used)
        cost = min(phoneme_cost(*sounds) / max(*map(len, sounds), 1), 1.0)
        if set(heard) & set(used) and bool(left_out) != bool(added) and cost > MOST_OF_A_NAME:
            return Replacement(heard=" ".join(left_out), used=" ".join(added), cost=1.0, is_name=piece.is_name)
        is_lost = cost > MOST_OF_A_FILLER and left_out and not added
        return Replacement(
            heard=" ".join(heard),
            used="" if is_lost else piece.used,
            cost=cost,
            is_filler=all(word.casefold() in self._fillers for word in differing),
            is_name=piece.is_name,
        )


@dataclass(frozen=True, slots=True)
class Heard:
    """A reading, and where its words are."""

    text: str
    words: tuple[str, ...]
    """In lower case, numbers apart from their units."""
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, text: str, first: int, last: int) -> Heard:
        """Find the words between two places of a text."""
        found = list(_WORD.finditer(text, first, last))
        return cls(
            text,
            tuple(one.group().casefold() for one in found),
            tuple(one.start() for one in found),
            tuple(one.end() for one in found),
        )

    def with_pieces(self, pieces: Sequence[Piece], *, lower: bool) -> str:
        """Return the text with other words where a piece sounds other than what was heard; the rest stays as it is."""
        written, is_kept = "", True
        for piece in pieces:
            keeps = piece.cost == 0 and piece.last > piece.first
            used = piece.used
            if keeps:
                used = self.text[self.starts[piece.first] : self.ends[piece.last - 1]]
            elif lower:
                used = used.casefold()
            if used:
                written += (self._between(piece.first) if is_kept and keeps else " ") + used if written else used
            is_kept = keeps
        before, after = self.text[: self.starts[0]], self.text[self.ends[-1] :]
        if not before and self.text[:1].isupper():
            written = f"{written[:1].upper()}{written[1:]}"
        return before + written + after

    def _between(self, word: int) -> str:
        return self.text[self.ends[word - 1] : self.starts[word]] if word else ""


@lru_cache(maxsize=4)
def _grammar(language: str) -> Grammar:
    return compiled(load_sentences(language).intents)


_phones = lru_cache(maxsize=8)(pronouncing)
