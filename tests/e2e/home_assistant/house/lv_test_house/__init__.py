"""A small house to talk to: lights, a lock, a heater, media players, a satellite. They only remember what was done."""

from homeassistant.config_entries import SOURCE_IMPORT, ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .audio_packages import restore_names

DOMAIN = "lv_test_house"
PLATFORMS = (Platform.ASSIST_SATELLITE, Platform.LIGHT, Platform.LOCK, Platform.MEDIA_PLAYER, Platform.SWITCH)
CONFIG_SCHEMA = cv.empty_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set the house up as soon as it is in configuration.yaml."""
    restore_names()
    if DOMAIN in config and not hass.config_entries.async_entries(DOMAIN):
        hass.async_create_task(hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_IMPORT}))
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Furnish it."""
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Clear it."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
