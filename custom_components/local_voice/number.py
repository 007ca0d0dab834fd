"""Numbers of the gateway: how readily it wakes."""

from typing import TYPE_CHECKING, override

from homeassistant.components.number import NumberEntity, NumberMode
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import LocalVoiceEntity

if TYPE_CHECKING:
    from .gateway import Gateway, LocalVoiceConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: LocalVoiceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the gateway's numbers."""
    async_add_entities([WakeSensitivityNumber(entry.runtime_data)])


class WakeSensitivityNumber(LocalVoiceEntity, NumberEntity):
    """How readily the gateway takes something for the wake word: more is heard from afar, and more by mistake."""

    _attr_entity_category = EntityCategory.CONFIG
    _attr_mode = NumberMode.SLIDER
    _attr_native_max_value = 100
    _attr_native_min_value = 0
    _attr_native_step = 1
    _attr_native_unit_of_measurement = PERCENTAGE

    def __init__(self, gateway: Gateway) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, "wake_sensitivity")

    @property
    @override
    def native_value(self) -> int | None:
        """The sensitivity in use."""
        offered = self.gateway.offered
        return None if offered is None else offered.wake_sensitivity

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Use this from now on."""
        await self.gateway.change_settings(wake_sensitivity=round(value))
