"""A satellite of somebody else's, as a Voice PE is one: it announces, and remembers what."""

from typing import Any

from homeassistant.components import tts
from homeassistant.components.assist_pipeline import PipelineEvent
from homeassistant.components.assist_satellite import (
    AssistSatelliteAnnouncement,
    AssistSatelliteConfiguration,
    AssistSatelliteEntity,
    AssistSatelliteEntityFeature,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .thing import Thing


async def async_setup_entry(
    hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Put it on the desk."""
    async_add_entities([Satellite("assist_satellite", "Office satellite", "Office")])


class Satellite(Thing, AssistSatelliteEntity):
    """It has no microphone; what is said to it comes by the WebSocket API, with its device."""

    _attr_supported_features = AssistSatelliteEntityFeature.ANNOUNCE

    def __init__(self, domain: str, name: str, room: str) -> None:
        """Have announced nothing yet."""
        super().__init__(domain, name, room)
        self._announced: list[str] = []

    @property
    def extra_state_attributes(self) -> dict[str, Any]:
        """What was announced, and how many bytes of sound each took."""
        return {"announced": self._announced}

    def async_get_configuration(self) -> AssistSatelliteConfiguration:
        """Have no wake words."""
        return AssistSatelliteConfiguration([], [], 0)

    async def async_set_configuration(self, config: AssistSatelliteConfiguration) -> None:
        """Take none."""

    def on_pipeline_event(self, event: PipelineEvent) -> None:
        """Run no pipelines."""

    async def async_announce(self, announcement: AssistSatelliteAnnouncement) -> None:
        """Fetch the sound to its end, as a loudspeaker does."""
        stream = tts.async_get_stream(self.hass, announcement.tts_token or "")
        size_bytes = sum([len(piece) async for piece in stream.async_stream_result()]) if stream else 0
        self._announced = [*self._announced, f"{announcement.message} {size_bytes}"]
        self.async_write_ha_state()
