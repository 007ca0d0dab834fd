"""How words of a language are pronounced: espeak-ng's phonemes, by way of Piper, which brings it along."""

import re
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from threading import Lock
from typing import Final

CACHED_WORDS: Final = 8_192
"""A house of 2,000 things has 3,000 names and words."""
VOICES: Final = {"en": "en-us"}
"""espeak-ng's names where they are not the language's code."""
ONE_AT_A_TIME: Final = Lock()
"""espeak-ng has one state for the whole process: who uses it, for speech or for spelling, holds this."""
_NO_PHONEME: Final = re.compile(r"[^\w\u0250-\u02af\u1d00-\u1dbf]|[ˈˌːˑ_\d]")
"""Stress, length, ties, what is written between words."""
_FOREIGN: Final = re.compile(r"\([^)]+\)")
"""espeak-ng's mark of words that it takes for another language's."""


def pronouncing(language: str) -> Callable[[str], str]:
    """Return a function from words to their phonemes, a letter for each; to their letters where Piper is missing.

    It may be called from any thread, and remembers what it was asked.
    """
    code = language.replace("_", "-").casefold()
    voice = VOICES.get(code.partition("-")[0], code)
    spell = _letters if find_spec("piper") is None else _by_espeak(voice)
    return lru_cache(maxsize=CACHED_WORDS)(spell)


def _by_espeak(voice: str) -> Callable[[str], str]:
    from piper.phonemize_espeak import EspeakPhonemizer

    espeak = EspeakPhonemizer()

    def spell(words: str) -> str:
        with ONE_AT_A_TIME:
            sentences = espeak.phonemize(voice, words)
        return _NO_PHONEME.sub("", _FOREIGN.sub("", "".join(letter for sentence in sentences for letter in sentence)))

    return spell


def _letters(words: str) -> str:
    return "".join(letter for letter in words.casefold() if letter.isalnum())
