"""The models that are loaded, and others to choose from: what a gateway is set to, and how that becomes another.

The only thing that replaces models while satellites talk; who uses the old ones keeps them until their turn is over.
"""

from collections.abc import AsyncIterator

from gateway.assembly import Assembly
from gateway.config import Config
from gateway.events import Sound
from gateway.offer import Offer, Settings
from gateway.turn.stages import Stages

MOST_SPARE = 8
"""Ears (4 MiB each) that wait for a satellite to come back: one that connects again and again costs no loading."""


class Equipment:
    """The stages of all streams of one gateway."""

    def __init__(self, config: Config, assembly: Assembly, stages: Stages) -> None:
        """`stages` are those that are loaded, as `config` says."""
        self._config = config
        self._assembly = assembly
        self._stages = stages
        self._spare: list[Stages] = []

    def offer(self) -> Offer:
        """Return what is installed, and what of it is in use."""
        config = self._config
        settings = Settings(stt_model=config.stt.model, voice=config.tts.voice, wake_words=config.wake.words)
        return Offer(
            language=self._stages.understanding.language,
            stt_models=(settings.stt_model,),
            voices=(),
            wake_words=(),
            settings=settings,
        )

    async def stages(self) -> Stages:
        """Return stages with wake and vad models of their own, for one stream. Raises ModelError, EngineError."""
        if self._spare:
            return self._spare.pop()
        return await self._assembly.load(self._assembly.for_another, self._stages)

    def keep(self, stages: Stages) -> None:
        """Take back stages that are needed no more, for the next stream."""
        if len(self._spare) < MOST_SPARE:
            self._spare.append(stages)

    async def speak(self, text: str, *, language: str = "", voice: str = "") -> AsyncIterator[Sound]:
        """Yield the sound of a text in stretches."""
        del language, voice
        async for sound in self._stages.tts.speak(text):
            yield sound
