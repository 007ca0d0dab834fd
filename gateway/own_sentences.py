"""The household's own sentences: what its people wrote in Home Assistant, as frozen data.

They are custom sentences, which mean an intent of the household's or one of Home Assistant's, and the sentences that
trigger automations. A template is one of hassil's: `order [a] {drink}`. Nothing in this module decides or does I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

type Scalar = str | int | float | bool | None
type Values = Mapping[str, Scalar | tuple[Scalar, ...]]
"""Of slots, or of what a sentence needs around it: in which area it is said, for example."""

NO_VALUES: Final[Mapping[str, Scalar]] = MappingProxyType({})
EVERYWHERE: Final = 0
"""The scope of what all custom sentences may use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListValue:
    """One value of a list."""

    text: str
    """How it is said; a template."""
    value: Scalar
    """What is put in the slot."""
    context: Values = field(default=NO_VALUES)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRange:
    """Whole numbers, both ends among them."""

    first: int
    last: int
    step: int = 1
    multiplier: float | None = None
    fractions: str = ""
    """`halves`, `tenths` or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceList:
    """What may stand in a place of a sentence: values, numbers, or any words at all."""

    name: str
    scope: int = EVERYWHERE
    """The block that it belongs to, by its `scope`."""
    values: tuple[ListValue, ...] = ()
    numbers: NumberRange | None = None
    is_wildcard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceRule:
    """A part of sentences with a name."""

    name: str
    text: str
    """A template."""
    scope: int = EVERYWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceBlock:
    """Sentences that mean the same."""

    intent: str
    """What they mean; nothing for an automation's."""
    sentences: tuple[str, ...]
    """Templates."""
    slots: Values = field(default=NO_VALUES)
    """What is said without words."""
    requires: Values = field(default=NO_VALUES)
    """What must be so around them; None for anything."""
    excludes: Values = field(default=NO_VALUES)
    slots_from: Mapping[str, str] = field(default_factory=dict)
    """The slots into which something of `requires` goes, by what it is called there."""
    response: str = ""
    scope: int = EVERYWHERE
    """Its number, where it has lists or rules of its own."""

    @property
    def is_trigger(self) -> bool:
        """Whether they trigger an automation; all that stands in their places are any words."""
        return not self.intent


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSentences:
    """All of them, in one language."""

    blocks: tuple[SentenceBlock, ...] = ()
    lists: tuple[SentenceList, ...] = ()
    rules: tuple[SentenceRule, ...] = ()
    skip_words: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self.blocks)


NO_SENTENCES: Final = OwnSentences()
