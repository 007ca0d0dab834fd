"""All the sentences of a language as one graph of words, compiled from hassil's templates; knows no house.

An arc carries a word, or a place in which something stands that the house or the language lists: a name, an area, a
number, any words at all. States are shared wherever what may follow is the same, so that ten million sentences are a
few thousand states. There are no circles in it: templates have none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from hassil.expression import Alternative, Expression, ListReference, Permutation, RuleReference, Sentence, TextChunk
from hassil.expression import Sequence as InOrder
from hassil.intents import IntentData, Intents, SlotList, WildcardSlotList

LARGEST_STATES: Final = 200_000
"""Home Assistant's languages have a few thousand."""
NAMES: Final = frozenset({"name", "area", "floor"})
"""The lists that the house fills."""
ARCS_A_STATE: Final = 20
"""On average, at the most; Home Assistant's languages have as many."""
MOST_BEGINNINGS: Final = 5_000
"""Words with which a part may begin: two alternatives without a blank between them multiply theirs."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands that is listed elsewhere."""

    list_name: str
    domains: frozenset[str] = frozenset()
    """Of the things whose names may stand here; empty for all."""
    is_wild: bool = False
    """Any words may stand here."""
    version: int = 0
    """Which of the lists with this name: a block of sentences may have its own."""

    @property
    def is_name(self) -> bool:
        """Whether what stands there is a name of the house."""
        return self.list_name in NAMES


type Label = str | Place
type _Arc = tuple[Label, int]
type _State = tuple[bool, frozenset[_Arc]]
type _Partial = frozenset[tuple[str, int]]
"""How what follows may begin: with the rest of a word and a state after it, or, without one, with a state."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """States are numbers; what is behind an arc has a lower one. The last one is where sentences begin."""

    arcs: tuple[tuple[_Arc, ...], ...]
    """Of each state."""
    finals: frozenset[int]
    """Where a sentence may end."""
    lists: Mapping[Place, SlotList]
    """What the language itself lists; names, areas and floors are not in it."""

    @property
    def start(self) -> int:
        """Where sentences begin."""
        return len(self.arcs) - 1


def compiled(intents: Intents, *, most_states: int | None = None, is_apart: bool = False) -> Grammar:
    """Return the graph of a language's templates. Raises ValueError for one that is beyond all measure.

    With `is_apart`, blocks share no states: where a sentence is in the graph tells what it means, but for its places.
    """
    compiler = _Compiler(intents, LARGEST_STATES if most_states is None else most_states)
    blocks = [block for intent in intents.intents.values() for block in intent.data]
    starts = [
        compiler.sentence(template, block, apart=number if is_apart else None)
        for number, block in enumerate(blocks)
        for template in block.sentences
    ]
    compiler.join(starts)
    return compiler.grammar()


class _Compiler:
    """Builds from the end of a sentence to its beginning, so that what is the same afterwards is one state."""

    def __init__(self, intents: Intents, most_states: int) -> None:
        self._intents = intents
        self._most_states = most_states
        self._arcs = 0
        self._numbers: dict[_State, int] = {}
        self._states: list[_State] = []
        self._lists: dict[Place, SlotList] = {}
        self._versions: dict[str, list[SlotList]] = {}
        """The lists of each name."""
        self._end = self._number((True, frozenset()))

    def sentence(self, template: Sentence, block: IntentData, *, apart: int | None = None) -> int:
        """Return the state at which a template's sentences begin; with `apart`, they end in a state of this number."""
        inside = _Block(self, self._intents, block)
        end = self._end
        if apart is not None:  # nothing can stand in this place, so it only tells the states apart
            end = self._number((True, frozenset({(Place("", version=apart), end)})))
        return self.boundary(inside.before(template.expression, frozenset({("", end)})))

    def boundary(self, partial: _Partial) -> int:
        """Return the state before what a partial begins with: a word begins here."""
        whole = [number for rest, number in partial if not rest]
        words = frozenset((rest, number) for rest, number in partial if rest)
        if not words and len(whole) == 1:
            return whole[0]
        states = [self._states[number] for number in whole]
        return self._number((any(ends for ends, _ in states), words.union(*(arcs for _, arcs in states))))

    def placed(self, place: Place, slot_list: SlotList | None, after: int) -> int:
        """Return the state before a place, with `after` behind it."""
        if slot_list is not None:
            versions = self._versions.setdefault(place.list_name, [])
            if not any(slot_list is known for known in versions):
                versions.append(slot_list)
            version = next(number for number, known in enumerate(versions) if slot_list is known)
            place = replace(place, version=version)
            self._lists[place] = slot_list
        return self._number((False, frozenset({(place, after)})))

    def join(self, starts: Iterable[int]) -> int:
        """Return the state at which any of these begins; it is the last one."""
        arcs = frozenset[_Arc]().union(*(self._states[number][1] for number in starts))
        return self._number((False, arcs))

    def grammar(self) -> Grammar:
        """Return what was built, without what nothing leads to."""
        wanted: set[int] = set()
        waiting = [len(self._states) - 1]
        while waiting:
            number = waiting.pop()
            if number not in wanted:
                wanted.add(number)
                waiting.extend(after for _, after in self._states[number][1])
        kept = sorted(wanted)
        renamed = {number: place for place, number in enumerate(kept)}
        return Grammar(
            arcs=tuple(
                tuple(sorted(((label, renamed[after]) for label, after in self._states[number][1]), key=_order))
                for number in kept
            ),
            finals=frozenset(renamed[number] for number in kept if self._states[number][0]),
            lists=self._lists,
        )

    def _number(self, state: _State) -> int:
        number = self._numbers.get(state)
        if number is None:
            self._arcs += len(state[1])
            if len(self._states) >= self._most_states or self._arcs > self._most_states * ARCS_A_STATE:
                raise ValueError(f"the sentences need more than {self._most_states} states, or too many arcs")
            number = self._numbers[state] = len(self._states)
            self._states.append(state)
        return number


