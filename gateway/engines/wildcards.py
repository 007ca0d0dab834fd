"""What may stand where a sentence takes any words: hassil takes whatever is there."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hassil.util import remove_punctuation

_EMPTY: Final = frozenset(
    {"a", "an", "the", "my", "our", "your", "to", "on", "in", "at", "of", "for", "from", "with", "and", "or", "it"}
    | {"this", "that", "these", "those", "is", "are", "be", "please", "some", "any", "timer", "timers", "list", "lists"}
    | {"called", "named"}
)
"""English words that alone never name a song, an item or a timer."""
_PLAYED: Final = "search_query"
_MOST_BEFORE: Final = 4
"""Words before what it is played on, "on" among them: "on the living room TV"."""
_ON: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "en": frozenset({"on", "through"}),
        "de": frozenset({"auf", "am", "im", "über"}),
        "fr": frozenset({"sur", "à"}),
        "es": frozenset({"en"}),
        "it": frozenset({"su", "sul", "sulla", "alla", "sugli"}),
        "nl": frozenset({"op", "via"}),
    }
)
_PLAYERS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "en": frozenset({"tv", "television", "telly", "radio", "speaker", "speakers", "stereo", "soundbar"}),
        "de": frozenset({"fernseher", "tv", "radio", "lautsprecher", "lautsprechern", "stereoanlage"}),
        "fr": frozenset({"télé", "tv", "télévision", "radio", "enceinte", "enceintes", "chaîne"}),
        "es": frozenset({"tele", "tv", "televisor", "televisión", "radio", "altavoz", "altavoces"}),
        "it": frozenset({"tv", "televisore", "televisione", "radio", "altoparlante", "altoparlanti", "cassa"}),
        "nl": frozenset({"tv", "televisie", "radio", "speaker", "speakers", "luidspreker", "luidsprekers"}),
    }
)


def may_be_meant(slot: str, value: str, sentence: str, language: str) -> bool:
    """Tell whether what stands in a slot that takes any words can be meant at all.

    Not "the", nor the end of a word as in the artist "'s Beatles". Nor "Queen on the TV": what is to be played on a TV
    that is not here is not to be played elsewhere.
    """
    words = remove_punctuation(value).casefold().split()
    if not words or (value.startswith("'") and sentence.partition(value)[0][-1:].isalnum()):
        return False
    code = language.partition("-")[0]
    if code == "en" and _EMPTY.issuperset(words):
        return False
    return slot != _PLAYED or not _is_elsewhere(words, _ON.get(code, frozenset()), _PLAYERS.get(code, frozenset()))


def _is_elsewhere(words: list[str], on: frozenset[str], players: frozenset[str]) -> bool:
    """Tell whether a title is followed by what it is to be played on."""
    return any(
        word in players and not on.isdisjoint(words[max(place - _MOST_BEFORE, 1) : place])
        for place, word in enumerate(words)
    )
