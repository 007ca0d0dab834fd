"""Something to be heard at one satellite between its turns, what follows it there, and what becomes of both."""

import asyncio
from collections.abc import Iterable
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
    """Whoever plays it tells of its end; whoever asked for it waits. It ends once, however it ends."""

    def __init__(self, sounds: Iterable[Sound], then: Then = Then.NOTHING) -> None:
        self.sounds = tuple(sounds)
        self.then = then
        self.answer = ""
        """What was said to it; empty where nothing was, or it did not come to that."""
        self._heard = asyncio.Event()
        self._over = asyncio.Event()
        self._withdrawn = asyncio.Event()

    @property
    def is_withdrawn(self) -> bool:
        """Whether nothing is to follow it any more."""
        return self._withdrawn.is_set()

    # For whoever plays it

    def heard(self) -> None:
        """Say that its sound is over, at its end or before."""
        self._heard.set()

    def end(self) -> None:
        """Say that nothing more comes of it; for the second time it says nothing."""
        self._heard.set()
        self._over.set()

    async def until_withdrawn(self) -> None:
        """Return when nothing is to follow it any more."""
        await self._withdrawn.wait()

    # For whoever asked for it

    def withdraw(self) -> None:
        """Let nothing follow it; what sounds already is heard to its end."""
        self._withdrawn.set()

    async def until_heard(self) -> None:
        """Return when its sound is over."""
        await self._heard.wait()

    async def until_over(self) -> None:
        """Return when what follows it has begun, or its `answer` is there."""
        await self._over.wait()
