"""An announcement that was `announced`, followed to its end: its home is told of each step once, in order.

It is told at the very moment, so that it knows of the end of one thing before the next begins at that satellite. None
of what it waits for is left out, whatever becomes of the satellite.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Final

from gateway.server.notice import Notice, Then
from gateway.wire.messages import TEXT_CHARS, Message
from gateway.wire.voice_words import AnnounceOver, Answered

WAIT_S: Final = 120.0
"""What sounds at a satellite already, such as a timer, is over by then."""
ANSWER_S: Final = 60.0
"""Silence is given up on after eight seconds, and the longest sentence lasts fifteen."""


class Followed:
    """One announcement, at one or several satellites."""

    def __init__(self, request_id: int, notices: Collection[Notice], say: Callable[[Message], None]) -> None:
        """`say` tells the home."""
        self._request_id = request_id
        self._notices = notices
        self._say = say
        self._over = asyncio.Event()
        self._answered = asyncio.Event()

    async def to_its_end(self) -> None:
        """Return when the home was told of all of it; where that is cancelled, it is told no more."""
        lasts_s = max(notice.lasts_s for notice in self._notices)
        asks = any(notice.then is Then.ANSWER for notice in self._notices)
        try:
            for notice in self._notices:
                notice.watch(self._news)
            await _within(WAIT_S + lasts_s, self._over)
            self._tell_over()
            if asks:
                await _within(ANSWER_S, self._answered)
                self._tell_answer()
        finally:
            for notice in self._notices:
                notice.watch(None)
                notice.withdraw()

    def _news(self) -> None:
        if all(notice.is_heard for notice in self._notices):
            self._tell_over()
        if all(notice.is_over for notice in self._notices):
            self._tell_answer()

    def _tell_over(self) -> None:
        if not self._over.is_set():
            self._over.set()
            self._say(AnnounceOver(id=self._request_id))

    def _tell_answer(self) -> None:
        """Tell the answer of the one satellite that was to hear one."""
        for notice in self._notices:
            if notice.then is Then.ANSWER and not self._answered.is_set():
                self._answered.set()
                self._say(Answered(id=self._request_id, text=notice.answer[:TEXT_CHARS]))


async def _within(most_s: float, event: asyncio.Event) -> None:
    """Return when it has happened, or it takes too long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(most_s):
            await event.wait()
