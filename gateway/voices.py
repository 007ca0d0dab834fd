"""The voices that are loaded besides the usual one: a few, those that spoke last."""

import asyncio
from collections.abc import Awaitable, Callable

from gateway.turn.stages import TextToSpeech

MOST_VOICES = 2
"""Besides the usual one; a Piper voice takes about 90 MiB."""


class Voices:
    """Loads a voice when it is first asked for, and forgets the one that has not spoken for longest."""

    def __init__(self, load: Callable[[str], Awaitable[TextToSpeech]]) -> None:
        """`load` returns a voice by its id; it may raise ModelError, EngineError."""
        self._load = load
        self._loaded: dict[str, TextToSpeech] = {}
        """Whoever spoke last is last."""
        self._loading = asyncio.Lock()

    async def get(self, voice: str) -> TextToSpeech:
        """Return this voice. Raises what loading it raises."""
        async with self._loading:  # two that ask at once load it once
            tts = self._loaded.pop(voice, None) or await self._load(voice)
            self._loaded[voice] = tts
            while len(self._loaded) > MOST_VOICES:
                del self._loaded[next(iter(self._loaded))]
            return tts

    def forget(self, voice: str) -> None:
        """Keep this one no more: it is the usual one now."""
        self._loaded.pop(voice, None)
