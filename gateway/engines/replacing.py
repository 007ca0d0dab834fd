"""What a sentence that sounds like what was heard changes in it, piece by piece: what was misheard, or left out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from gateway.engines.sounding import Phones, Piece, phoneme_cost
from gateway.suggestions import Replacement

MOST_OF_A_NAME: Final = 0.25
"""The share of phonemes that may be others where a name has a word more or less than was heard: "the bed light" for
"light" leaves "bed" out, "first floor" for "first for" leaves nothing out."""
MOST_OF_A_FILLER: Final = 0.5
"""The share of phonemes that may be others where something like "the" stands for a word that was heard."""

type Replace = Callable[[Piece, Sequence[str]], Replacement]


class Replacing:
    """In one language."""

    def __init__(self, phones: Phones, fillers: frozenset[str], copulas: frozenset[str] = frozenset()) -> None:
        """`copulas` make no difference in sentences of the household's own."""
        self._phones = phones
        self._fillers = fillers
        self._own_fillers = fillers | copulas

    def counting(self, words: Sequence[str]) -> int:
        """Return how many of these words make a difference."""
        return sum(word not in self._fillers for word in words)

    def of(self, pieces: Sequence[Piece], words: Sequence[str]) -> tuple[Replacement, ...]:
        """Return what a sentence of the language changes in what was heard."""
        return tuple(self._each(pieces, words, self._of_a_sentence))

    def of_own(self, pieces: Sequence[Piece], words: Sequence[str]) -> tuple[Replacement, ...]:
        """Return what a sentence of the household's own changes; of a value only the words that differ count."""
        return tuple(self._each(pieces, words, self._of_an_own_sentence))

    def in_place_of(self, words: Sequence[str], pieces: Iterable[Piece]) -> tuple[Replacement, ...]:
        """Return which of the words of another reading a sentence has others for: those that it was not made from."""
        used = [(word, piece.is_name) for piece in pieces for word in piece.used.casefold().split()]
        alike = SequenceMatcher(None, list(words), [word for word, _ in used], autojunk=False)
        return tuple(
            self._another(words[first:last], used[begin:end])
            for what, first, last, begin, end in alike.get_opcodes()
            if what == "replace"
        )

    def _another(self, heard: Sequence[str], used: Sequence[tuple[str, bool]]) -> Replacement:
        words = [word for word, _ in used]
        return Replacement(
            heard=" ".join(heard),
            used=" ".join(words),
            cost=self._cost(" ".join(heard), " ".join(words)),
            is_filler=self._fillers.issuperset((*heard, *words)),
            is_name=any(is_name for _, is_name in used),
        )

    @staticmethod
    def _each(pieces: Sequence[Piece], words: Sequence[str], replace: Replace) -> Iterator[Replacement]:
        for piece in pieces:
            heard = words[piece.first : piece.last]
            if piece.used.casefold() != " ".join(heard):
                yield replace(piece, heard)

    def _of_a_sentence(self, piece: Piece, heard: Sequence[str]) -> Replacement:
        used = piece.used.casefold().split()
        left_out, added = self._left_out(heard, used), self._left_out(used, heard)
        cost = self._cost(" ".join(heard), piece.used)
        if set(heard) & set(used) and bool(left_out) != bool(added) and cost > MOST_OF_A_NAME:
            return Replacement(heard=" ".join(left_out), used=" ".join(added), cost=1.0, is_name=piece.is_name)
        is_lost = cost > MOST_OF_A_FILLER and left_out and not added
        return Replacement(
            heard=" ".join(heard),
            used="" if is_lost else piece.used,
            cost=cost,
            is_filler=self._fillers.issuperset((*heard, *used)),
            is_name=piece.is_name,
        )

    def _of_an_own_sentence(self, piece: Piece, heard: Sequence[str]) -> Replacement:
        used = piece.used.casefold().split()
        left_out, added = self._left_out(heard, used), self._left_out(used, heard)
        has_same = bool(set(heard) & set(used))
        if has_same and bool(left_out) != bool(added):
            return Replacement(heard=" ".join(left_out), used=" ".join(added), cost=1.0, is_value=piece.is_value)
        cost = self._cost(" ".join(heard), piece.used)
        if piece.is_value and has_same:  # "triple shot" is not "double shot", however long the shot is
            cost = self._cost(" ".join(left_out), " ".join(added))
        return Replacement(
            heard=" ".join(heard),
            used=piece.used,
            cost=cost,
            is_filler=self._own_fillers.issuperset((*heard, *used)),
            is_value=piece.is_value,
        )

    def _cost(self, heard: str, used: str) -> float:
        sounds = self._phones(heard), self._phones(used)
        return min(phoneme_cost(*sounds) / max(*map(len, sounds), 1), 1.0)

    def _left_out(self, words: Sequence[str], others: Sequence[str]) -> list[str]:
        return [word for word in words if word not in others and word not in self._fillers]
