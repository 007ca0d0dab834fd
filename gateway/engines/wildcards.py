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
_ITEM, _NAME = "item", "name"
_NEVER_LAST: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "en": frozenset({"an", "the", "my", "our", "your", "and", "or", "of", "for", "from", "with"}),
        "de": frozenset({"der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer"})
        | {"mein", "meine", "meinen", "und", "oder", "von", "vom"},
        "fr": frozenset({"le", "la", "les", "un", "une", "des", "du", "de", "mon", "ma", "mes", "et", "ou"}),
        "es": frozenset({"el", "la", "los", "las", "un", "una", "unos", "unas", "mi", "mis", "de", "del"}),
        "it": frozenset({"il", "lo", "la", "gli", "le", "un", "uno", "una", "mio", "mia", "di", "del", "della"}),
        "nl": frozenset({"de", "het", "een", "mijn", "en", "of", "van"}),
    }
)
"""Words after which something follows: "speeds of", "keep the" is the name of no timer, and on no list.

Single letters are not among them: "vitamin A" is on many lists.
"""
_NEVER_LAST_OF_A_TIMER: Final = "a"
"""The English one that is no timer's last word: "heats a"."""
_NEVER_FIRST: Final = ("and ", "of ", "or ", "out the ", "out my ")
"""What English items and timers' names do not begin with: the rest of the words before."""
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
    if slot in {_ITEM, _NAME} and _is_cut_off(slot, words, code):
        return False
    return slot != _PLAYED or not _is_elsewhere(words, _ON.get(code, frozenset()), _PLAYERS.get(code, frozenset()))


def _is_cut_off(slot: str, words: list[str], code: str) -> bool:
    """Tell whether it begins, or ends, in the middle of something."""
    if words[-1] in _NEVER_LAST.get(code, frozenset()):
        return True
    if code != "en":
        return False
    is_named_so = slot == _NAME and words[-1] == _NEVER_LAST_OF_A_TIMER
    return is_named_so or " ".join(words).startswith(_NEVER_FIRST)


def _is_elsewhere(words: list[str], on: frozenset[str], players: frozenset[str]) -> bool:
    """Tell whether a title is followed by what it is to be played on."""
    return any(
        word in players and not on.isdisjoint(words[max(place - _MOST_BEFORE, 1) : place])
        for place, word in enumerate(words)
    )
