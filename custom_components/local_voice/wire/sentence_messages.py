"""The household's own sentences as the gateway is told them."""

from dataclasses import field
from typing import Annotated, Final

from .codec import Between, Message, Words
from .wire_types import Count, Id, Name, Value

MOST_SENTENCES_A_PART: Final = 1_000
TEMPLATE_CHARS: Final = 1_024
MOST_KEYS: Final = 32
"""Of slots, or of what a sentence needs around it."""
MOST_CHOICES: Final = 64
"""Values of which one will do."""
LARGEST_NUMBER: Final = 1_000_000

type Template = Annotated[str, Between(1, TEMPLATE_CHARS)]
type Scalar = bool | int | float | Value | None
type Values = Annotated[dict[Name, Scalar | Annotated[tuple[Scalar, ...], Between(0, MOST_CHOICES)]], Between(0, 32)]
type Whole = Annotated[int, Between(-LARGEST_NUMBER, LARGEST_NUMBER)]


class ListValueWords(Words):
    """One value of a list: how it is said, and what it stands for."""

    text: Template
    value: Scalar = None
    context: Values = field(default_factory=dict)


class NumberRangeWords(Words):
    """Whole numbers from the first to the last."""

    first: Whole
    last: Whole
    step: Annotated[int, Between(1, LARGEST_NUMBER)] = 1
    multiplier: float | None = None
    fractions: Name = ""
    """`halves`, `tenths` or nothing."""


class SentenceListWords(Words):
    """What may stand in a place; values of one name and scope that come in several go together."""

    name: Id
    scope: Count = 0
    """The block that it is for, by that one's `scope`; 0 for all."""
    values: Annotated[tuple[ListValueWords, ...], Between(0, MOST_SENTENCES_A_PART)] = ()
    numbers: NumberRangeWords | None = None
    is_wildcard: bool = False


class SentenceRuleWords(Words):
    """A part of sentences with a name."""

    name: Id
    text: Template
    scope: Count = 0


class SentenceBlockWords(Words):
    """Sentences that mean the same."""

    sentences: Annotated[tuple[Template, ...], Between(0, MOST_SENTENCES_A_PART)]
    intent: Name = ""
    """Empty for what triggers an automation."""
    slots: Values = field(default_factory=dict)
    requires: Values = field(default_factory=dict)
    excludes: Values = field(default_factory=dict)
    slots_from: Annotated[dict[Name, Name], Between(0, MOST_KEYS)] = field(default_factory=dict)
    response: Name = ""
    scope: Count = 0


class SentencesPart(Message):
    """Some of the household's own sentences; all of them hold once the part that ends them is here."""

    begins: bool = False
    ends: bool = False
    blocks: Annotated[tuple[SentenceBlockWords, ...], Between(0, MOST_SENTENCES_A_PART)] = ()
    lists: Annotated[tuple[SentenceListWords, ...], Between(0, MOST_SENTENCES_A_PART)] = ()
    rules: Annotated[tuple[SentenceRuleWords, ...], Between(0, MOST_SENTENCES_A_PART)] = ()
    skip_words: Annotated[tuple[Name, ...], Between(0, 64)] = ()
