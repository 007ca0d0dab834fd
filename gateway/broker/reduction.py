"""Names, and what else tells who somebody is, stay at home: placeholders go in their place, and come back as names.

This makes less known, not nothing: what a sentence is about still tells something, and no rule finds everything. A
person is shown what is left. Decides by patterns alone; does no I/O.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from gateway.errors import ProtocolError
from gateway.wire.consent_words import MOST_REPLACED, ReplacedWords
from gateway.wire.messages import NAME_CHARS

KINDS: Final = ("person", "device", "area", "home")
"""What a name may be that is known at home."""
ADDRESS, NUMBER = "address", "number"
"""What is found without being told."""
SHORTEST_NAME_CHARS: Final = 2
"""Who calls a room "A" wants every other "a" to stay."""

_ADDRESSES: Final = (
    r"(?:https?://|www\.)[^\s<>\"\[\]]*[\w/]",
    r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+",  # e-mail
    r"(?<![\w.-])(?:[\w-]{1,63}\.)+(?:local|lan|internal|home\.arpa)(?!\w)",  # names of machines at home
    r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)",  # IPv4
    r"(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}(?![\w:])",  # IPv6, MAC
)
_NUMBERS: Final = (
    # Serials: letters and digits, in groups, with five digits or more; or together, six or more.
    r"(?<![^\W_])(?=(?:(?:[^\W\d_]|-)*\d){5})(?=[\d-]*[^\W\d_])[^\W_]+(?:-[^\W_]+)+",
    r"(?<![^\W_])(?=[^\W_]*\d)(?=\d*[^\W\d_])[^\W_]{6,}",
    # Telephones, accounts, dates: five digits or more.
    r"\d{2,4}(?:\.\d{2,4}){2,}",
    r"\+?\(?\d(?:[\s()\-\u2010-\u2015]{0,2}\d){4,}",
)
_FOUND_FIRST, _FOUND_LAST = (
    tuple(re.compile(f"({pattern})", re.IGNORECASE) for pattern in patterns) for patterns in (_ADDRESSES, _NUMBERS)
)
_APOSTROPHES: Final = "'\u2019\u02bc"
_BETWEEN_WORDS: Final = r"[\s_-]{1,3}"
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Scripts in which words follow each other without a space, or have something attached: Thai to Tibetan, Burmese,
Khmer, Japanese, Korean, Chinese."""

