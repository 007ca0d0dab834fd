"""A sound that stands still while it is recognised and understood: as on a computer that takes no time for that."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from gateway.events import ActionResult, Intent, Recognition
from gateway.suggestions import Likelihood, Suggestion
from gateway.turn.stages import SpeechToText, Understanding

STEPS: Final = 12
"""Of the event loop, from one piece of work to the next that follows from it."""


class Work:
    """What is done for a sound, which stands still meanwhile: an early end comes as early as it can."""

    def __init__(self) -> None:
        self._begun = 0
        self._is_over = asyncio.Event()
        self._is_over.set()

    @contextmanager
    def one(self) -> Iterator[None]:
        self._begun += 1
        self._is_over.clear()
        try:
            yield
        finally:
            self._begun -= 1
            if not self._begun:
                self._is_over.set()

    async def held_up(self, audio: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield a sound's frames, each when nothing is done, nor follows from what was done."""
        async for frame in audio:
            for _ in range(STEPS):
                await asyncio.sleep(0)
                await self._is_over.wait()
            yield frame


class Instant:
    """Recognition that takes no time of the sound's."""

    def __init__(self, stt: SpeechToText, work: Work) -> None:
        self._stt = stt
        self._work = work

    async def recognize(self, pcm: bytes, *, language: str = "") -> Recognition:
        with self._work.one():
            return await self._stt.recognize(pcm, language=language)

    async def compare(self, pcm: bytes, texts: Sequence[str], *, language: str = "") -> tuple[Likelihood, ...]:
        with self._work.one():
            return await self._stt.compare(pcm, texts, language=language)

    async def glimpse(self, pcm: bytes) -> str:
        with self._work.one():
            return await self._stt.glimpse(pcm)

    async def hears_word(self, pcm: bytes, words: frozenset[str]) -> bool:
        return await self._stt.hears_word(pcm, words)


class Understood:
    """Understanding that takes none either."""

    def __init__(self, understanding: Understanding, work: Work) -> None:
        self._understanding = understanding
        self._work = work
        self.language = understanding.language

    async def match(self, text: str, *, area_id: str | None) -> Intent | None:
        with self._work.one():
            return await self._understanding.match(text, area_id=area_id)

    async def continuations(self, text: str, *, area_id: str | None) -> tuple[Intent, ...]:
        with self._work.one():
            return await self._understanding.continuations(text, area_id=area_id)

    async def suggestions(self, texts: tuple[str, ...]) -> tuple[Suggestion, ...]:
        with self._work.one():
            return await self._understanding.suggestions(texts)

    async def is_request(self, text: str) -> bool:
        return await self._understanding.is_request(text)

    async def answer(self, intent: Intent, result: ActionResult) -> str:
        return await self._understanding.answer(intent, result)

    async def sorry(self) -> str:
        return await self._understanding.sorry()
