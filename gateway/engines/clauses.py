"""Where a text is cut, so that the first sound does not wait for the last word. Runs no model."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CLAUSE_END: Final = re.compile(r"(?<=[.!?;:,])\s+")
MIN_CLAUSE_WORDS: Final = 3
"""A clause shorter than this sounds clipped when it is spoken on its own, so it joins the next."""
LONG_CLAUSE_WORDS: Final = 10
"""A first clause from here on takes noticeably long to plan: it is parted before a conjunction, if there is one."""
MIN_PART_WORDS: Final = 4
"""On either side of it: "bread and butter" are spoken together."""
CONJUNCTIONS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "en": frozenset({"and", "but", "or", "because", "while", "so"}),
        "de": frozenset({"und", "aber", "oder", "denn", "sondern"}),
        "fr": frozenset({"et", "mais", "ou", "car"}),
        "es": frozenset({"y", "pero", "o", "porque"}),
        "it": frozenset({"e", "ma", "o", "perché"}),
        "nl": frozenset({"en", "maar", "of", "want"}),
    }
)
_A_HALF: Final = re.compile(r"a half\b|\w*\d", re.IGNORECASE)
"""What follows the conjunction within a number: "ten and a half", "10 and 12"."""


def clauses(text: str, language: str = "") -> list[str]:
    """Cut `text` where a speaker would breathe; no word is lost.

    A long first clause is cut before a conjunction of `language`, and gets a comma there: so it does not sound like an
    end.
    """
    found: list[str] = []
    for part in CLAUSE_END.split(" ".join(text.split())):
        if found and len(found[-1].split()) < MIN_CLAUSE_WORDS:
            found[-1] += f" {part}"
        elif part:
            found.append(part)
    if len(found) > 1 and len(found[-1].split()) < MIN_CLAUSE_WORDS:
        last = found.pop()
        found[-1] += f" {last}"
    return [*_parted(found[0], language), *found[1:]] if found else []


def _parted(clause: str, language: str) -> list[str]:
    words = clause.split()
    if len(words) < LONG_CLAUSE_WORDS:
        return [clause]
    conjunctions = CONJUNCTIONS.get(language.partition("-")[0].casefold(), frozenset())
    for place in range(MIN_PART_WORDS, len(words) - MIN_PART_WORDS + 1):
        before, after = words[:place], words[place:]
        if after[0] in conjunctions and not _A_HALF.match(" ".join(after[1:])):
            return [f"{' '.join(before)},", " ".join(after)]
    return [clause]
