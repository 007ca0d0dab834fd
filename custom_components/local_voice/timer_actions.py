"""The action `cancel_timer`: a timer, by its number or its name, runs no more."""

from typing import TYPE_CHECKING, Final

import probatio
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_config_entry

from .approvers import may_control
from .const import DOMAIN
from .errors import RefusedError

if TYPE_CHECKING:
    from .gateway import LocalVoiceConfigEntry

SERVICE_CANCEL_TIMER: Final = "cancel_timer"
ATTR_ENTRY: Final = "config_entry_id"
"""Needed only where there are several gateways."""
CANCEL_TIMER: Final = probatio.Schema(
    probatio.All(
        {
            probatio.Optional(ATTR_ENTRY): cv.string,
            probatio.Exclusive("timer_id", "which"): probatio.All(probatio.Coerce(int), probatio.Range(min=1)),
            probatio.Exclusive(probatio.Secret("name"), "which"): cv.string,
        },
        cv.has_at_least_one_key("timer_id", "name"),
    )
)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register it; once."""
    hass.services.async_register(DOMAIN, SERVICE_CANCEL_TIMER, _cancel_timer, CANCEL_TIMER, SupportsResponse.OPTIONAL)


async def _cancel_timer(call: ServiceCall) -> ServiceResponse:
    """Cancel the timer of this number, or all of this name; return how many there were. Raises GatewayError."""
    entry: LocalVoiceConfigEntry = async_get_config_entry(call.hass, DOMAIN, call.data.get(ATTR_ENTRY))
    await _check(call, entry)
    timers = entry.runtime_data.timers
    if "timer_id" in call.data:
        numbers = [call.data["timer_id"]]
    else:
        name = call.data["name"].strip().casefold()
        numbers = [timer.timer_id for timer in timers.running if timer.name.strip().casefold() == name and name]
    if not numbers:
        raise RefusedError("unknown_timer")
    for number in numbers:
        await timers.cancel(number)
    return {"cancelled": len(numbers)}


async def _check(call: ServiceCall, entry: LocalVoiceConfigEntry) -> None:
    """Let automations do it, and whoever may use all that this home can be asked for. Raises Unauthorized."""
    if call.context.user_id is None:
        return
    user = await call.hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise UnknownUser(context=call.context, config_entry_id=entry.entry_id)
    if not may_control(user):
        raise Unauthorized(context=call.context, config_entry_id=entry.entry_id)
