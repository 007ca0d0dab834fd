"""What a sentence template may cost to match: strangers write them, and a short one can stand for ages of work.

hassil follows every way in which a template may come to the words that it is given. A way is told by the places for
words that it uses, and by what it took where several alternatives begin alike: so there are no more ways than there are
choices, for each word, of the places in one way that have it, times the alternatives that begin alike.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import comb, factorial, log
from typing import Final

from hassil.expression import (
    Alternative,
    Expression,
    Group,
    ListReference,
    Permutation,
    RuleReference,
    Sentence,
    TextChunk,
)

MOST_WAYS: Final = 50_000
"""hassil follows some twenty in a millisecond; the sentences of Home Assistant's own keep below that."""
MOST_PARTS: Final = 4_000
"""Of one template, with the rules in it written out."""
MOST_ORDERED: Final = 4
"""Parts that may come in any order."""
DEEPEST: Final = 32
"""Parts and rules within each other."""
MOST_WILD: Final = 3
"""Places for any words: each way to part the words between them is one."""


class UnusableTemplateError(ValueError):
    """A template that cannot be matched, or not in any sensible time. Says why, not what it is."""


def check(
    expression: Expression,
    rules: Mapping[str, Sentence],
    lists: Collection[str],
    *,
    trusted: Collection[str] = (),
    is_wild: Callable[[str], bool],
) -> None:
    """Raise UnusableTemplateError where hassil could not match it, or would take too long.

    `rules` and `lists` are the strangers' own and all that there are; `trusted` are rules of Home Assistant's besides,
    which are as one word; `is_wild` tells of which list any words may stand there.
    """
    bound = _Bounding(rules, lists, trusted).of(expression, 0)
    wild = sum(count for place, count in bound.uses.items() if place.startswith("{") and is_wild(place[1:]))
    if wild > MOST_WILD:
        raise UnusableTemplateError("too many places for any words")
    if sum(log(comb(count, count // 2)) for count in bound.uses.values()) + bound.log_ways > log(MOST_WAYS):
        raise UnusableTemplateError("too many ways to say the same")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bound:
    """Of an expression."""

    uses: Counter[str] = field(default_factory=Counter)
    """How many places in one way have a word, or a list."""
    log_ways: float = 0.0
    """What alternatives that begin alike come to, as a logarithm."""
    first: frozenset[str] = frozenset()
    """With what it may begin."""
    is_optional: bool = False
    """Whether it may be nothing."""
    parts: int = 1


class _Bounding:
    """One template's."""

    def __init__(self, rules: Mapping[str, Sentence], lists: Collection[str], trusted: Collection[str]) -> None:
        self._rules = rules
        self._lists = lists
        self._trusted = trusted
        self._of_rule: dict[str, _Bound] = {}

    def of(self, expression: Expression, depth: int) -> _Bound:
        """Return the bound of an expression."""
        if depth > DEEPEST:
            raise UnusableTemplateError("parts too deep within parts")
        match expression:
            case TextChunk():
                words = _words(expression.text)
                return _Bound(uses=Counter(words), first=frozenset(words[:1]), is_optional=not words)
            case ListReference():
                if not expression.is_inline_range and expression.list_name not in self._lists:
                    raise UnusableTemplateError("a list that there is not")
                place = f"{{{expression.list_name}"
                return _Bound(uses=Counter((place,)), first=frozenset((place,)))
            case RuleReference():
                return self._rule(expression.rule_name, depth)
            case Group():
                bound = _together(expression, [self.of(item, depth + 1) for item in expression.items])
                if bound.parts > MOST_PARTS:
                    raise UnusableTemplateError("too long with its rules written out")
                return bound
        raise UnusableTemplateError("a part of no kind that is known")

    def _rule(self, name: str, depth: int) -> _Bound:
        if name not in self._rules:
            if name not in self._trusted:
                raise UnusableTemplateError("a rule that there is not")
            return _Bound(uses=Counter((f"<{name}",)), first=frozenset((f"<{name}",)))
        if name not in self._of_rule:  # one that has itself in it goes deeper and deeper
            self._of_rule[name] = self.of(self._rules[name].expression, depth + 1)
        return self._of_rule[name]


def _together(group: Group, items: Sequence[_Bound]) -> _Bound:
    log_ways = sum(item.log_ways for item in items)
    parts = 1 + sum(item.parts for item in items)
    if isinstance(group, Alternative):
        begun = Counter(word for item in items for word in (item.first | ({""} if item.is_optional else set())))
        uses: Counter[str] = Counter()
        for item in items:
            uses |= item.uses
        return _Bound(
            uses=uses,
            log_ways=max((item.log_ways for item in items), default=0.0) + log(max(begun.values(), default=1)),
            first=frozenset[str]().union(*(item.first for item in items)),
            is_optional=group.is_optional or any(item.is_optional for item in items),
            parts=parts,
        )
    used: Counter[str] = Counter()
    for item in items:
        used.update(item.uses)
    if isinstance(group, Permutation):
        if len(items) > MOST_ORDERED:
            raise UnusableTemplateError("too many parts in any order")
        log_ways += log(factorial(len(items)))
        parts *= factorial(len(items))
        first = frozenset[str]().union(*(item.first for item in items))
    else:
        first = _first(items)
    is_optional = all(item.is_optional for item in items)
    return _Bound(uses=used, log_ways=log_ways, first=first, is_optional=is_optional, parts=parts)


def _first(items: Sequence[_Bound]) -> frozenset[str]:
    """Return with what a sequence may begin."""
    first: frozenset[str] = frozenset()
    for item in items:
        first |= item.first
        if not item.is_optional:
            break
    return first


def _words(text: str) -> list[str]:
    """Return the words; of what may be a part of one, the first letter, as words are told from each other by less."""
    words = text.casefold().split()
    if len(words) == 1 and not text.startswith(" ") and not text.endswith(" "):
        return [f"+{words[0][0]}"]
    return words
