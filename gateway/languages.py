"""Languages by their codes (BCP 47, or with `_`): which are the same where they are heard, understood or spoken."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_CALLED: Final[Mapping[str, str]] = MappingProxyType(
    {"de": "German", "en": "English", "es": "Spanish", "fr": "French", "it": "Italian", "nl": "Dutch"}
)
"""The languages that recognition was measured in."""


def is_same_language(one: str, other: str) -> bool:
    """Tell whether both codes name one language; the country it is spoken in does not matter."""
    return _primary(one) == _primary(other)


def called(code: str) -> str:
    """Return what a language is called in English, the code itself for one that we have no name for."""
    return _CALLED.get(_primary(code), code)


def _primary(code: str) -> str:
    return code.replace("_", "-").partition("-")[0].casefold()
