"""The actions `forget` and `correct`: what automations and scripts may do with the turns that are remembered.

Whoever called an action is who asks; an automation that nobody called has no account (`ledger_access`). What is given
to an action stands in Home Assistant's own history of events, so nothing is asked for there that need not be.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import probatio
from homeassistant.components.assist_satellite import DOMAIN as ASSIST_SATELLITE
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.service import async_get_config_entry
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .devices import satellite_of
from .errors import RefusedError
from .ledger_access import AUTOMATION, BY_AUTOMATIONS, Act, Asker, asker_of
from .ledger_teaching import RULE_TEXT, act_of_correction, have_corrected
from .page_commands import HEX32, shown
from .wire.ledger_messages import MOST_TURNS, SelectionWords

if TYPE_CHECKING:
    from .gateway import Gateway, LocalVoiceConfigEntry

SERVICE_FORGET: Final = "forget"
SERVICE_CORRECT: Final = "correct"
ATTR_ENTRY: Final = "config_entry_id"
"""Needed only where there are several gateways."""
_DAY: Final = timedelta(days=1)

FORGET: Final = probatio.Schema(
    {
        probatio.Optional(ATTR_ENTRY): cv.string,
        probatio.Optional("turn_id"): probatio.All(cv.ensure_list, [HEX32], probatio.Length(min=1, max=MOST_TURNS)),
        probatio.Optional("satellite"): cv.entity_domain(ASSIST_SATELLITE),
        probatio.Optional("area_id"): cv.string,
        probatio.Optional("last"): cv.positive_time_period,
        probatio.Exclusive("day", "beginning"): cv.date,
        probatio.Exclusive("since", "beginning"): cv.datetime,
        probatio.Optional("until"): cv.datetime,
        probatio.Optional("everything", default=False): cv.boolean,
    }
)
CORRECT: Final = probatio.Schema(
    {
        probatio.Optional(ATTR_ENTRY): cv.string,
        probatio.Required("turn_id"): HEX32,
        probatio.Optional(probatio.Secret("meant"), default=""): RULE_TEXT,
        probatio.Optional(probatio.Secret("said"), default=""): RULE_TEXT,
        probatio.Optional("entity_id", default=""): probatio.Any("", cv.entity_id),
        probatio.Optional("keep", default=False): cv.boolean,
        probatio.Optional("despite_harm", default=False): cv.boolean,
    }
)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register them; once."""
    for name, do, schema in ((SERVICE_FORGET, _forget, FORGET), (SERVICE_CORRECT, _correct, CORRECT)):
        hass.services.async_register(DOMAIN, name, do, schema, SupportsResponse.OPTIONAL)


async def _forget(call: ServiceCall) -> ServiceResponse:
    """Have turns forgotten, and return how many there were."""
    entry = _entry_of(call)
    everything: bool = call.data["everything"]
    asker = await _asker_of(call, entry, Act.FORGET_EVERYTHING if everything else Act.FORGET)
    selection = _selection(call, entry.runtime_data)
    if everything is (selection != SelectionWords()):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="which_turns")
    forgotten = await entry.runtime_data.ledger.forget(
        selection, everything=everything, of_user=asker.of_user, user_id=asker.user_id
    )
    return shown(forgotten)


async def _correct(call: ServiceCall) -> ServiceResponse:
    """Say what was meant, and return what would come of it, or with `keep` what has."""
    entry = _entry_of(call)
    asker = await _asker_of(call, entry, act_of_correction(call.data))
    return await have_corrected(entry.runtime_data.ledger, asker, call.data)


def _entry_of(call: ServiceCall) -> LocalVoiceConfigEntry:
    """Return the entry that is meant, or the only one. Raises ServiceValidationError."""
    return async_get_config_entry(call.hass, DOMAIN, call.data.get(ATTR_ENTRY))


async def _asker_of(call: ServiceCall, entry: LocalVoiceConfigEntry, act: Act) -> Asker:
    """Return who asks. Raises Unauthorized."""
    if call.context.user_id is None:
        if act in BY_AUTOMATIONS:
            return AUTOMATION
        raise Unauthorized(context=call.context, config_entry_id=entry.entry_id)
    user = await call.hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise UnknownUser(context=call.context, config_entry_id=entry.entry_id)
    try:
        return asker_of(user, entry.options, act)
    except RefusedError as error:
        raise Unauthorized(context=call.context, config_entry_id=entry.entry_id) from error


def _selection(call: ServiceCall, gateway: Gateway) -> SelectionWords:
    chosen = call.data
    since, until = chosen.get("since"), chosen.get("until")
    if (day := chosen.get("day")) is not None:
        since = dt_util.start_of_local_day(day)
        end = dt_util.start_of_local_day(day + _DAY)
        until = end if until is None else min(end, dt_util.as_utc(until))
    return SelectionWords(
        turn_ids=tuple(chosen["turn_id"]) if "turn_id" in chosen else None,
        satellite_id=_satellite_id(call.hass, gateway, chosen["satellite"]) if "satellite" in chosen else None,
        area_id=chosen.get("area_id"),
        since=_moment(since),
        until=_moment(until),
        last_s=round(chosen["last"].total_seconds()) if "last" in chosen else None,
    )


def _moment(at: datetime | None) -> str:
    """Return a moment as the gateway has it; one without a zone is by Home Assistant's clock."""
    return "" if at is None else dt_util.as_utc(at).isoformat()


def _satellite_id(hass: HomeAssistant, gateway: Gateway, entity_id: str) -> str:
    """Return what the gateway calls a satellite: its own ones by their id, Home Assistant's by their entity."""
    entity = er.async_get(hass).async_get(entity_id)
    device = None if entity is None or entity.device_id is None else dr.async_get(hass).async_get(entity.device_id)
    return (None if device is None else satellite_of(gateway, device)) or entity_id
