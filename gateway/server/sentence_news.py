"""The household's own sentences as a home tells them: put together from their parts. Pure, and bounded."""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from gateway.errors import ProtocolError
from gateway.own_sentences import (
    ListValue,
    NumberRange,
    OwnSentences,
    SentenceBlock,
    SentenceList,
    SentenceRule,
    Values,
)
from gateway.wire import sentence_words as words
from gateway.wire.messages import name_of

MOST_PARTS: Final = 16
"""Of a message's size each: a megabyte, which nobody writes by hand."""
MOST_SENTENCES: Final = 2_000
"""Templates of all blocks together; Home Assistant's own languages have half as many."""
MOST_VALUES: Final = 10_000
"""Of all lists together."""
MOST_SKIPPED: Final = 64
"""Words that may be passed over."""


class SentenceNews:
    """Takes what one home tells of its sentences."""

    def __init__(self) -> None:
        self._parts: list[words.SentencesPart] | None = None

    def told(self, part: words.SentencesPart) -> OwnSentences | None:
        """Take a part; return all of them where it was the last one.

        Raises ProtocolError: `out_of_order` before the first part, `too_many` beyond the limits; they are forgotten
        then, and what was told before holds.
        """
        if part.begins:
            self._parts = []
        if self._parts is None:
            raise ProtocolError("out_of_order", "the first part says that it is", about=name_of(words.SentencesPart))
        self._parts.append(part)
        if _is_too_much(self._parts):
            self._parts = None
            raise ProtocolError(
                "too_many",
                f"at most {MOST_SENTENCES} sentences and {MOST_VALUES} values of lists, in {MOST_PARTS} parts",
                about=name_of(words.SentencesPart),
            )
        if not part.ends:
            return None
        told, self._parts = _own_sentences(self._parts), None
        return told


def _is_too_much(parts: list[words.SentencesPart]) -> bool:
    sentences = sum(len(block.sentences) for part in parts for block in part.blocks)
    values = sum(len(each.values) for part in parts for each in part.lists)
    return len(parts) > MOST_PARTS or sentences > MOST_SENTENCES or values > MOST_VALUES


def _own_sentences(parts: list[words.SentencesPart]) -> OwnSentences:
    return OwnSentences(
        blocks=tuple(_block(block) for part in parts for block in part.blocks),
        lists=_lists(each for part in parts for each in part.lists),
        rules=tuple(
            SentenceRule(name=rule.name, text=rule.text, scope=rule.scope) for part in parts for rule in part.rules
        ),
        skip_words=tuple(word for part in parts for word in part.skip_words if word)[:MOST_SKIPPED],
    )


def _lists(told: Iterable[words.SentenceListWords]) -> tuple[SentenceList, ...]:
    lists: dict[tuple[int, str], SentenceList] = {}
    for each in told:
        before = lists.get((each.scope, each.name))
        values = tuple(
            ListValue(text=value.text, value=value.value, context=_values(value.context)) for value in each.values
        )
        lists[each.scope, each.name] = SentenceList(
            name=each.name,
            scope=each.scope,
            values=values if before is None else (*before.values, *values),
            numbers=None if each.numbers is None else _numbers(each.numbers),
            is_wildcard=each.is_wildcard,
        )
    return tuple(lists.values())


def _numbers(told: words.NumberRangeWords) -> NumberRange:
    return NumberRange(
        first=told.first, last=told.last, step=told.step, multiplier=told.multiplier, fractions=told.fractions
    )


def _block(told: words.SentenceBlockWords) -> SentenceBlock:
    return SentenceBlock(
        intent=told.intent,
        sentences=told.sentences,
        slots=_values(told.slots),
        requires=_values(told.requires),
        excludes=_values(told.excludes),
        slots_from=MappingProxyType(dict(told.slots_from)),
        response=told.response,
        scope=told.scope,
    )


def _values(told: words.Values) -> Values:
    return MappingProxyType(dict(told))
