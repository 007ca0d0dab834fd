"""Something to be heard at one satellite between its turns, what follows it there, and what becomes of both."""

import asyncio
from collections.abc import Callable, Iterable
from enum import StrEnum

from gateway.events import Sound


class Then(StrEnum):
    """What follows when it has been heard."""

    NOTHING = ""
    LISTEN = "listen"
    """A turn without a wake word."""
    ANSWER = "answer"
    """What is said is written down, and not acted upon."""


class Notice:
    """Whoever plays it tells of its end, and whoever asked for it is told. It ends once, however it ends."""

    def __init__(self, sounds: Iterable[Sound], then: Then = Then.NOTHING) -> None:
        self.sounds = tuple(sounds)
        self.then = then
        self.answer = ""
        """What was said to it; empty where nothing was, or it did not come to that."""
        self.is_heard = False
        """Whether its sound is over, at its end or before."""
        self.is_over = False
        """Whether what follows it has begun, or its `answer` is there, or neither will come."""
        self._withdrawn = asyncio.Event()
        self._news: Callable[[], None] | None = None

    @property
    def lasts_s(self) -> float:
        """How long its sound is."""
        return sum(sound.duration_ms for sound in self.sounds) / 1000

    @property
    def is_withdrawn(self) -> bool:
        """Whether nothing is to follow it any more."""
        return self._withdrawn.is_set()

    # For whoever plays it

    def heard(self) -> None:
        """Say that its sound is over."""
        self.is_heard = True
        self._tell()

    def end(self) -> None:
        """Say that nothing more comes of it."""
        self.is_heard = self.is_over = True
        self._tell()

    async def until_withdrawn(self) -> None:
        """Return when nothing is to follow it any more."""
        await self._withdrawn.wait()

    # For whoever asked for it

    def watch(self, news: Callable[[], None] | None) -> None:
        """Have `news` called now, and whenever something becomes of it; None ends that."""
        self._news = news
        self._tell()

    def withdraw(self) -> None:
        """Let nothing follow it; what is to sound is heard nevertheless."""
        self._withdrawn.set()

    def _tell(self) -> None:
        if self._news is not None:
            self._news()
