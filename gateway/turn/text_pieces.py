"""A text that is still being written, cut into sentences: what is whole can be spoken before the rest is there."""

import re
from typing import Final

_SENTENCES: Final = re.compile(r".*[.!?…:;]\s", re.DOTALL)
"""Everything up to the last end of a sentence."""


class TextPieces:
    """One text, as far as it has come."""

    def __init__(self) -> None:
        self._waiting = ""
        self.taken_chars = 0
        """How long the text is so far."""

    def add(self, piece: str) -> None:
        """Take the text's next piece."""
        self._waiting += piece
        self.taken_chars += len(piece)

    def sentences(self) -> str:
        """Return the sentences that have become whole since this was asked last; nothing where none has."""
        whole = _SENTENCES.match(self._waiting)
        if whole is None:
            return ""
        self._waiting = self._waiting[whole.end() :]
        return whole.group()

    def rest(self) -> str:
        """Return what is left: nothing more is coming."""
        waiting, self._waiting = self._waiting, ""
        return waiting
