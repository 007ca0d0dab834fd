"""Switches of a satellite: whether it listens."""

from typing import TYPE_CHECKING, Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import SatelliteEntity, add_for_each_satellite

if TYPE_CHECKING:
    from .gateway import Gateway, LocalVoiceConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: LocalVoiceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a switch for each satellite."""
    gateway = entry.runtime_data
    add_for_each_satellite(gateway, entry, async_add_entities, lambda one: [ListeningSwitch(gateway, one)])


class ListeningSwitch(SatelliteEntity, SwitchEntity):
    """Whether a satellite listens. Off, it sends no sound at all; its own button does the same."""

    def __init__(self, gateway: Gateway, satellite_id: str) -> None:
        """Belong to a satellite."""
        super().__init__(gateway, satellite_id, "listening")

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it listens."""
        satellite = self.satellite
        return None if satellite is None else not satellite.muted

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Listen again."""
        self.gateway.mute(self.satellite_id, muted=False)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Listen no more."""
        self.gateway.mute(self.satellite_id, muted=True)
