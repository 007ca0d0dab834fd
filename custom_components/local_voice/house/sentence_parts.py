"""Sentences of the household's own, from files, configuration and triggers, as the gateway is told of them.

The form is that of Home Assistant's `custom_sentences`. What is malformed is left out, and where it stood is named.
What Home Assistant itself makes of a sentence, its answers among it, stays here.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import batched
from typing import Any, Final, TypeIs, cast

from hassil import parse_sentence
from hassil.parser import ParseError
from hassil.util import is_template

from ..wire.codec import WrongMessageError, encode
from ..wire.sentence_messages import (
    LARGEST_NUMBER,
    MOST_CHOICES,
    MOST_KEYS,
    MOST_SENTENCES_A_PART,
    TEMPLATE_CHARS,
    ListValueWords,
    NumberRangeWords,
    Scalar,
    SentenceBlockWords,
    SentenceListWords,
    SentenceRuleWords,
    SentencesPart,
    Values,
)
from .house import PART_BYTES
from .sentence_files import FOLDER, SentenceFile

MOST_PARTS: Final = 16
MOST_SENTENCES: Final = 2_000
MOST_VALUES: Final = 10_000
"""As many as the gateway takes, parts and values of lists likewise."""
TOGETHER: Final = 20
"""Sentences of a block, or values of a list, that travel together: a part must hold the longest of them."""
CONFIGURATION: Final = "configuration.yaml"
NONE: Final = (SentencesPart(begins=True, ends=True),)
_NAME_CHARS, _VALUE_CHARS = 255, 2_048
_FRACTIONS: Final = ("", "halves", "tenths")

type Intents = Mapping[str, Any]
"""By name, each with its `data`, as in a file."""


class _MalformedError(ValueError):
    """It cannot be used."""


class Collecting:
    """Puts sentences together; what was wrong with them is in `unusable`."""

    def __init__(self) -> None:
        """Begin with none."""
        self.unusable: dict[str, None] = {}
        """Where something stands that cannot be used, in order."""
        self._blocks: list[SentenceBlockWords] = []
        self._lists: list[SentenceListWords] = []
        self._rules: list[SentenceRuleWords] = []
        self._skip_words: dict[str, None] = {}
        self._sentences = self._values = self._scope = 0
        self._at = ""

    def add_file(self, file: SentenceFile) -> None:
        """Add what is in a file."""
        self._at = file.name
        self._add_lists(file.content.get("lists"), 0)
        self._add_rules(file.content.get("expansion_rules"), 0)
        self._add_intents(file.content.get("intents"))
        for word in self._items(file.content.get("skip_words")):
            if isinstance(word, str) and 0 < len(word) <= _NAME_CHARS and len(self._skip_words) < MOST_CHOICES:
                self._skip_words[word] = None

    def add_configured(self, intents: Intents) -> None:
        """Add what is in the configuration."""
        self._at = CONFIGURATION
        self._add_intents(intents)

    def add_triggers(self, intents: Intents) -> None:
        """Add what triggers automations; Home Assistant has looked at it before."""
        self._at = ""
        for data in intents.values():
            for block in self._items(data.get("data")):
                self._usable(self._add_sentences, SentenceBlockWords(sentences=()), block)

    def parts(self) -> tuple[SentencesPart, ...]:
        """Return what to tell: `NONE` where there are none, so that what was told before holds no more."""
        packing = _Packing()
        for block in self._blocks:
            packing.add(SentencesPart(blocks=(block,)))
        for each in self._lists:
            packing.add(SentencesPart(lists=(each,)))
        for rule in self._rules:
            packing.add(SentencesPart(rules=(rule,)))
        packing.add(SentencesPart(skip_words=tuple(self._skip_words)))
        if packing.is_too_much:
            self.unusable[FOLDER] = None
        return packing.parts()

    def _usable[**P, T](self, made: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what is made of something; None where it cannot be used, and note where it stands."""
        try:
            return made(*args, **kwargs)
        except _MalformedError, WrongMessageError, ParseError, RecursionError, TypeError, AttributeError, KeyError:
            self.unusable[self._at] = None
            return None

    def _items(self, value: object) -> Iterator[Any]:
        if isinstance(value, list):
            yield from value
        elif value is not None:
            self.unusable[self._at] = None

    def _pairs(self, value: object) -> Iterator[tuple[str, Any]]:
        if isinstance(value, dict):
            yield from ((name, item) for name, item in value.items() if isinstance(name, str))
        elif value is not None:
            self.unusable[self._at] = None

    def _add_intents(self, intents: object) -> None:
        for name, data in self._pairs(intents):
            for block in self._items(data.get("data") if isinstance(data, dict) else data):
                self._usable(self._add_block, name, block)

    def _add_block(self, intent: str, block: Mapping[str, Any]) -> None:
        required = _mapping(block.get("requires_context"))
        scope = 0
        if block.get("lists") or block.get("expansion_rules"):
            scope = self._scope = self._scope + 1
            self._add_lists(block.get("lists"), scope)
            self._add_rules(block.get("expansion_rules"), scope)
        words = SentenceBlockWords(
            intent=_name(intent),
            sentences=(),
            slots=_values(_mapping(block.get("slots"))),
            requires=_values({key: item.get("value") if _is_mapping(item) else item for key, item in required.items()}),
            excludes=_values(_mapping(block.get("excludes_context"))),
            slots_from={key: slot for key, item in required.items() if (slot := _slot_from(key, item))},
            response=_text(block.get("response") or ""),
            scope=scope,
        )
        self._add_sentences(words, block)

    def _add_sentences(self, words: SentenceBlockWords, block: Mapping[str, Any]) -> None:
        templates = [self._usable(self._sentence, sentence) for sentence in self._items(block["sentences"])]
        for some in _some(templates):
            self._blocks.append(replace(words, sentences=some))

    def _sentence(self, sentence: object) -> str:
        self._sentences += 1
        if self._sentences > MOST_SENTENCES:
            raise _MalformedError
        return _template(sentence)

    def _add_lists(self, lists: object, scope: int) -> None:
        for name, content in self._pairs(lists):
            self._usable(self._add_list, name, content, scope)

    def _add_list(self, name: str, content: Mapping[str, Any], scope: int) -> None:
        name = _name(name)
        if content.get("values") is not None:
            values = [self._usable(self._value, value) for value in self._items(content["values"])]
            self._lists.extend(SentenceListWords(name=name, scope=scope, values=some) for some in _some(values))
        elif content.get("range") is not None:
            self._lists.append(SentenceListWords(name=name, scope=scope, numbers=_numbers(content["range"])))
        elif content.get("wildcard") is True:
            self._lists.append(SentenceListWords(name=name, scope=scope, is_wildcard=True))
        else:
            raise _MalformedError

    def _value(self, value: object) -> ListValueWords:
        self._values += 1
        if self._values > MOST_VALUES:
            raise _MalformedError
        if isinstance(value, str):
            text = _template(value)
            return ListValueWords(text=text, value=None if is_template(text) else text)
        content = cast("Mapping[str, Any]", value)
        context = _values(_mapping(content.get("context")))
        return ListValueWords(text=_template(content["in"]), value=_scalar(content.get("out")), context=context)

    def _add_rules(self, rules: object, scope: int) -> None:
        for name, text in self._pairs(rules):
            self._usable(self._add_rule, name, text, scope)

    def _add_rule(self, name: str, text: object, scope: int) -> None:
        self._rules.append(SentenceRuleWords(name=_name(name), text=_template(text), scope=scope))


