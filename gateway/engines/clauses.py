"""Where a text is cut, so that the first sound does not wait for the last word. Runs no model."""

import re

CLAUSE_END = re.compile(r"(?<=[.!?;:,])\s+")
MIN_CLAUSE_WORDS = 3
"""A clause shorter than this sounds clipped when it is spoken on its own, so it joins the next."""


def clauses(text: str) -> list[str]:
    """Cut `text` where a speaker would breathe; nothing but white space is lost."""
    found: list[str] = []
    for part in CLAUSE_END.split(" ".join(text.split())):
        if found and len(found[-1].split()) < MIN_CLAUSE_WORDS:
            found[-1] += f" {part}"
        elif part:
            found.append(part)
    if len(found) > 1 and len(found[-1].split()) < MIN_CLAUSE_WORDS:
        last = found.pop()
        found[-1] += f" {last}"
    return found
