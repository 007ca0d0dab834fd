"""Which sentences of a house sound most like what was heard: a search of the grammar's graph, by phonemes.

The cost of a sentence is how many phonemes of it would have to be others, be left out or put in, so that it becomes
what was heard; where a similar phoneme stands (a voiced for an unvoiced one, a vowel for a vowel), half a phoneme.
Found are the cheapest sentences, exactly: costs from each state to the end are known (dynamic programming, from the end
of what was heard), and with them as a guide the cheapest are followed first (A*). Words and names are compared over up
to `MOST_WORDS` heard words, so that "incubi" may be "EcoBee" and "firm a stat" a "thermostat".
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from gateway.engines.grammar import Grammar, Label, Place

MOST_WORDS: Final = 4
"""Heard for one word or name."""
MOST_MEMBERS: Final = 3
"""Of those that may stand in one place, the ones that sound most like the words there."""
MOST_WORDINGS: Final = 48
"""The same where several of them may mean the same."""
WILD_COST: Final = 0.12
"""Of each phoneme where any words may stand: less than any mistake, more than a word that is known."""
LETTER_COST: Final = 0.01
"""Of each letter, where wordings mean the same and sound alike: "16 oz" and "sixteen ounces"."""
LONGEST_WORDS: Final = 24
"""Nobody says a longer command; the search grows with it."""
MOST_STEPS: Final = 20_000
"""Of the search; it takes a few hundred."""
_NOTHING: Final = np.float32(1e6)

type _Meant = tuple[object, ...]
"""What a sentence has in its places so far."""

type Phones = Callable[[str], str]
"""How words are pronounced, a letter for each phoneme."""
type Members = Callable[[Place], Sequence[str]]
"""What may stand in a place, in the house as it is, as it would be said."""
type Meaning = Callable[[Place, str], object]
"""What it means that something stands in a place; different wordings may mean the same."""
type Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


class Piece(NamedTuple):
    """A word or a name of a sentence, and the words that were heard for it."""

    used: str
    """Empty where words were heard that are not in the sentence."""
    first: int
    last: int
    """Those heard, by number, and the one after them; the same where none was."""
    cost: float
    is_wild: bool = False
    """Whether any words may stand there."""
    is_value: bool = False
    """Whether it stands in a place of a sentence of the household's own."""
    is_name: bool = False
    """Whether it is a name of the house."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of the house that may have been said."""

    pieces: tuple[Piece, ...]
    cost: float
    """In phonemes."""

    @property
    def text(self) -> str:
        """The sentence."""
        return " ".join(piece.used for piece in self.pieces if piece.used)


