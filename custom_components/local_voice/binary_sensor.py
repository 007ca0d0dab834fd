"""Whether the gateway, and each satellite, is connected."""

from typing import TYPE_CHECKING, override

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import LocalVoiceEntity, SatelliteEntity, add_for_each_satellite

if TYPE_CHECKING:
    from .gateway import Gateway, LocalVoiceConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: LocalVoiceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a sensor for the gateway, and one for each satellite."""
    gateway = entry.runtime_data
    async_add_entities([GatewayConnected(gateway)])
    add_for_each_satellite(gateway, entry, async_add_entities, lambda one: [SatelliteConnected(gateway, one)])


class _Connected(BinarySensorEntity):
    """Known at all times, also while nobody is there."""

    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    @override
    def available(self) -> bool:
        """Always."""
        return True


class GatewayConnected(_Connected, LocalVoiceEntity):
    """Whether the gateway is connected."""

    def __init__(self, gateway: Gateway) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, "connected")

    @property
    @override
    def is_on(self) -> bool:
        """Whether it is."""
        return self.gateway.is_connected


class SatelliteConnected(_Connected, SatelliteEntity):
    """Whether a satellite is connected to the gateway, and that to us."""

    def __init__(self, gateway: Gateway, satellite_id: str) -> None:
        """Belong to a satellite."""
        super().__init__(gateway, satellite_id, "connected")

    @property
    @override
    def is_on(self) -> bool:
        """Whether it is."""
        satellite = self.satellite
        return self.gateway.is_connected and satellite is not None and satellite.connected
