"""Several commands in one breath: where a sentence may be parted, and what its later part may have left unsaid.

Text in, text out: whether a part means anything, it does not know.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

MOST_COMMANDS: Final = 4
"""In one breath."""
LONGEST_VERB: Final = 6
"""Words that a later part may borrow from the beginning of the first: "turn off the lights" in the kitchen "and the
hall"."""

_BETWEEN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": r"and then|and also|and|then|also|after that",
        "de": r"und dann|und danach|und|dann|danach|sowie",
        "fr": r"et puis|et ensuite|et|puis|ensuite",
        "es": r"y luego|y después|y|e|luego|después",
        "it": r"e poi|e dopo|e|ed|poi",
        "nl": r"en dan|en daarna|en|dan|daarna",
    }
)
_PLACES: Final = MappingProxyType(
    {
        language: re.compile(rf"\s*(?:[,;.]\s+(?:(?:{words})\s+)?|\s(?:{words})\s+)(?=\w)", re.IGNORECASE)
        for language, words in _BETWEEN.items()
    }
)


def parted(text: str, language: str) -> Iterator[tuple[str, str, bool]]:
    """Yield the ways to part a sentence in two, the latest place first, and whether a word says that it is two.

    None in a language that is not known.
    """
    places = _PLACES.get(language.partition("-")[0])
    if places is None:
        return
    for found in reversed(list(places.finditer(text))):
        before, after = text[: found.start()].strip(), text[found.end() :].strip()
        if before and after:
            yield before, after, any(letter.isalpha() for letter in found.group())


def completed(part: str, first: str) -> Iterator[str]:
    """Yield a later part as it is, and with the beginning of the `first` before it: "turn on the lamp and the fan"."""
    yield part
    words = first.split()
    for count in range(1, min(LONGEST_VERB, len(words) - 1) + 1):
        yield " ".join([*words[:count], part])
