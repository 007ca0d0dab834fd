"""System information: which gateways are connected, how quick they answer, and how their promise is kept."""

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant, callback

from .const import CONF_VOICE_PIN, DOMAIN
from .protection import level_of
from .wire.errand import ErrandError, fingerprint_of
from .witness import short

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry

    from .broker import Broker
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
        "protection": ", ".join(_protection(gateway.broker) for gateway in gateways),
        "audit_log": ", ".join(_audit_log(gateway.broker) for gateway in gateways),
        "cloud": ", ".join(_cloud(gateway.broker) for gateway in gateways),
        "reach": _reach(entries),
    }


def _protection(broker: Broker) -> str:
    return "unknown" if broker.protection is None else level_of(broker.protection).value


def _audit_log(broker: Broker) -> str:
    """Return the kept head, as somebody at the gateway compares it, and what is wrong with the log."""
    head = "unknown" if broker.head is None else short(broker.head)
    return head if broker.finding is None else f"{head} ({broker.finding.verdict})"


def _cloud(broker: Broker) -> str:
    """Return whether the cloud is allowed, how many destinations there are, and what left the home this month."""
    latest = broker.cloud.latest
    if latest is None:
        return "unknown"
    allowed = "on" if latest.is_allowed else "off"
    return f"{allowed} ({len(latest.destinations)}; {latest.sent_bytes} B in {latest.month})"


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
