"""The household's own sentences, as Home Assistant tells them: custom sentences, and those that trigger automations."""

from typing import Annotated, Final

import msgspec

from gateway.wire.messages import Count, Id, Message, Name, Value

MOST_SENTENCES_A_PART: Final = 1_000
"""Of one part; lists, their values and rules likewise. Its bytes are fewer than that most often."""

type Template = Annotated[str, msgspec.Meta(min_length=1, max_length=1_024)]
"""A sentence as hassil has it, or a part of one."""
type Scalar = bool | int | float | Value | None
type Values = Annotated[
    dict[Name, Scalar | Annotated[tuple[Scalar, ...], msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=32)
]
type Whole = Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)]


class ListValueWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One value of a list (`own_sentences.ListValue`)."""

    text: Template
    value: Scalar = None
    context: Values = msgspec.field(default_factory=dict)


class NumberRangeWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whole numbers from the first to the last (`own_sentences.NumberRange`)."""

    first: Whole
    last: Whole
    step: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    multiplier: float | None = None
    fractions: Name = ""
    """`halves`, `tenths` or nothing."""


class SentenceListWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What may stand in a place; values of one name and scope that come in several go together."""

    name: Id
    scope: Count = 0
    """The block that it is for, by that one's `scope`; 0 for all."""
    values: Annotated[tuple[ListValueWords, ...], msgspec.Meta(max_length=MOST_SENTENCES_A_PART)] = ()
    numbers: NumberRangeWords | None = None
    is_wildcard: bool = False


class SentenceRuleWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of sentences with a name."""

    name: Id
    text: Template
    scope: Count = 0


class SentenceBlockWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Sentences that mean the same (`own_sentences.SentenceBlock`)."""

    sentences: Annotated[tuple[Template, ...], msgspec.Meta(max_length=MOST_SENTENCES_A_PART)]
    intent: Name = ""
    """Empty for what triggers an automation."""
    slots: Values = msgspec.field(default_factory=dict)
    requires: Values = msgspec.field(default_factory=dict)
    excludes: Values = msgspec.field(default_factory=dict)
    slots_from: Annotated[dict[Name, Name], msgspec.Meta(max_length=32)] = msgspec.field(default_factory=dict)
    response: Name = ""
    scope: Count = 0


class SentencesPart(Message, frozen=True, tag="sentences_part"):
    """From `home`: some of the household's own sentences; all of them hold once the part that ends them is here."""

    begins: bool = False
    """Whether it is the first part."""
    ends: bool = False
    """Whether it is the last one."""
    blocks: Annotated[tuple[SentenceBlockWords, ...], msgspec.Meta(max_length=MOST_SENTENCES_A_PART)] = ()
    lists: Annotated[tuple[SentenceListWords, ...], msgspec.Meta(max_length=MOST_SENTENCES_A_PART)] = ()
    rules: Annotated[tuple[SentenceRuleWords, ...], msgspec.Meta(max_length=MOST_SENTENCES_A_PART)] = ()
    skip_words: Annotated[tuple[Name, ...], msgspec.Meta(max_length=64)] = ()
