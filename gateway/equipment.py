"""The models that are loaded, and others to choose from: what a gateway is set to, and how that becomes another.

The only thing that replaces models while satellites talk. Who uses the old ones keeps them until their turn is over;
the last one to let go of a model frees it.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import replace
from weakref import WeakSet

from gateway.assembly import Assembly, Ears
from gateway.engines.allocator import give_back_freed_memory
from gateway.errors import ConfigError
from gateway.events import Sound
from gateway.offer import Offer, Settings, SettingsChange
from gateway.turn.stages import Stages, TextToSpeech, Tongue, Understanding, WakeWord
from gateway.voices import Voices

MOST_SPARE = 8
"""Ears (3 MiB each) that wait for a satellite to come back: one that connects again and again costs no loading."""

LEARNING_S = 5.0
"""Between two replies that are learnt: each takes a core for a tenth of a second, and nobody waits for it."""

type Remember = Callable[[SettingsChange], Awaitable[None]]
"""Has a choice hold over restarts. Raises ConfigError where that is not possible."""

_LOG = logging.getLogger(__name__)


class Equipment:
    """The stages of all streams of one gateway. Belongs to the event loop that is running when it is made."""

    def __init__(
        self,
        assembly: Assembly,
        stages: Stages,
        settings: Settings,
        *,
        remember: Remember,
        changed: Callable[[], None],
    ) -> None:
        """`stages` are those that are loaded, with `settings`; `changed` is called after each change."""
        self._assembly = assembly
        self._stages = stages
        self._settings = settings
        self._remember = remember
        self._changed = changed
        self._changing = asyncio.Lock()
        self._voices = Voices(lambda voice: assembly.load(assembly.tts, voice))
        self._spare = [_ears_of(stages)]
        self._with_these_words: WeakSet[WakeWord] = WeakSet([stages.wake])
        """The wake models that listen for the words that are in use."""

    @property
    def settings(self) -> Settings:
        """What the gateway is set to."""
        return self._settings

    @property
    def shared(self) -> Stages:
        """The stages in use now, for who needs no ears: ask again for each piece of work, and keep none."""
        return self._stages

    @property
    def understanding(self) -> Understanding:
        """What knows the sentences of the household's house, for all who ask."""
        return self._stages.understanding

    def offer(self) -> Offer:
        """Return what is installed, and what of it is in use."""
        return self._assembly.offer(self._settings)

    async def change(self, change: SettingsChange) -> None:
        """Load what is to be used from now on, and remember it; one change after the other.

        Raises ConfigError for what is not offered and where it cannot be remembered, ModelError, EngineError; then all
        stays as it was. Where the caller is cancelled while it is written down, it holds from the next start.
        """
        async with self._changing:
            refusal = self.offer().refusal(change)
            if refusal:
                raise ConfigError(refusal)
            settings = self._settings.changed(change)
            stages = await self._loaded(settings)
            await self._remember(change)
            self._use(settings, stages)
        _LOG.info("set to: %s", ", ".join(f"{name} {value}" for name, value in change.named.items()))
        self._changed()
        await self._assembly.load(give_back_freed_memory)

    async def stages(self) -> Stages:
        """Return stages with wake and vad models of their own, for one stream. Raises ModelError, EngineError."""
        ears = self._spare.pop() if self._spare else await self._new_ears()
        return replace(self._stages, **ears._asdict())

    def keep(self, stages: Stages) -> None:
        """Take back stages that are needed no more: their ears are the next stream's, where the words are the same."""
        if stages.wake in self._with_these_words and len(self._spare) < MOST_SPARE:
            self._spare.append(_ears_of(stages))

    async def speak(self, text: str, *, language: str = "", voice: str = "") -> AsyncGenerator[Sound]:
        """Yield the sound of a text in stretches, in this voice, or the best for the language, or the usual one.

        Raises ConfigError for a voice or language that there is none of, ModelError, EngineError.
        """
        tts = await self._voice(self._chosen(language, voice))
        async for sound in tts.speak(text):
            yield sound

    async def learn(self, replies: Iterable[str]) -> None:
        """Have the usual voice know how these sound before they are needed, one by one; whoever speaks goes first."""
        for reply in replies:
            await asyncio.sleep(LEARNING_S)
            await self._stages.tts.prepare(reply)

    async def _loaded(self, settings: Settings) -> Stages:
        """Return stages with these settings, in which what stays the same is what is there."""
        load, now, stages = self._assembly.load, self._settings, self._stages
        if settings.stt_model != now.stt_model:
            stages = replace(stages, stt=await load(self._assembly.stt, settings.stt_model))
        if settings.voice != now.voice:
            stages = replace(stages, tts=await self._voice(settings.voice))
            stages = replace(stages, other=await self._second(settings))
        if settings.wake_words != now.wake_words:
            stages = replace(stages, **(await load(self._assembly.ears, settings.wake_words))._asdict())
        return replace(stages, wake_sensitivity=settings.wake_sensitivity)

    def _use(self, settings: Settings, stages: Stages) -> None:
        if settings.wake_words != self._settings.wake_words:
            self._with_these_words = WeakSet([stages.wake])
            self._spare = [_ears_of(stages)]
        if settings.voice != self._settings.voice:
            self._assembly.forget_replies()
        self._settings, self._stages = settings, stages
        self._voices.forget(settings.voice)

    async def _new_ears(self) -> Ears:
        """Return ears for the words that are listened for when they are there."""
        while True:
            words = self._settings.wake_words
            ears = await self._assembly.load(self._assembly.ears, words)
            if words == self._settings.wake_words:
                self._with_these_words.add(ears.wake)
                return ears

    def _chosen(self, language: str, voice: str) -> str:
        """Return the id of the voice to speak with. Raises ConfigError."""
        if not voice and not language:
            return self._settings.voice
        offer = self.offer()
        if voice:
            refusal = offer.refusal(SettingsChange(voice=voice))
            if refusal:
                raise ConfigError(refusal)
            return voice
        best = offer.voice_for(language)
        if best is None:
            raise ConfigError(f"there is no voice for the language {language!r} here")
        return best.id

    async def _second(self, settings: Settings) -> Tongue | None:
        """Return the second language with the voice that speaks it beside these settings."""
        other = self._stages.other
        return None if other is None else replace(other, tts=await self._voice(self._assembly.second_voice(settings)))

    async def _voice(self, voice: str) -> TextToSpeech:
        if voice == self._settings.voice:
            return self._stages.tts
        if self._stages.other is not None and voice == self._assembly.second_voice(self._settings):
            return self._stages.other.tts
        return await self._voices.get(voice)


def _ears_of(stages: Stages) -> Ears:
    return Ears(wake=stages.wake, second_opinion=stages.second_opinion, vad=stages.vad)
