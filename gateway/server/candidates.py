"""Which rules a correction could become, the more general first. Pure: whether one helps or harms, others try."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.rules import LONGEST_RULE_CHARS, Rule, RuleKind, Word, words_in

SHORTEST_WORDS_CHARS: Final = 4
"""What is replaced within sentences is at least so long: "a" or "in" is in every other sentence."""

type NewRule = Callable[[RuleKind, str, str], Rule]
"""Makes a rule of a kind, of what is said and of what is meant."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Words that are heard, and those that are meant in their place, by their numbers."""

    first: int
    heard_end: int
    meant_end: int


def candidates(heard: str, meant: str, new_rule: NewRule) -> tuple[Rule, ...]:
    """Return what may be learned: the words that differ, these with one neighbour and with two, the whole sentence."""
    heard_words, meant_words = words_in(heard), words_in(meant)
    changed = _changed([word.text for word in heard_words], [word.text for word in meant_words])
    rules: list[Rule] = []
    for span in _widened(changed, len(heard_words)):
        said = _text(heard, heard_words[span.first : span.heard_end])
        instead = _text(meant, meant_words[span.first : span.meant_end])
        if instead and SHORTEST_WORDS_CHARS <= len(said) <= LONGEST_RULE_CHARS and len(instead) <= LONGEST_RULE_CHARS:
            rules.append(new_rule(RuleKind.WORDS, said, instead))
    whole = heard.strip()
    if heard_words and len(whole) <= LONGEST_RULE_CHARS and len(meant) <= LONGEST_RULE_CHARS:
        rules.append(new_rule(RuleKind.SENTENCE, whole, meant))
    return tuple(rules)


def _changed(heard: list[str], meant: list[str]) -> _Span:
    """Return the stretch outside of which both are the same; an empty one where all of it is."""
    first = 0
    while first < min(len(heard), len(meant)) and heard[first] == meant[first]:
        first += 1
    same = 0
    while same < min(len(heard), len(meant)) - first and heard[-1 - same] == meant[-1 - same]:
        same += 1
    return _Span(first, len(heard) - same, len(meant) - same)


def _widened(span: _Span, heard_count: int) -> list[_Span]:
    """Return `span`, then with the word before it or after it, then with both; none that is the whole sentence."""
    if span.first == span.heard_end and span.first == span.meant_end:
        return []
    has_before, has_after = span.first > 0, span.heard_end < heard_count
    spans = [span]
    if has_before:
        spans.append(_Span(span.first - 1, span.heard_end, span.meant_end))
    if has_after:
        spans.append(_Span(span.first, span.heard_end + 1, span.meant_end + 1))
    if has_before and has_after:
        spans.append(_Span(span.first - 1, span.heard_end + 1, span.meant_end + 1))
    return [one for one in spans if one.first > 0 or one.heard_end < heard_count]


def _text(text: str, words: list[Word]) -> str:
    """Return the stretch of `text` in which these words are."""
    return text[words[0].start : words[-1].end] if words else ""
