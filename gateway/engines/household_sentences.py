"""The household's own sentences beside a language's: as hassil matches them, and as a graph that is searched by sound.

They are strangers' data. What cannot be used, because it is malformed, refers to what there is not, or would take ages,
is left out and counted; all others work. Home Assistant has the last word on what a sentence of the household's does.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from hassil import Intents, parse_sentence
from hassil.expression import Group, ListReference, Sentence
from hassil.intents import (
    Intent,
    IntentData,
    RangeFractionType,
    RangeSlotList,
    SlotList,
    TextSlotList,
    TextSlotValue,
    WildcardSlotList,
)
from hassil.parser import ParseError
from hassil.util import is_template

from gateway.engines.grammar import Grammar, compiled
from gateway.engines.sentences import Sentences
from gateway.engines.template_cost import UnusableTemplateError, check
from gateway.own_sentences import (
    EVERYWHERE,
    ListValue,
    NumberRange,
    OwnSentences,
    SentenceBlock,
    SentenceList,
    Values,
)

IS_CUSTOM: Final = "hass_custom_sentence"
"""What marks a sentence of the household's, as in Home Assistant: of two meanings, theirs is meant."""
TRIGGER: Final = "HassSentenceTrigger"
"""With a number: what a sentence means that triggers an automation."""
MOST_STATES: Final = 20_000
"""Of the graph: a hundred sentences have some hundreds, and a search takes as long as it has states."""
MOST_NUMBERS: Final = 10_000
"""Of one list of numbers."""
OF_THE_HOUSE: Final = frozenset({"name", "area", "floor"})
"""Lists that the house itself is."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdSentences:
    """Of one language."""

    intents: Intents
    """Home Assistant's and the household's together."""
    triggers: Intents | None = None
    """Sentences that trigger automations; None where there are none."""
    own: frozenset[str] = frozenset()
    """Intents of the household's that Home Assistant has none of the name of."""
    grammar: Grammar | None = None
    """All the household's sentences; None where there are none, or too many."""
    left_out: int = 0
    """Sentences, rules and lists that cannot be used."""
    data: tuple[IntentData, ...] = ()
    """Of both, what is the household's."""


def household_sentences(sentences: Sentences, own: OwnSentences) -> HouseholdSentences:
    """Return a language's sentences with the household's. It takes as long as there are many: not for an event loop."""
    if not own:
        return HouseholdSentences(intents=sentences.intents)
    joining = _Joining(sentences, own)
    if joining.left_out:
        _LOG.warning("%d of the household's sentences, rules and lists cannot be used", joining.left_out)
    return joining.result()


