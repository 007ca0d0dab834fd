"""What a home sends for a request after it has begun: sound in frames, a text in sentences. Bounded, with deadlines."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from gateway.audio import FRAME_BYTES, RATE_HZ, SAMPLE_BYTES
from gateway.errors import ProtocolError
from gateway.turn.text_pieces import TextPieces
from gateway.wire.messages import name_of
from gateway.wire.request_words import SpeakMore

SOUND_S: Final = 5.0
"""Sound comes while it is heard; a stream that stands still for this long is not coming back."""
TEXT_S: Final = 60.0
"""A text is made as it is spoken, and whoever makes it may look something up in between."""
MOST_WAITING_S: Final = 60
"""So much sound may wait: a recording that is sent at once, but not a day of it."""
MOST_WAITING_BYTES: Final = MOST_WAITING_S * RATE_HZ * SAMPLE_BYTES
MOST_TEXT_CHARS: Final = 16_384
"""Twenty minutes of speech in one answer."""


class SoundIntake:
    """One stream of 16 kHz mono s16le: pieces of any size go in, frames come out, the last one filled up."""

    def __init__(self, late_s: float = SOUND_S) -> None:
        self._late_s = late_s
        self._waiting = bytearray()
        self._is_over = False
        self._is_too_much = False
        self._news = asyncio.Event()

    def feed(self, piece: bytes) -> None:
        """Take the next piece; an empty one is the end, and what comes after it is passed over."""
        if self._is_over:
            return
        if not piece:
            self._is_over = True
        elif len(self._waiting) + len(piece) > MOST_WAITING_BYTES:
            self._is_too_much = True
        else:
            self._waiting += piece
        self._news.set()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """Return the next frame. Raises ProtocolError: `late`, `too_fast`."""
        while len(self._waiting) < FRAME_BYTES and not self._is_over:
            await _next(self._news, self._late_s, "sound")
        if self._is_too_much:
            raise ProtocolError("too_fast", f"more than {MOST_WAITING_S} s of sound wait to be heard; send it slower")
        if not self._waiting:
            raise StopAsyncIteration
        frame = bytes(self._waiting[:FRAME_BYTES]).ljust(FRAME_BYTES, b"\0")
        del self._waiting[:FRAME_BYTES]
        return frame


class TextIntake:
    """One text that is to be spoken: pieces go in, whole sentences come out."""

    def __init__(self, late_s: float = TEXT_S) -> None:
        self._late_s = late_s
        self._pieces = TextPieces()
        self._is_whole = False
        self._news = asyncio.Event()

    def feed(self, text: str, *, more: bool) -> None:
        """Take the next piece, the last one unless there is `more`. Raises ProtocolError where there was none to be."""
        if self._is_whole:
            raise ProtocolError("out_of_order", "this text was whole already", about=name_of(SpeakMore))
        if self._pieces.taken_chars <= MOST_TEXT_CHARS:
            self._pieces.add(text)
        self._is_whole = not more
        self._news.set()

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        """Return the next sentences. Raises ProtocolError: `late`, `too_long`."""
        while True:
            if self._pieces.taken_chars > MOST_TEXT_CHARS:
                raise ProtocolError("too_long", f"a text has at most {MOST_TEXT_CHARS} characters")
            sentences = self._pieces.rest() if self._is_whole else self._pieces.sentences()
            if sentences:
                return sentences
            if self._is_whole:
                raise StopAsyncIteration
            await _next(self._news, self._late_s, "text")


async def _next(news: asyncio.Event, late_s: float, what: str) -> None:
    """Wait until something is different. Raises ProtocolError `late`."""
    news.clear()
    try:
        async with asyncio.timeout(late_s):
            await news.wait()
    except TimeoutError as error:
        raise ProtocolError("late", f"no {what} for {late_s:g} s, and its end was not said") from error
