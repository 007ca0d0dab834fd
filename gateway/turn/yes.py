"""What counts as a yes, by language. Anything else is a no."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.turn.words import plain_words

YES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "en": frozenset(
            {
                *("yes", "yeah", "yep", "yes please", "yes do", "yes do it", "sure", "please do", "do it", "go ahead"),
                *("ok", "okay", "correct", "confirm", "of course"),
            }
        ),
        "de": frozenset(
            {
                *("ja", "ja bitte", "jawohl", "ja mach das", "ja mach", "mach das", "mach es", "ja gerne", "gerne"),
                *("klar", "ja klar", "natürlich", "sicher", "na klar", "ok", "okay", "ja okay", "genau", "richtig"),
            }
        ),
        "fr": frozenset(
            {
                *("oui", "oui s il te plaît", "oui s il vous plaît", "ouais", "oui vas y", "vas y", "oui merci"),
                *("bien sûr", "oui bien sûr", "d accord", "oui d accord", "ok", "okay", "fais le", "oui fais le"),
            }
        ),
        "es": frozenset(
            {
                *("sí", "si", "sí por favor", "si por favor", "sí hazlo", "si hazlo", "hazlo", "claro", "sí claro"),
                *("claro que sí", "vale", "de acuerdo", "adelante", "por supuesto", "ok", "okay"),
            }
        ),
        "nl": frozenset(
            {
                *("ja", "ja graag", "graag", "ja hoor", "ja alsjeblieft", "ja doe maar", "doe maar", "zeker"),
                *("ja zeker", "natuurlijk", "prima", "oké", "ok", "okay", "ja dat is goed", "dat is goed"),
            }
        ),
        "it": frozenset(
            {
                *("sì", "si", "sì per favore", "si per favore", "sì grazie", "si grazie", "certo", "sì certo"),
                *("va bene", "sì va bene", "fallo", "sì fallo", "d accordo", "ok", "okay", "procedi"),
            }
        ),
    }
)
"""Whole answers, as plain words."""


def is_yes(text: str, language: str) -> bool:
    """Tell whether `text` is a plain yes in this language, whichever country's it is."""
    code = language.replace("_", "-").partition("-")[0].casefold()
    return " ".join(plain_words(text)) in YES.get(code, ())