class Sounding:
    """A grammar with the names of one house."""

    def __init__(
        self,
        grammar: Grammar,
        members: Members,
        phones: Phones,
        *,
        most_words: int = MOST_WORDS,
        meaning: Meaning | None = None,
    ) -> None:
        """`members` says what may stand in the grammar's places, wild ones left out.

        `most_words` may be heard for one of them. With `meaning`, of sentences that end in the same state and have the
        same in their places only the closest is found.
        """
        self._grammar = grammar
        self._most_words = most_words
        self._meaning = meaning
        self._phones = phones
        labels = sorted({label for arcs in grammar.arcs for label, _ in arcs}, key=str)
        self._label_numbers: dict[Label, int] = {label: number for number, label in enumerate(labels)}
        self._labels = labels
        self._said: list[tuple[str, ...]] = [_said(label, members) for label in labels]
        self._unit_of = {text: number for number, text in enumerate(sorted({t for said in self._said for t in said}))}
        self._units = list(self._unit_of)
        self._unit_phones = [phones(unit) for unit in self._units]
        self._unit_coarse = [_coarse(sound) for sound in self._unit_phones]
        self._members = [np.array([self._unit_of[text] for text in said], np.intp) for said in self._said]
        self._levels = _levels(grammar, self._label_numbers)

    def candidates(self, heard: str, most: int, *, worse: float) -> list[Candidate]:
        """Return the sentences that sound most like `heard`, at most so many, and no more than `worse` costlier."""
        words = heard.split()
        if not words or not self._labels or len(words) > LONGEST_WORDS:
            return []
        spans = _Spans(words, self._phones, self._most_words)
        costs = self._costs(spans)
        rest = self._rest(costs, spans)
        if rest[self._grammar.start, 0] >= _NOTHING:
            return []
        return self._cheapest(costs, spans, rest, most, worse)

    def _costs(self, spans: _Spans) -> list[Floats]:
        """Return for each label what it costs over each span: [first word, how many words], the best of its members."""
        plain = cdist(self._unit_phones, spans.sounds, scorer=Levenshtein.distance, dtype=np.float32)
        coarse = cdist(self._unit_coarse, spans.coarse, scorer=Levenshtein.distance, dtype=np.float32)
        sounds = (plain + coarse) / 2
        if self._meaning is not None:
            sounds += LETTER_COST * cdist(self._units, spans.texts, scorer=Levenshtein.distance, dtype=np.float32)
        spans.of_units = sounds[:, spans.index]
        spans.of_units[:, ~spans.exists] = _NOTHING
        found: list[Floats] = []
        for label, members in zip(self._labels, self._members, strict=True):
            if isinstance(label, Place) and label.is_wild:
                found.append(spans.wild)
            elif len(members):
                found.append(spans.of_units[members].min(axis=0))
            else:
                found.append(np.full(spans.exists.shape, _NOTHING, np.float32))
        return found

    def _rest(self, costs: list[Floats], spans: _Spans) -> Floats:
        """Return what the cheapest way from each state and word to the end costs: [state, word]."""
        count = spans.count
        rest = np.full((len(self._grammar.arcs), count + 1), _NOTHING, np.float32)
        rest[list(self._grammar.finals), count] = 0
        by_label = np.stack(costs)
        for states, sources, labels, targets in self._levels:
            best = rest[states]
            if len(sources):
                ways = np.full((len(sources), count + 1), _NOTHING, np.float32)
                for words in range(by_label.shape[2]):
                    reach = count + 1 - words
                    if reach <= 0:
                        break
                    way = by_label[labels, :reach, words] + rest[targets, words:]
                    np.minimum(ways[:, :reach], way, out=ways[:, :reach])
                np.minimum.at(best, sources, ways)
            for word in range(count - 1, -1, -1):  # a heard word that is not in the sentence
                np.minimum(best[:, word], best[:, word + 1] + spans.left_out[word], out=best[:, word])
            rest[states] = best
        return rest

    def _cheapest(self, costs: list[Floats], spans: _Spans, rest: Floats, most: int, worse: float) -> list[Candidate]:
        start = self._grammar.start
        limit = float(rest[start, 0]) + worse
        numbers = iter(range(1 << 62))
        waiting: list[tuple[float, int, float, int, int, tuple[Piece, ...], _Meant]] = []
        heapq.heappush(waiting, (float(rest[start, 0]), next(numbers), 0.0, start, 0, (), ()))
        found: dict[str, Candidate] = {}
        reached: set[tuple[int, int, _Meant]] = set()
        steps = 0
        while waiting and len(found) < most and steps < MOST_STEPS:
            steps += 1
            _, _, cost, state, word, pieces, meant = heapq.heappop(waiting)
            if self._meaning is not None:  # who came here with the same meaning before came cheaper
                if (state, word, meant) in reached:
                    continue
                reached.add((state, word, meant))
            if state < 0:
                candidate = Candidate(pieces=pieces, cost=cost)
                found.setdefault(candidate.text, candidate)
                continue
            if word == spans.count and state in self._grammar.finals:
                heapq.heappush(waiting, (cost, next(numbers), cost, -1 - state, word, pieces, meant))
            for piece, after, place in self._steps(state, word, costs, spans, rest, limit - cost):
                total = cost + piece.cost
                foreseen = total + float(rest[after, piece.last])
                if foreseen <= limit:
                    means = (
                        meant if place is None or self._meaning is None else (*meant, self._meaning(place, piece.used))
                    )
                    entry = (foreseen, next(numbers), total, after, piece.last, (*pieces, piece), means)
                    heapq.heappush(waiting, entry)
        return list(found.values())

    def _steps(
        self, state: int, word: int, costs: list[Floats], spans: _Spans, rest: Floats, room: float
    ) -> Iterator[tuple[Piece, int, Place | None]]:
        """Yield how a sentence may go on from a state and a heard word, for no more than `room` in all."""
        if word < spans.count and spans.left_out[word] + rest[state, word + 1] <= room:
            yield Piece("", word, word + 1, float(spans.left_out[word])), state, None
        for label, after in self._grammar.arcs[state]:
            number = self._label_numbers[label]
            place = label if isinstance(label, Place) else None
            for words in range(min(costs[number].shape[1], spans.count - word + 1)):
                cost = costs[number][word, words]
                if cost + rest[after, word + words] > room:
                    continue
                if place is not None and place.is_wild:
                    yield Piece(spans.text(word, word + words), word, word + words, float(cost), True), after, place
                    continue
                members = self._members[number]
                each = spans.of_units[members, word, words]
                for best in np.argsort(each, kind="stable")[: MOST_MEMBERS if self._meaning is None else MOST_WORDINGS]:
                    if each[best] + rest[after, word + words] > room:
                        break
                    unit = self._units[int(members[best])]
                    is_value = place is not None and self._meaning is not None
                    is_name = place is not None and place.is_name
                    yield Piece(unit, word, word + words, float(each[best]), False, is_value, is_name), after, place


