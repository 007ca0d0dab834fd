"""Speech recognition by the gateway, for pipelines of Home Assistant."""

from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, override

from homeassistant.components.stt import (
    AudioBitRates,
    AudioChannels,
    AudioCodecs,
    AudioFormats,
    AudioSampleRates,
    SpeechMetadata,
    SpeechResult,
    SpeechResultState,
    SpeechToTextEntity,
)
from homeassistant.components.stt.models import SpeechAudioProcessing
from homeassistant.core import HomeAssistant
from homeassistant.helpers import chat_session
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import LocalVoiceEntity
from .errors import GatewayError
from .wake_tail import take_wake_tail_ms

if TYPE_CHECKING:
    from .gateway import LocalVoiceConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: LocalVoiceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the recogniser."""
    async_add_entities([LocalVoiceRecognizer(entry.runtime_data, "recognition")])


class LocalVoiceRecognizer(LocalVoiceEntity, SpeechToTextEntity):
    """Writes down what is said, as it is said. The gateway finds the end by itself, sooner than a fixed pause would."""

    @property
    @override
    def supported_languages(self) -> list[str]:
        """Those that the gateway was set up for, one or two."""
        return offered.languages if (offered := self.gateway.offered) else []

    @property
    @override
    def supported_formats(self) -> list[AudioFormats]:
        """WAV, which is to say none: the sound comes without its header."""
        return [AudioFormats.WAV]

    @property
    @override
    def supported_codecs(self) -> list[AudioCodecs]:
        """PCM."""
        return [AudioCodecs.PCM]

    @property
    @override
    def supported_bit_rates(self) -> list[AudioBitRates]:
        """16 bits a sample."""
        return [AudioBitRates.BITRATE_16]

    @property
    @override
    def supported_sample_rates(self) -> list[AudioSampleRates]:
        """16 kHz."""
        return [AudioSampleRates.SAMPLERATE_16000]

    @property
    @override
    def supported_channels(self) -> list[AudioChannels]:
        """Mono."""
        return [AudioChannels.CHANNEL_MONO]

    @property
    @override
    def audio_processing(self) -> SpeechAudioProcessing:
        """Leave the sound as it is, and its end to the gateway: its models were made for what microphones hear."""
        return SpeechAudioProcessing(
            requires_external_vad=False, prefers_auto_gain_enabled=False, prefers_noise_reduction_enabled=False
        )

    @override
    async def async_process_audio_stream(self, metadata: SpeechMetadata, stream: AsyncIterable[bytes]) -> SpeechResult:
        """Return the words as soon as the gateway is sure of them; what is still on its way is not waited for."""
        session = chat_session.current_session.get()
        try:
            text = await self.gateway.recognize(
                stream,
                language=metadata.language,
                wake_tail_ms=take_wake_tail_ms(),
                conversation_id="" if session is None else session.conversation_id,
            )
        except GatewayError as error:
            self.note_failure(error)
            return SpeechResult(None, SpeechResultState.ERROR)
        self.note_success()
        return SpeechResult(text, SpeechResultState.SUCCESS)
