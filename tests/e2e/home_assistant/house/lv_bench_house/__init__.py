"""A house whose things stand in a file, for benchmarks: they only remember what was done, and are put back at once."""

import json
from pathlib import Path
from typing import Any

from custom_components.lv_test_house.audio_packages import restore_names  # type: ignore[import-not-found]  # is there when it runs
from homeassistant.components import websocket_api
from homeassistant.config_entries import SOURCE_IMPORT, ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import device_registry
from homeassistant.helpers.typing import ConfigType

from .const import BECOME, DOMAIN, FURNITURE, WORKING
from .recognize import websocket_recognize
from .thing import THINGS, Thing
from .told import tell

PLATFORMS = (
    Platform.CLIMATE,
    Platform.COVER,
    Platform.FAN,
    Platform.LIGHT,
    Platform.MEDIA_PLAYER,
    Platform.SWITCH,
    Platform.TODO,
)
CONFIG_SCHEMA = cv.empty_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set the house up as soon as it is in configuration.yaml."""
    restore_names()
    things: list[Thing] = []
    hass.data[THINGS] = things

    async def become(call: ServiceCall) -> None:
        for thing in things:
            thing.become(is_working=call.data["condition"] == WORKING)
            thing.async_write_ha_state()

    hass.services.async_register(DOMAIN, BECOME, become)
    websocket_api.async_register_command(hass, websocket_recognize)
    if DOMAIN in config and not hass.config_entries.async_entries(DOMAIN):
        hass.async_create_task(hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_IMPORT}))
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Furnish it, and put up the microphone that people speak to."""
    furniture = await hass.async_add_executor_job(_furniture, Path(hass.config.path(FURNITURE)))
    entry.runtime_data = [described for described in furniture if "state" not in described]
    for described in furniture:
        if "state" in described:
            tell(hass, entry, described)
    device_registry.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, "microphone")}, name="Microphone"
    )
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Clear it."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


def _furniture(path: Path) -> list[dict[str, Any]]:
    furniture: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return furniture
