"""System information: which gateways are connected, and how quick they answer."""

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant, callback

from .const import CONF_VOICE_PIN, DOMAIN
from .wire.errand import ErrandError, fingerprint_of

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry

    from .gateway import LocalVoiceConfigEntry

REACH_S: Final = 4.0
"""Home Assistant gives the whole page little more."""


@callback
def async_register(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    register: SystemHealthRegistration,
) -> None:
    """Let the page know."""
    register.async_register_info(async_info)


async def async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return a line for each thing, with all gateways in it."""
    entries = hass.config_entries.async_entries(DOMAIN, include_ignore=False, include_disabled=False)
    loaded: list[LocalVoiceConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    gateways = [entry.runtime_data for entry in loaded]
    satellites = [satellite for gateway in gateways for satellite in gateway.satellites.values()]
    return {
        "connected": f"{sum(gateway.is_connected for gateway in gateways)}/{len(entries)}",
        "version": ", ".join(gateway.version for gateway in gateways),
        "satellites": f"{sum(satellite.connected for satellite in satellites)}/{len(satellites)}",
        "reach": _reach(entries),
    }


async def _reach(entries: list[ConfigEntry]) -> str:
    return ", ".join(await asyncio.gather(*(_answer(entry) for entry in entries)))


async def _answer(entry: ConfigEntry) -> str:
    """Return how long a gateway took to show its certificate: a connection, and TLS's own round trips."""
    began = monotonic()
    try:
        async with asyncio.timeout(REACH_S):
            pin = await fingerprint_of(entry.data[CONF_HOST], entry.data[CONF_PORT])
    except ErrandError, TimeoutError:
        return "unreachable"
    if pin.hex() != entry.data[CONF_VOICE_PIN]:
        return "another gateway"
    return f"{(monotonic() - began) * 1000:.0f} ms"
