"""The gateway's voices, for pipelines and actions of Home Assistant."""

from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.tts import (
    ATTR_VOICE,
    TextToSpeechEntity,
    TTSAudioResponse,
    TtsAudioType,
    Voice,
)
from homeassistant.components.tts.entity import TTSAudioRequest
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import LocalVoiceEntity
from .reply_log import without_words
from .wav import wav_header

if TYPE_CHECKING:
    from .gateway import Gateway, LocalVoiceConfigEntry
    from .wire.messages import VoiceWords

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: LocalVoiceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the speaker."""
    async_add_entities([LocalVoiceSpeaker(entry.runtime_data, "speech")])


class LocalVoiceSpeaker(LocalVoiceEntity, TextToSpeechEntity):
    """Says a text while it is being written, and sends the sound while it is being made."""

    _attr_supported_options = [ATTR_VOICE]  # noqa: RUF012 - Home Assistant's attribute, of the instance's type

    def __init__(self, gateway: Gateway, key: str) -> None:
        """Know the voices that are installed."""
        super().__init__(gateway, key)
        self._know_voices()

    @override
    async def async_added_to_hass(self) -> None:
        """Keep what cannot be said out of the log."""
        await super().async_added_to_hass()
        self.async_on_remove(without_words())

    @callback
    @override
    def gateway_changed(self) -> None:
        """Know voices that are new, and which is the usual one."""
        self._know_voices()
        super().gateway_changed()

    @callback
    @override
    def async_get_supported_voices(self, language: str) -> list[Voice] | None:
        """Return a language's voices, the likeliest first."""
        return [Voice(voice.id, voice.name) for voice in self._voices(language)] or None

    @override
    async def async_stream_tts_audio(self, request: TTSAudioRequest) -> TTSAudioResponse:
        """Return sound that is still being made."""
        sound = self._wav(request.message_gen, request.language, request.options)
        return TTSAudioResponse("wav", sound)

    @override
    async def async_get_tts_audio(self, message: str, language: str, options: dict[str, Any]) -> TtsAudioType:
        """Return all of the sound, as a file that says how long it is."""

        async def whole() -> AsyncGenerator[str]:
            yield message

        rate_hz, sound = await self._speak(whole(), language, options)
        async with aclosing(sound):
            pcm = b"".join([piece async for piece in sound])
        return "wav", wav_header(rate_hz, len(pcm)) + pcm

    async def _wav(self, text: AsyncIterable[str], language: str, options: dict[str, Any]) -> AsyncGenerator[bytes]:
        rate_hz, sound = await self._speak(text, language, options)
        async with aclosing(sound):
            yield wav_header(rate_hz)
            async for piece in sound:
                yield piece

    async def _speak(
        self, text: AsyncIterable[str], language: str, options: dict[str, Any]
    ) -> tuple[int, AsyncGenerator[bytes]]:
        """Begin to speak, with the voice that is asked for where it speaks the language."""
        voices = self._voices(language)
        wanted = options.get(ATTR_VOICE)
        voice = wanted if wanted in {voice.id for voice in voices} else voices[0].id if voices else ""
        return await self.gateway.speak(text, language=language, voice=voice)

    def _voices(self, language: str) -> list[VoiceWords]:
        """Return a language's voices, the usual one first."""
        offered = self.gateway.offered
        if offered is None:
            return []
        voices = [voice for voice in offered.voices if voice.language == language]
        return sorted(voices, key=lambda voice: (voice.id != offered.voice, voice.name))

    @callback
    def _know_voices(self) -> None:
        offered = self.gateway.offered
        if offered is None:
            return
        usual = next((voice.language for voice in offered.voices if voice.id == offered.voice), offered.language)
        self._attr_default_language = usual
        self._attr_supported_languages = sorted({usual, *(voice.language for voice in offered.voices)})
        # Home Assistant keeps sound by text and options: were the voice not among them, the old one would be heard.
        self._attr_default_options = {ATTR_VOICE: offered.voice}
