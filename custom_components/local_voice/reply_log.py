"""Keeps replies out of Home Assistant's log: its text-to-speech writes down what could not be spoken."""

import logging
from collections.abc import Callable
from typing import Final, override

LOGGER: Final = logging.getLogger("homeassistant.components.tts")
COMPLAINT: Final = "Error getting audio for"
"""How the line begins, on both releases; its first argument is what was to be said."""


class _WithoutWords(logging.Filter):
    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass, without the words in it."""
        if isinstance(record.args, tuple) and record.args and str(record.msg).startswith(COMPLAINT):
            record.args = ("a reply", *record.args[1:])
        return True


def without_words() -> Callable[[], None]:
    """Take the words out of those lines from now on; return what ends it."""
    found = _WithoutWords()
    LOGGER.addFilter(found)
    return lambda: LOGGER.removeFilter(found)
