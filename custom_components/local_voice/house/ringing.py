"""A timer of the gateway's that is up, announced at satellites of Home Assistant's."""

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from homeassistant.components.assist_satellite import DOMAIN as ASSIST_SATELLITE
from homeassistant.components.assist_satellite import AssistSatelliteEntityFeature
from homeassistant.const import ATTR_ENTITY_ID, ATTR_SUPPORTED_FEATURES, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CoreState, HomeAssistant, State, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..wire.timer_messages import TimerRung

if TYPE_CHECKING:
    from ..wire.timer_messages import RingTimer

SERVICE_ANNOUNCE: Final = "announce"
LOOK_AGAIN_S: Final = 1.0
"""Home Assistant's own satellites come one after the other when it starts, and may be busy with another announcement.
Whoever waits for the answer says for how long."""
MOST_AT_ONCE: Final = 8
"""Satellites of one room."""

_LOG = logging.getLogger(__name__)


async def ring(hass: HomeAssistant, asked: RingTimer) -> TimerRung:
    """Have it heard, however long that takes; return at once where there is no such satellite."""
    if asked.satellite_id:
        return TimerRung(id=asked.id, is_heard=await _patiently(hass, asked.satellite_id, asked.text))
    satellites = _of_area(hass, asked.area_id)[:MOST_AT_ONCE]
    heard = await asyncio.gather(*(_announced(hass, entity_id, asked.text) for entity_id in satellites))
    return TimerRung(id=asked.id, is_heard=any(heard))


async def _patiently(hass: HomeAssistant, entity_id: str, text: str) -> bool:
    """Announce at a satellite once it is there and not busy; False where Home Assistant does not know it at all."""
    while _may_come(hass, entity_id):
        if _can_announce(hass.states.get(entity_id)) and await _announced(hass, entity_id, text):
            return True
        if hass.state is CoreState.running and not _can_announce(hass.states.get(entity_id)):
            return False
        await asyncio.sleep(LOOK_AGAIN_S)
    return False


async def _announced(hass: HomeAssistant, entity_id: str, text: str) -> bool:
    """Return whether it was heard to its end; not where the satellite is busy, or cannot be reached."""
    try:
        await hass.services.async_call(
            ASSIST_SATELLITE, SERVICE_ANNOUNCE, {ATTR_ENTITY_ID: entity_id, "message": text}, blocking=True
        )
    except HomeAssistantError as error:  # its message may hold what was to be said
        _LOG.warning("%s could not announce a timer: %s", entity_id, type(error).__name__)
        return False
    return True


@callback
def _may_come(hass: HomeAssistant, entity_id: str) -> bool:
    return entity_id.startswith(f"{ASSIST_SATELLITE}.") and (
        hass.states.get(entity_id) is not None or er.async_get(hass).async_get(entity_id) is not None
    )


@callback
def _can_announce(state: State | None) -> bool:
    if state is None or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
        return False
    return bool(state.attributes.get(ATTR_SUPPORTED_FEATURES, 0) & AssistSatelliteEntityFeature.ANNOUNCE)


@callback
def _of_area(hass: HomeAssistant, area_id: str) -> list[str]:
    """Return the satellites in a room that can announce, without the gateway's own: it has found none of them there."""
    entities = er.async_get(hass)
    return sorted(
        state.entity_id
        for state in hass.states.async_all(ASSIST_SATELLITE)
        if _can_announce(state)
        and (entity := entities.async_get(state.entity_id)) is not None
        and entity.platform != DOMAIN
        and area_id in (entity.area_id, _area_of_device(hass, entity))
    )


@callback
def _area_of_device(hass: HomeAssistant, entity: er.RegistryEntry) -> str | None:
    """Return the room of an entity that has none of its own."""
    if entity.area_id is not None or entity.device_id is None:
        return None
    device = dr.async_get(hass).async_get(entity.device_id)
    return None if device is None else dr.async_get_effective_area_id(hass, device)
