"""What a household taught: a rule says what is meant by something that is said, or heard, here.

A rule never takes a meaning away from other words: only what it names is read anew. `sentence` rules hold for a whole
sentence, and come before what that would mean otherwise. `words` and `alias` rules replace words within a sentence, and
only in one that means nothing as it is.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

LONGEST_RULE_CHARS: Final = 200
"""Of what is said, and of what is meant: half of the longest command."""
MOST_RULES: Final = 300
"""A household that corrected something every other day for two years. All of them fit into one message."""


class RuleKind(StrEnum):
    """What a rule replaces, and by what."""

    SENTENCE = "sentence"
    """A whole sentence, by another one."""
    WORDS = "words"
    """Words in a sentence, by others: how something is misheard."""
    ALIAS = "alias"
    """Words in a sentence, by the name that a thing has now: how something is called here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of this household."""

    id: str
    """32 hexadecimal digits."""
    kind: RuleKind
    said: str
    """What is said, or what recognition makes of it."""
    meant: str = ""
    """What is meant; empty for an alias."""
    entity_id: str = ""
    """Which thing is meant by an alias."""
    language: str = ""
    made_at: datetime
    """UTC."""
    turn_id: str = ""
    """The turn that it was learned from; it may be gone by now."""
    by: str = ""
    """Who taught it: a Home Assistant user's id, or `owner`."""


class Word(NamedTuple):
    """A word of a sentence, and where it stands."""

    text: str
    """In lower case."""
    start: int
    end: int
    """The first place after it."""


def words_in(text: str) -> list[Word]:
    """Return the words of `text` as rules compare them: letters and digits, nothing in between."""
    return [Word(found.group().casefold(), found.start(), found.end()) for found in _WORD.finditer(text)]


def is_about(rule: Rule, text: str) -> bool:
    """Tell whether `rule` could make a difference to what `text` means: whether what it names is said there."""
    said = [word.text for word in words_in(rule.said)]
    words = [word.text for word in words_in(text)]
    if rule.kind is RuleKind.SENTENCE:
        return bool(said) and said == words
    return bool(said) and any(words[at : at + len(said)] == said for at in range(len(words) - len(said) + 1))


_WORD: Final = re.compile(r"[^\W_]+")