class _Block:
    """One block's templates: which rules and lists they mean."""

    def __init__(self, compiler: _Compiler, intents: Intents, block: IntentData) -> None:
        self._compiler = compiler
        self._rules = {**intents.expansion_rules, **block.expansion_rules}
        self._lists = {**intents.slot_lists, **block.slot_lists}
        self._domains = frozenset(block.name_domains or block.domains)
        self._known: dict[tuple[int, _Partial], _Partial] = {}
        self._kept: list[Expression] = []
        """They live as long as their ids are used."""

    def before(self, expression: Expression, after: _Partial) -> _Partial:
        """Return how a sentence may go on with `expression` and then `after`."""
        key = (id(expression), after)
        known = self._known.get(key)
        if known is None:
            self._kept.append(expression)
            known = self._known[key] = self._before(expression, after)
            if len(known) > MOST_BEGINNINGS:
                raise ValueError(f"a part of a sentence begins in more than {MOST_BEGINNINGS} ways")
        return known

    def _before(self, expression: Expression, after: _Partial) -> _Partial:
        match expression:
            case TextChunk():
                return self._text(expression.text, after)
            case Alternative():
                ways = (self.before(item, after) for item in expression.items)
                return frozenset[tuple[str, int]]().union(*ways)
            case Permutation():
                return frozenset[tuple[str, int]]().union(*self._orders(expression, after))
            case InOrder():
                for item in reversed(expression.items):
                    after = self.before(item, after)
                return after
            case RuleReference():
                rule = self._rules.get(expression.rule_name)
                return frozenset() if rule is None else self.before(rule.expression, after)
            case ListReference():
                return self._listed(expression, after)
        return frozenset()

    def _orders(self, permutation: Permutation, after: _Partial) -> Iterator[_Partial]:
        if not permutation.items:
            yield after
        for item, rest in permutation.iterate_permutations():
            yield self.before(item, self.before(rest, after))

    def _text(self, text: str, after: _Partial) -> _Partial:
        """Return a text's words, the last of which may go on with what follows."""
        words = text.replace("-", " ").split(" ")
        for position, word in enumerate(reversed(words)):
            if position:  # a space: a word ends before it, and one begins after it
                after = frozenset({("", self._compiler.boundary(after))})
            if word:
                after = frozenset((word + rest, number) for rest, number in after)
        return after

    def _listed(self, reference: ListReference, after: _Partial) -> _Partial:
        slot_list = self._lists.get(reference.list_name)
        is_wild = isinstance(slot_list, WildcardSlotList)
        domains = self._domains if reference.list_name == "name" else frozenset[str]()
        place = Place(reference.list_name, domains, is_wild)
        return frozenset({("", self._compiler.placed(place, slot_list, self._compiler.boundary(after)))})


def _order(arc: _Arc) -> tuple[bool, str, int]:
    label, after = arc
    return (isinstance(label, Place), str(label), after)