class _Packing:
    """Puts as much into a message as it holds."""

    def __init__(self) -> None:
        self._parts: list[list[SentencesPart]] = [[]]
        self._size_bytes = 0

    def add(self, piece: SentencesPart) -> None:
        size_bytes = len(encode(piece))
        last = self._parts[-1]
        if last and (self._size_bytes + size_bytes > PART_BYTES or len(last) >= MOST_SENTENCES_A_PART):
            self._parts.append([])
            self._size_bytes = 0
        self._parts[-1].append(piece)
        self._size_bytes += size_bytes

    @property
    def is_too_much(self) -> bool:
        """Whether not all of it is told."""
        return len(self._parts) > MOST_PARTS

    def parts(self) -> tuple[SentencesPart, ...]:
        """Return the parts; what is beyond the most of them is left out."""
        told = self._parts[:MOST_PARTS]
        return tuple(
            SentencesPart(
                begins=number == 0,
                ends=number == len(told) - 1,
                blocks=tuple(block for piece in some for block in piece.blocks),
                lists=tuple(each for piece in some for each in piece.lists),
                rules=tuple(rule for piece in some for rule in piece.rules),
                skip_words=tuple(word for piece in some for word in piece.skip_words),
            )
            for number, some in enumerate(told)
        )


def _some[T](things: Iterable[T | None]) -> Iterator[tuple[T, ...]]:
    """Return what there is, so many at a time as travel together."""
    yield from batched((thing for thing in things if thing is not None), TOGETHER, strict=False)


def _template(value: object) -> str:
    """Return a template. Raises _MalformedError, ParseError."""
    if not isinstance(value, str) or not value.strip() or len(value) > TEMPLATE_CHARS:
        raise _MalformedError
    if is_template(value):
        parse_sentence(value)
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _NAME_CHARS:
        raise _MalformedError
    return value


def _text(value: object) -> str:
    return "" if value == "" else _name(value)


def _is_mapping(value: object) -> TypeIs[dict[str, Any]]:
    return isinstance(value, dict)


def _mapping(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    if not _is_mapping(value) or len(value) > MOST_KEYS:
        raise _MalformedError
    return value


def _slot_from(key: str, item: object) -> str:
    """Return the slot into which something around a sentence goes; empty for none."""
    slot = item.get("slot") if _is_mapping(item) else None
    return _name(slot if isinstance(slot, str) else key) if slot else ""


def _values(content: Mapping[str, Any]) -> Values:
    return {_name(key): _either(item) for key, item in content.items()}


def _either(value: object) -> Scalar | tuple[Scalar, ...]:
    if not isinstance(value, list):
        return _scalar(value)
    if len(value) > MOST_CHOICES:
        raise _MalformedError
    return tuple(map(_scalar, value))


def _scalar(value: object) -> Scalar:
    if isinstance(value, str) and len(value) <= _VALUE_CHARS:
        return value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) <= LARGEST_NUMBER:
        return value
    raise _MalformedError


def _numbers(content: Mapping[str, Any]) -> NumberRangeWords:
    first, last, step = (_whole(content.get(key, 1 if key == "step" else None)) for key in ("from", "to", "step"))
    multiplier, fractions = _scalar(content.get("multiplier")), content.get("fractions") or ""
    if first > last or step < 1 or fractions not in _FRACTIONS or isinstance(multiplier, str | bool):
        raise _MalformedError
    return NumberRangeWords(
        first=first,
        last=last,
        step=step,
        multiplier=None if multiplier is None else float(multiplier),
        fractions=fractions,
    )


def _whole(value: object) -> int:
    number = _scalar(value)
    if not isinstance(number, int) or isinstance(number, bool):
        raise _MalformedError
    return number
