"""Actions of the integration."""

from typing import Final

from homeassistant.components.assist_satellite import DOMAIN as ASSIST_SATELLITE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.service import async_register_platform_entity_service

from . import ledger_actions, timer_actions
from .const import DOMAIN

SERVICE_LISTEN: Final = "listen"


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions; they stay when no gateway is set up, so that automations stay valid."""
    async_register_platform_entity_service(
        hass, DOMAIN, SERVICE_LISTEN, entity_domain=ASSIST_SATELLITE, func="async_listen", schema=None
    )
    ledger_actions.async_setup(hass)
    timer_actions.async_setup(hass)
