"""Lights: that only go on and off, that can be dimmed, that have colours."""

from typing import Any

from homeassistant.components.light import (
    ATTR_BRIGHTNESS,
    ATTR_COLOR_TEMP_KELVIN,
    ATTR_RGB_COLOR,
    ColorMode,
    LightEntity,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .thing import Thing, add_things

BRIGHTNESS = 200
WARM_KELVIN = 3000


async def async_setup_entry(
    hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Hang them up."""
    await add_things(hass, entry, async_add_entities, Light, "light")


class Light(Thing, LightEntity):
    """What it can do stands in `supported_color_modes`; colours where nothing does."""

    def __init__(self, description: dict[str, Any]) -> None:
        """Make it as it is described."""
        modes = description["attributes"].get("supported_color_modes", ("color_temp", "rgb"))
        self._attr_supported_color_modes = {ColorMode(mode) for mode in modes}
        super().__init__(description)

    def become(self, *, is_working: bool) -> None:
        """Shine warm white, or not."""
        self._attr_is_on = is_working
        modes = self._attr_supported_color_modes or set()
        plain = ColorMode.BRIGHTNESS if ColorMode.BRIGHTNESS in modes else ColorMode.ONOFF
        self._attr_color_mode = ColorMode.COLOR_TEMP if ColorMode.COLOR_TEMP in modes else plain
        self._attr_brightness = BRIGHTNESS
        self._attr_color_temp_kelvin = WARM_KELVIN
        self._attr_rgb_color = None

    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn it on."""
        self._attr_is_on = True
        self._attr_brightness = kwargs.get(ATTR_BRIGHTNESS, self._attr_brightness)
        if ATTR_RGB_COLOR in kwargs:
            self._attr_color_mode, self._attr_rgb_color = ColorMode.RGB, kwargs[ATTR_RGB_COLOR]
        if ATTR_COLOR_TEMP_KELVIN in kwargs:
            self._attr_color_mode, self._attr_color_temp_kelvin = ColorMode.COLOR_TEMP, kwargs[ATTR_COLOR_TEMP_KELVIN]
        self.async_write_ha_state()

    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off."""
        self._attr_is_on = False
        self.async_write_ha_state()
