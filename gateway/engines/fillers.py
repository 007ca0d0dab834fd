"""Words without which a sentence asks for the same, by language: articles, politeness, what hesitation sounds like."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

FILLERS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "en": frozenset(
            {
                *("a", "an", "the", "my", "our", "your", "please", "just", "now", "um", "uh", "er", "oh", "and"),
                *("so", "or", "to", "of", "in", "at", "for", "it", "that", "this", "there", "currently", "%"),
            }
        ),
        "de": frozenset(
            {
                *("der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer", "mein", "meine"),
                *("meinen", "bitte", "mal", "doch", "jetzt", "äh", "ähm", "und", "oder", "im", "in", "am"),
                *("es", "von", "vom", "gerade", "%"),
            }
        ),
        "fr": frozenset(
            {
                *("le", "la", "les", "l'", "l", "un", "une", "des", "du", "de", "d'", "d", "mon", "ma", "mes"),
                *("et", "ou", "s'il", "te", "vous", "plaît", "à", "au", "dans", "euh", "il", "elle", "%"),
            }
        ),
        "es": frozenset(
            {
                *("el", "la", "los", "las", "un", "una", "unos", "unas", "mi", "mis", "por", "favor", "de", "del"),
                *("en", "a", "al", "y", "o", "eh", "%"),
            }
        ),
        "it": frozenset(
            {
                *("il", "lo", "la", "i", "gli", "le", "l'", "l", "un", "uno", "una", "mio", "mia", "miei", "mie", "e"),
                *("per", "favore", "di", "del", "della", "dei", "in", "nel", "nella", "a", "al", "alla", "o"),
                *("eh", "%"),
            }
        ),
        "nl": frozenset(
            {
                *("de", "het", "een", "mijn", "alsjeblieft", "even", "eens", "maar", "nu", "eh", "en", "te", "in"),
                *("van", "er", "dat", "of", "%"),
            }
        ),
    }
)
"""None of them says what is done, to what, or how much: "on", "off", "up", "not" and "all" are in no set."""

COPULAS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "en": frozenset({"is", "are", "be"}),
        "de": frozenset({"ist"}),
        "fr": frozenset({"est"}),
        "es": frozenset({"es", "está"}),
        "it": frozenset({"è"}),
        "nl": frozenset({"is"}),
    }
)
"""They tell a question from a command; sentences of which there are only a few need none of them for that."""


def copulas(language: str) -> frozenset[str]:
    """Return a language's copulas; none of one that is not known."""
    return COPULAS.get(language.partition("-")[0], frozenset())


def fillers(language: str) -> frozenset[str]:
    """Return a language's fillers; none of one that is not known, where each word counts."""
    return FILLERS.get(language.partition("-")[0], frozenset())