class _Spans:
    """The words that were heard, and all stretches of them that one word or name may be."""

    def __init__(self, words: Sequence[str], phones: Phones, most_words: int) -> None:
        self._words = list(words)
        self.count = len(words)
        each = [phones(word) for word in words]
        self.sounds, self.texts = [""], [""]
        longest = max(most_words, self.count)
        self.index = np.zeros((self.count + 1, longest + 1), np.intp)
        self.exists = np.zeros((self.count + 1, longest + 1), bool)
        self.exists[:, 0] = True
        for first in range(self.count):
            for words_ in range(1, min(most_words, self.count - first) + 1):
                self.exists[first, words_] = True
                self.index[first, words_] = len(self.sounds)
                self.texts.append(self.text(first, first + words_))
                self.sounds.append(phones(self.texts[-1]))
        self.coarse = [_coarse(sound) for sound in self.sounds]
        self.left_out = np.array([max(len(sound), 1) for sound in each], np.float32)
        self.wild = np.full(self.exists.shape, _NOTHING, np.float32)
        """What any words cost: at least one of them."""
        self.of_units = self.wild
        """What each word or name of the house costs: [unit, first word, how many words]."""
        for first in range(self.count):
            for words_ in range(1, self.count - first + 1):
                self.wild[first, words_] = WILD_COST * self.left_out[first : first + words_].sum()

    def text(self, first: int, last: int) -> str:
        """Return the words as they were heard."""
        return " ".join(self._words[first:last])


def phoneme_cost(one: str, other: str) -> float:
    """Return how far one sound is from another, in phonemes."""
    plain = Levenshtein.distance(one, other)
    return (plain + Levenshtein.distance(_coarse(one), _coarse(other))) / 2


_KINDS: Final = (
    *("pb", "td", "kɡgqc", "fvɸβ", "szθð", "ʃʒʂʐ", "xɣhɦχç", "mnŋɲɱ", "rɾɹʁʀɻ", "lʎɭɫ", "wʋɥ"),  # noqa: RUF001
    *("ijɪyʏɨᵻ", "eɛøœæ", "aɐɑɒʌ", "əɜɚɝᵊ", "oɔ", "uʊɵʉ"),  # noqa: RUF001
)
"""Phonemes that are easily taken for one another, where nobody knows the word; the first one stands for all."""
_SIMILAR: Final = str.maketrans({sound: kind[0] for kind in _KINDS for sound in kind})


def _coarse(sound: str) -> str:
    """Return a sound with one phoneme for each kind of similar ones."""
    return sound.translate(_SIMILAR)


def _said(label: Label, members: Members) -> tuple[str, ...]:
    if isinstance(label, str):
        return (label,)
    return () if label.is_wild else tuple(members(label))


def _levels(grammar: Grammar, numbers: dict[Label, int]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Return the states in the order in which they can be reckoned, those of the same height together.

    For each height: the states, and of their arcs the places of their states among these, labels and targets.
    """
    height = [0] * len(grammar.arcs)
    for state, arcs in enumerate(grammar.arcs):
        height[state] = 1 + max((height[after] for _, after in arcs), default=-1)
    by_height: dict[int, list[int]] = {}
    for state, level in enumerate(height):
        by_height.setdefault(level, []).append(state)
    levels = []
    for level in sorted(by_height):
        states = by_height[level]
        ways = [
            (place, numbers[label], after) for place, state in enumerate(states) for label, after in grammar.arcs[state]
        ]
        sources, labels, targets = (np.array([way[at] for way in ways], np.intp) for at in range(3))
        levels.append((np.array(states, np.intp), sources, labels, targets))
    return levels
