"""Thermostats."""

from typing import Any

from homeassistant.components.climate import ATTR_TEMPERATURE, ClimateEntity, ClimateEntityFeature, HVACMode
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .thing import Thing, add_things

USUAL_C = 20.0
NOW_C = 21.0


async def async_setup_entry(
    hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Put them up."""
    await add_things(hass, entry, async_add_entities, Thermostat, "climate")


class Thermostat(Thing, ClimateEntity):
    """It heats to a temperature, or not."""

    _attr_hvac_modes = [HVACMode.OFF, HVACMode.HEAT]  # noqa: RUF012 - as Home Assistant declares it
    _attr_temperature_unit = UnitOfTemperature.CELSIUS
    _attr_current_temperature = NOW_C
    _attr_supported_features = (
        ClimateEntityFeature.TARGET_TEMPERATURE | ClimateEntityFeature.TURN_ON | ClimateEntityFeature.TURN_OFF
    )

    def become(self, *, is_working: bool) -> None:
        """Heat, or not."""
        self._attr_hvac_mode = HVACMode.HEAT if is_working else HVACMode.OFF
        self._attr_target_temperature = USUAL_C

    async def async_set_temperature(self, **kwargs: Any) -> None:
        """Heat so far."""
        self._attr_target_temperature = kwargs[ATTR_TEMPERATURE]
        self.async_write_ha_state()

    async def async_set_hvac_mode(self, hvac_mode: HVACMode) -> None:
        """Heat, or not."""
        self._attr_hvac_mode = hvac_mode
        self.async_write_ha_state()

    async def async_turn_on(self) -> None:
        """Heat."""
        await self.async_set_hvac_mode(HVACMode.HEAT)

    async def async_turn_off(self) -> None:
        """Heat no more."""
        await self.async_set_hvac_mode(HVACMode.OFF)
