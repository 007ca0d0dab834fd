"""Fans."""

from typing import Any

from homeassistant.components.fan import FanEntity, FanEntityFeature
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .thing import Thing, add_things

USUAL_PERCENT = 60


async def async_setup_entry(
    hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Put them up."""
    await add_things(hass, entry, async_add_entities, Fan, "fan")


class Fan(Thing, FanEntity):
    """A fan with speeds."""

    _attr_supported_features = FanEntityFeature.SET_SPEED | FanEntityFeature.TURN_ON | FanEntityFeature.TURN_OFF

    def become(self, *, is_working: bool) -> None:
        """Turn, or not."""
        self._attr_percentage = USUAL_PERCENT if is_working else 0

    async def async_turn_on(self, percentage: int | None = None, preset_mode: str | None = None, **kwargs: Any) -> None:
        """Turn it on."""
        await self.async_set_percentage(percentage or USUAL_PERCENT)

    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off."""
        await self.async_set_percentage(0)

    async def async_set_percentage(self, percentage: int) -> None:
        """Turn so fast."""
        self._attr_percentage = percentage
        self.async_write_ha_state()
