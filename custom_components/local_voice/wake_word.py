"""Wake words found by the gateway, for pipelines of Home Assistant."""

from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, override

from homeassistant.components.wake_word import DetectionResult, WakeWord, WakeWordDetectionEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import LocalVoiceEntity
from .errors import GatewayError
from .tape import Tape
from .wake_tail import leave_wake_tail_ms

if TYPE_CHECKING:
    from .gateway import LocalVoiceConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: LocalVoiceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the detector."""
    async_add_entities([LocalVoiceWakeWords(entry.runtime_data, "wake_word")])


class LocalVoiceWakeWords(LocalVoiceEntity, WakeWordDetectionEntity):
    """Finds wake words in a stream, and gives back what was said right after one, so that nobody needs to pause.

    A client that lets its pipeline buffer sound before the wake word (`audio_seconds_to_buffer`) hears that part twice.
    """

    @override
    async def get_supported_wake_words(self) -> list[WakeWord]:
        """Return what is installed."""
        offered = self.gateway.offered
        return [WakeWord(known.id, known.phrase, known.phrase) for known in offered.known_wake_words] if offered else []

    @override
    async def _async_process_audio_stream(
        self, stream: AsyncIterable[tuple[bytes, int]], wake_word_id: str | None
    ) -> DetectionResult | None:
        """Return the wake word once it was said; None where the sound ends without it."""
        leave_wake_tail_ms(0)
        offered = self.gateway.offered
        chosen = (wake_word_id,) if wake_word_id else offered.wake_words if offered else ()
        tape = Tape(stream)
        try:
            detected = await self.gateway.detect(tape.play(), wake_words=chosen)
            self.note_success()
            tape.check()
            if not detected.wake_word:
                return None
            leave_wake_tail_ms(detected.tail_ms)
            return DetectionResult(
                wake_word_id=detected.wake_word,
                wake_word_phrase=self._phrase(detected.wake_word),
                timestamp=detected.heard_ms,
                queued_audio=await tape.since(detected.heard_ms - detected.lead_in_ms),
            )
        except GatewayError as error:
            self.note_failure(error)
            return None
        finally:
            await tape.close()

    def _phrase(self, wake_word: str) -> str:
        known = self.gateway.offered.known_wake_words if self.gateway.offered else ()
        return next((each.phrase for each in known if each.id == wake_word), wake_word)
