"""Sentences as a household's rules rewrite them. Text in, text out: whether it means anything, it does not know."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from types import MappingProxyType
from typing import Final

from gateway.rules import Rule, RuleKind, words_in

MOST_REWRITINGS: Final = 6
"""Of one sentence: each costs a look at all templates, and a sentence in which more rules meet is a rare one."""

type NameOf = Callable[[str], str | None]
"""Returns the name that the thing with this id has now; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """A sentence in which rules replaced words."""

    text: str
    rule_ids: tuple[str, ...]
    entity_ids: Mapping[str, str]
    """The things that aliases stand for, by the names that were put in their place."""


class Rulebook:
    """Rules, ordered for looking into a sentence. Where two are about the same words, the first one counts."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._sentences: dict[tuple[str, ...], Rule] = {}
        words: dict[tuple[str, ...], Rule] = {}
        aliases: dict[tuple[str, ...], Rule] = {}
        kinds = {RuleKind.SENTENCE: self._sentences, RuleKind.WORDS: words, RuleKind.ALIAS: aliases}
        for rule in rules:
            said = tuple(word.text for word in words_in(rule.said))
            if said:
                kinds[rule.kind].setdefault(said, rule)
        self._words = _Replacing(words)
        self._aliases = _Replacing(aliases)

    def sentence(self, text: str) -> Rule | None:
        """Return the rule for this whole sentence, however it is punctuated."""
        return self._sentences.get(tuple(word.text for word in words_in(text))) if self._sentences else None

    def rewritings(self, text: str, name_of: NameOf) -> Iterator[Rewriting]:
        """Yield what `text` is with words replaced: all that rules name, then less; each once."""
        seen = {text}
        for rewriting in islice(self._all(text, name_of), MOST_REWRITINGS):
            if rewriting.text not in seen:
                seen.add(rewriting.text)
                yield rewriting

    def _all(self, text: str, name_of: NameOf) -> Iterator[Rewriting]:
        plain = Rewriting(text=text, rule_ids=(), entity_ids=_NOTHING)
        heard = self._words.applied(plain, name_of)
        yield self._aliases.applied(heard, name_of)
        yield heard
        for replacing in (self._words, self._aliases):
            found = replacing.rules_in(text)
            if len(found) > 1 or (replacing is self._aliases and found):
                yield from (replacing.applied(plain, name_of, only=rule) for rule in found)


class _Replacing:
    """Rules of one kind, by what they replace."""

    def __init__(self, rules: Mapping[tuple[str, ...], Rule]) -> None:
        self._rules = rules
        self._lengths: dict[str, list[int]] = {}
        """How many words rules replace that begin with a word, the longest first."""
        for said in rules:
            lengths = {len(said), *self._lengths.get(said[0], ())}
            self._lengths[said[0]] = sorted(lengths, reverse=True)

    def rules_in(self, text: str) -> list[Rule]:
        """Return the rules that name something in `text`, as they are met."""
        return list(dict.fromkeys(rule for _, _, rule in self._found(text, None)))

    def applied(self, rewriting: Rewriting, name_of: NameOf, *, only: Rule | None = None) -> Rewriting:
        """Return `rewriting` with everything replaced that rules name, or one of them does."""
        pieces: list[str] = []
        rule_ids: list[str] = []
        entity_ids: dict[str, str] = {}
        done = 0
        for start, end, rule in self._found(rewriting.text, only):
            instead = name_of(rule.entity_id) if rule.kind is RuleKind.ALIAS else rule.meant
            if not instead:  # the thing is gone
                continue
            pieces += [rewriting.text[done:start], instead]
            done = end
            rule_ids.append(rule.id)
            if rule.kind is RuleKind.ALIAS:
                entity_ids[instead] = rule.entity_id
        if not pieces:
            return rewriting
        return Rewriting(
            text="".join([*pieces, rewriting.text[done:]]),
            rule_ids=tuple(dict.fromkeys(chain(rewriting.rule_ids, rule_ids))),
            entity_ids={**rewriting.entity_ids, **entity_ids},
        )

    def _found(self, text: str, only: Rule | None) -> Iterator[tuple[int, int, Rule]]:
        """Yield where rules name something and which, from the left, the longest first, none within another."""
        if not self._rules:
            return
        words = words_in(text)
        at = 0
        while at < len(words):
            for length in self._lengths.get(words[at].text, ()):
                rule = self._rules.get(tuple(word.text for word in words[at : at + length]))
                if rule is not None and (only is None or rule is only):
                    yield words[at].start, words[at + length - 1].end, rule
                    at += length
                    break
            else:
                at += 1


_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