_NAMED: Final = rf"({'|'.join((*KINDS, ADDRESS, NUMBER))})[\s_-]{{0,3}}(\d{{1,6}})(?!\d)"
_NAMED_BARE: Final = rf"({'|'.join(KINDS)})[\s_-]?(\d{{1,6}})(?!\d)"
_PLACEHOLDER: Final = re.compile(
    rf"\\\[\s{{0,3}}{_NAMED}\s{{0,3}}\\\]|\[\s{{0,3}}{_NAMED}\s{{0,3}}\]|(?<!\w){_NAMED_BARE}", re.IGNORECASE
)
"""As it was sent, or nearly: services write their answers anew. "number 1" and "address 1" mean something else, too, so
these two want their brackets."""
_LOOKS_LIKE_ONE: Final = re.compile(_NAMED, re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduced:
    """A text without them."""

    text: str = field(repr=False)
    replaced: tuple[ReplacedWords, ...] = field(repr=False)
    """In the order in which they come in the text, each once."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What stays at home."""

    kind: str
    original: str


type _Pieces = Iterable[str | _Kept]


def reduced(text: str, names: Iterable[tuple[str, str]]) -> Reduced:
    """Return a text with placeholders for these names (name, kind), addresses and numbers.

    A name is found as whole words, in whatever case; of two that overlap the longer one goes. The same one has the same
    placeholder throughout. Raises ProtocolError for a kind that there is not, or more than `MOST_REPLACED`.
    """
    whole = unicodedata.normalize("NFC", text)
    pieces: _Pieces = [whole]
    for pattern in _FOUND_FIRST:
        pieces = _without(pieces, pattern, ADDRESS)
    for name, kind in sorted(_checked(names), key=lambda pair: len(pair[0]), reverse=True):
        pieces = _without_name(pieces, name, kind)
    for pattern in _FOUND_LAST:
        pieces = _without(pieces, pattern, NUMBER)
    return _with_placeholders(whole, pieces)


def restored(text: str, replaced: tuple[ReplacedWords, ...]) -> str:
    """Return a text with the originals in place of placeholders; what is put in is not looked at again."""
    originals = {_read(words.placeholder): words.original for words in replaced}
    return _PLACEHOLDER.sub(lambda match: originals.get(_key(match), match[0]), text)


def _checked(names: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, kind in names:
        if kind not in KINDS:
            raise ProtocolError("malformed", f"a name belongs to one of {', '.join(KINDS)}")
        tidy = unicodedata.normalize("NFC", name).strip()
        if len(tidy) >= SHORTEST_NAME_CHARS and any(map(_is_in_word, tidy)):
            yield tidy, kind


def _without(pieces: _Pieces, pattern: re.Pattern[str], kind: str) -> Iterator[str | _Kept]:
    """Yield the pieces with each match of a pattern a piece of its own; a very long one becomes several."""
    for piece in pieces:
        if isinstance(piece, _Kept):
            yield piece
            continue
        for number, part in enumerate(pattern.split(piece)):
            if number % 2:
                yield from (_Kept(kind, part[at : at + NAME_CHARS]) for at in range(0, len(part), NAME_CHARS))
            else:
                yield part


def _without_name(pieces: _Pieces, name: str, kind: str) -> Iterator[str | _Kept]:
    kept = _Kept(kind, name[:NAME_CHARS])
    pattern = _pattern(name)
    for piece in pieces:
        if isinstance(piece, _Kept):
            yield piece
            continue
        end = 0
        for match in pattern.finditer(piece):
            start, stop = match.span(1)
            if start >= end and _is_edge(piece, start) and _is_end(piece, stop):
                yield piece[end:start]
                yield kept
                end = stop
        yield piece[end:]


def _pattern(name: str) -> re.Pattern[str]:
    """Return what finds a name, wherever it begins, however its words are joined, with any apostrophe."""
    words = (re.escape(word) for word in re.split(r"[\s_-]+", name))
    written = re.sub(f"[{_APOSTROPHES}]", f"[{_APOSTROPHES}]", _BETWEEN_WORDS.join(words))
    return re.compile(f"(?=({written}))", re.IGNORECASE)


def _is_end(text: str, at: int) -> bool:
    """Tell whether a name may end here: with its word, or before the "s" of whose something is ("Annas Lampe")."""
    return _is_edge(text, at) or (text[at] in "sS" and _is_edge(text, at + 1))


def _is_edge(text: str, at: int) -> bool:
    """Tell whether a word may begin or end here."""
    if not 0 < at < len(text):
        return True
    before, after = text[at - 1], text[at]
    if not (_is_in_word(before) and _is_in_word(after)):
        return True
    is_unspaced = _UNSPACED.match(before) or _UNSPACED.match(after)
    return bool(is_unspaced) and not unicodedata.category(after).startswith("M")


def _is_in_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN"


def _with_placeholders(whole: str, pieces: _Pieces) -> Reduced:
    """Put the text together again; a placeholder that is in it already is not used for anything else."""
    used = {_key(match) for match in _LOOKS_LIKE_ONE.finditer(whole)}
    numbers = {kind: count(1) for kind in (*KINDS, ADDRESS, NUMBER)}
    placeholders: dict[tuple[str, str], str] = {}
    replaced: list[ReplacedWords] = []
    parts: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            parts.append(piece)
            continue
        key = (piece.kind, piece.original.casefold())
        if key not in placeholders:
            number = next(number for number in numbers[piece.kind] if (piece.kind, number) not in used)
            placeholders[key] = f"[{piece.kind} {number}]"
            replaced.append(ReplacedWords(placeholder=placeholders[key], original=piece.original))
        parts.append(placeholders[key])
    if len(replaced) > MOST_REPLACED:
        raise ProtocolError("malformed", f"more than {MOST_REPLACED} names, addresses and numbers in one text")
    return Reduced(text="".join(parts), replaced=tuple(replaced))


def _read(placeholder: str) -> tuple[str, int]:
    match = _PLACEHOLDER.fullmatch(placeholder)
    if match is None:
        raise ProtocolError("malformed", "no placeholder")
    return _key(match)


def _key(match: re.Match[str]) -> tuple[str, int]:
    kind, number = (group for group in match.groups() if group is not None)
    return kind.casefold(), int(number)