class _Joining:
    """What is the household's, made into what hassil knows."""

    def __init__(self, sentences: Sentences, own: OwnSentences) -> None:
        self._language = sentences.intents
        self._own = own
        self.left_out = 0
        self._rules: dict[int, dict[str, Sentence]] = {}
        self._lists: dict[int, dict[str, SlotList]] = {}
        self._inline: dict[str, SlotList] = {}
        """Numbers that a template names itself: `{1..5:cups}`."""
        for rule in own.rules:
            if (parsed := self._parsed(rule.text)) is not None:
                self._rules.setdefault(rule.scope, {})[rule.name] = parsed
        for each in own.lists:
            self._add_list(each)
        self._custom: dict[str, list[IntentData]] = {}
        self._triggers: dict[str, list[IntentData]] = {}
        for number, block in enumerate(own.blocks):
            if block.is_trigger:
                self._add(self._triggers, f"{TRIGGER}{number}", self._trigger(block))
            else:
                self._add(self._custom, block.intent, self._block(block))

    def result(self) -> HouseholdSentences:
        """Return all of it."""
        language = self._language
        both = {name: intent.data for name, intent in language.intents.items()}
        for name, blocks in self._custom.items():
            both[name] = [*both.get(name, ()), *blocks]
        own_lists = self._lists.get(EVERYWHERE, {})
        intents = replace(
            language,
            intents=_intents(both),
            slot_lists={**language.slot_lists, **{n: one for n, one in own_lists.items() if self._is_free(n, one)}},
            skip_words=[*language.skip_words, *self._own.skip_words],
        )
        triggers = Intents(language=language.language, intents=_intents(self._triggers)) if self._triggers else None
        return HouseholdSentences(
            intents=intents,
            triggers=triggers,
            data=tuple(block for blocks in (*self._custom.values(), *self._triggers.values()) for block in blocks),
            own=frozenset(self._custom.keys() - language.intents.keys()),
            grammar=self._grammar(intents),
            left_out=self.left_out,
        )

    def _grammar(self, intents: Intents) -> Grammar | None:
        data = _intents({**self._custom, **self._triggers})
        if not data:
            return None
        try:
            lists = {**intents.slot_lists, **self._inline}
            return compiled(replace(intents, intents=data, slot_lists=lists), most_states=MOST_STATES, is_apart=True)
        except ValueError as error:
            _LOG.warning("the household's sentences are not looked for by sound: %s", error)
            return None

    def _is_free(self, name: str, one: SlotList) -> bool:
        """Tell whether a list may stand for all sentences: it is new, or has the values of Home Assistant's as well."""
        known = self._language.slot_lists.get(name)
        return name not in OF_THE_HOUSE and (known is None or (_is_text(known) and _is_text(one)))

    def _parsed(self, text: str) -> Sentence | None:
        try:
            parsed = parse_sentence(text, keep_text=True)
            for place in _places(parsed):
                if (inline := place.get_inline_range()) is not None:
                    numbers = _numbers(place.list_name, NumberRange(first=inline[0], last=inline[1], step=inline[2]))
                    self._inline[place.list_name] = numbers
        except ParseError, ValueError, RecursionError:
            self.left_out += 1
            return None
        return parsed

    def _add_list(self, each: SentenceList) -> None:
        lists = self._lists.setdefault(each.scope, {})
        made: SlotList | None = None
        if each.is_wildcard:
            made = WildcardSlotList(each.name)
        elif each.numbers is not None:
            made = self._number_list(each.name, each.numbers)
        elif each.values:
            values = [value for value in map(self._value, each.values) if value is not None]
            known = self._language.slot_lists.get(each.name) if each.scope == EVERYWHERE else None
            made = TextSlotList(each.name, [*(known.values if isinstance(known, TextSlotList) else ()), *values])
        if made is None:
            self.left_out += 1
        else:
            lists[each.name] = made

    @staticmethod
    def _number_list(name: str, numbers: NumberRange) -> SlotList | None:
        try:
            return _numbers(name, numbers)
        except ValueError:
            return None

    def _value(self, value: ListValue) -> TextSlotValue | None:
        if is_template(value.text):
            parsed = self._parsed(value.text)
            if parsed is None or not self._is_usable(parsed, {}, {}):
                return None
        slot_value = TextSlotValue.from_tuple((value.text, value.value))
        slot_value.context = dict(value.context) or None
        return slot_value

    def _block(self, block: SentenceBlock) -> IntentData:
        rules = {**self._rules.get(EVERYWHERE, {}), **(self._rules.get(block.scope, {}))}
        global_lists = self._lists.get(EVERYWHERE, {})
        lists = {
            **{name: one for name, one in global_lists.items() if not self._is_free(name, one)},
            **(self._lists.get(block.scope, {}) if block.scope != EVERYWHERE else {}),
        }
        known = {**self._language.slot_lists, **global_lists, **lists}
        parsed = [one for one in map(self._parsed, block.sentences) if one is not None]
        return IntentData(
            sentence_texts=[one.text or "" for one in parsed if self._is_usable(one, rules, known)],
            slots=_plain(block.slots),
            response=block.response or None,
            requires_context={key: _required(block, key, value) for key, value in _plain(block.requires).items()},
            excludes_context=_plain(block.excludes),
            expansion_rules=rules,
            slot_lists=lists,
            wildcard_list_names={name for name, one in {**global_lists, **lists}.items() if _is_wild(one)},
            metadata={IS_CUSTOM: True},
        )

    def _trigger(self, block: SentenceBlock) -> IntentData:
        """Return a trigger's sentences; any words may stand in their places, as in Home Assistant."""
        parsed = [one for one in map(self._parsed, block.sentences) if one is not None]
        names = {place.list_name for one in parsed for place in _places(one) if not place.is_inline_range}
        lists: dict[str, SlotList] = {name: WildcardSlotList(name) for name in names}
        return IntentData(
            sentence_texts=[one.text or "" for one in parsed if self._is_usable(one, {}, lists)],
            slot_lists=lists,
            wildcard_list_names=names,
            metadata={IS_CUSTOM: True},
        )

    def _is_usable(self, parsed: Sentence, rules: Mapping[str, Sentence], lists: Mapping[str, SlotList]) -> bool:
        trusted = self._language.expansion_rules
        known = lists.keys() | OF_THE_HOUSE
        try:
            check(parsed.expression, rules, known, trusted=trusted, is_wild=lambda name: _is_wild(lists.get(name)))
        except UnusableTemplateError, RecursionError:
            self.left_out += 1
            return False
        return True

    @staticmethod
    def _add(to: dict[str, list[IntentData]], name: str, block: IntentData) -> None:
        if block.sentence_texts:
            to.setdefault(name, []).append(block)


def _intents(blocks: Mapping[str, Iterable[IntentData]]) -> dict[str, Intent]:
    return {name: Intent(name=name, data=list(data)) for name, data in blocks.items()}


def _places(sentence: Sentence) -> Iterator[ListReference]:
    return sentence.expression.list_references() if isinstance(sentence.expression, Group) else iter(())


def _required(block: SentenceBlock, key: str, value: object) -> object:
    slot = block.slots_from.get(key)
    return value if slot is None else {"value": value, "slot": slot}


def _plain(values: Values) -> dict[str, object]:
    """Return values as hassil takes them: of several, a list."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def _numbers(name: str, numbers: NumberRange) -> SlotList:
    """Return a list of numbers. Raises ValueError for none, or too many."""
    if numbers.step < 1 or not numbers.first <= numbers.last <= numbers.first + MOST_NUMBERS * numbers.step:
        raise ValueError("no numbers, or too many")
    return RangeSlotList(
        name=name,
        start=numbers.first,
        stop=numbers.last,
        step=numbers.step,
        multiplier=numbers.multiplier,
        fraction_type=RangeFractionType(numbers.fractions) if numbers.fractions else None,
    )


def _is_text(slot_list: SlotList) -> bool:
    return isinstance(slot_list, TextSlotList)


def _is_wild(slot_list: SlotList | None) -> bool:
    return isinstance(slot_list, WildcardSlotList)
