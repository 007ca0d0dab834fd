"""A reading of what was said, as words that may be replaced one by one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.engines.sounding import Piece

_WORD: Final = re.compile(r"\d+|(?:[^\W\d_]|')+|[%°]")
_ENGLISH_I: Final = re.compile(r"\bi\b")


@dataclass(frozen=True, slots=True)
class Heard:
    """A reading, and where its words are."""

    reading: str
    """As recognition wrote it."""
    text: str
    """As it is spelled."""
    words: tuple[str, ...]
    """In lower case, numbers apart from their units."""
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, reading: str, text: str, first: int, last: int) -> Heard:
        """Find the words between two places of a reading's text."""
        found = list(_WORD.finditer(text, first, last))
        return cls(
            reading,
            text,
            tuple(one.group().casefold() for one in found),
            tuple(one.start() for one in found),
            tuple(one.end() for one in found),
        )

    def with_pieces(self, pieces: Sequence[Piece], *, lower: bool) -> str:
        """Return the text with other words where a piece sounds other than what was heard; the rest stays as it is."""
        written, is_kept = "", True
        for piece in pieces:
            keeps = (piece.cost == 0 or piece.is_wild) and piece.last > piece.first
            used = piece.used
            if keeps:
                used = self.text[self.starts[piece.first] : self.ends[piece.last - 1]]
            elif lower:
                used = used.casefold()
            if used:
                written += (self._between(piece.first) if is_kept and keeps else " ") + used if written else used
            is_kept = keeps
        before, after = self.text[: self.starts[0]], self.text[self.ends[-1] :]
        if not before and self.text[:1].isupper():
            written = f"{written[:1].upper()}{written[1:]}"
        return before + written + after

    def _between(self, word: int) -> str:
        return self.text[self.ends[word - 1] : self.starts[word]] if word else ""


def as_written(text: str, like: str, language: str) -> str:
    """Return a sentence as recognition would have written it, which wrote `like`."""
    if language.partition("-")[0] == "en":
        text = _ENGLISH_I.sub("I", text)
    return f"{text[:1].upper()}{text[1:]}{'?' if like.rstrip().endswith('?') else '.'}"
