"""A PIN as it was said: its digits, whether recognition wrote them as words or figures, together or apart."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from gateway.turn.words import plain_words

FEWEST_DIGITS, MOST_DIGITS = 4, 12
"""As Home Assistant takes them where a PIN is chosen."""
_ZERO_TO_NINE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "en": ("zero oh o null nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
        "de": ("null", "eins ein", "zwei zwo", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"),
        "fr": ("zéro zero", "un une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
        "es": ("cero", "uno un una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
        "it": ("zero", "uno un una", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"),
        "nl": ("nul", "een één eén", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"),
    }
)
"""The words for each digit, by language."""
_DIGITS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        language: {word: str(digit) for digit, words in enumerate(all_words) for word in words.split()}
        for language, all_words in _ZERO_TO_NINE.items()
    }
)


def pin_in(texts: Iterable[str], language: str) -> str:
    """Return the digits of the likeliest of `texts`, readings of what was said, that is a PIN; empty where none is.

    Words that are no digits are passed over: "it is one two, three four".
    """
    words = _DIGITS.get(language.partition("-")[0], {})
    for text in texts:
        digits = "".join(_digits(word, words) for word in plain_words(text))
        if FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
            return digits
    return ""


def _digits(word: str, words: Mapping[str, str]) -> str:
    return word if word.isascii() and word.isdigit() else words.get(word, "")
