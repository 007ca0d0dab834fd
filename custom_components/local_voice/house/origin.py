"""Where something was said, in Home Assistant's terms."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from homeassistant.components import assist_satellite, conversation
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er

from ..entity import satellite_identifier

if TYPE_CHECKING:
    from ..gateway import Gateway, LocalVoiceConfigEntry, Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """On whose behalf, in which language, and at which device something is done."""

    context: Context
    language: str
    device_id: str | None = None
    satellite_id: str | None = None
    """The entity of the satellite."""
    area_id: str | None = None
    stands_in: str | None = None
    """The room of that device as Home Assistant has it, whatever the gateway says; it counts for what is protected."""
    may_confirm: bool = True
    """Whether somebody may have said yes: at a satellite only the gateway knows, here an answer was waited for."""
    agent_id: str | None = None
    """The conversation entity that understood it: it also carries out what is to be done later."""


@callback
def language_of(hass: HomeAssistant, gateway: Gateway) -> str:
    """Return the language that the gateway hears."""
    return gateway.offered.language if gateway.offered is not None else hass.config.language


@callback
def said_at_satellite(
    hass: HomeAssistant, gateway: Gateway, entry: LocalVoiceConfigEntry, satellite_id: str, area_id: str | None
) -> Origin:
    """Return the origin of what was said at a satellite of the gateway."""
    identifier = satellite_identifier(gateway, satellite_id)
    device = dr.async_get(hass).async_get_device_by_identifier(identifier, entry.entry_id)
    device_id = None if device is None else device.id
    return Origin(
        context=Context(),
        language=language_of(hass, gateway),
        device_id=device_id,
        satellite_id=_entity_of(hass, entry, assist_satellite.DOMAIN, device_id) if device_id else None,
        area_id=area_id,
        stands_in=None if device is None else dr.async_get_effective_area_id(hass, device),
        agent_id=_entity_of(hass, entry, conversation.DOMAIN),
    )


@callback
def said_to_home_assistant(
    hass: HomeAssistant, gateway: Gateway, entry: LocalVoiceConfigEntry, said: Said, area_id: str | None
) -> Origin:
    """Return the origin of what was said to Home Assistant."""
    return Origin(
        context=said.context,
        language=said.language or language_of(hass, gateway),
        device_id=said.device_id,
        satellite_id=said.satellite_id,
        area_id=area_id or said.area_id,
        stands_in=said.area_id,
        may_confirm=said.is_answer,
        agent_id=_entity_of(hass, entry, conversation.DOMAIN),
    )


def _entity_of(
    hass: HomeAssistant, entry: LocalVoiceConfigEntry, domain: str, device_id: str | None = None
) -> str | None:
    """Return the entry's entity of this kind, at this device if one is named."""
    registry = er.async_get(hass)
    return next(
        (
            entity.entity_id
            for entity in er.async_entries_for_config_entry(registry, entry.entry_id)
            if entity.domain == domain and device_id in (None, entity.device_id)
        ),
        None,
    )
