"""The WebSocket commands of the page about gateways themselves: how they stand, and what people change about them.

Who may do what is looked at with each command, by account. What is remembered is asked for by the commands of
`ledger_api.py`, and what wants to leave the home by those of `consent_api.py`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import probatio
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from . import last_wakes
from .approvers import ADMINISTRATORS, EVERYONE, is_administrator, is_somebody, may_control
from .const import CONF_APPROVERS, CONF_MEMBERS_SEE_OWN_TURNS
from .errors import RefusedError
from .house.house import MOST_ENTITIES, screen_words
from .ledger_access import Act, asker_of
from .listeners import Listeners
from .page_commands import (
    COUNT,
    ID,
    PERCENT,
    Asked,
    Schema,
    Told,
    command,
    gateway_of,
    is_turned_away,
    tell_of_entries,
    teller,
)
from .page_standing import head_words, standing, without_time

if TYPE_CHECKING:
    from homeassistant.auth.models import User

    from .gateway import Gateway, LocalVoiceConfigEntry

NEWS: Final[HassKey[Listeners[()]]] = HassKey("local_voice_page_news")
"""Those who look at the page."""
MOST_WAKE_WORDS: Final = 64
"""As on the wire."""
SETTINGS: Final[Schema] = {
    probatio.Optional("stt_model"): ID,
    probatio.Optional("voice"): ID,
    probatio.Optional("wake_words"): probatio.All([ID], probatio.Length(min=1, max=MOST_WAKE_WORDS)),
    probatio.Optional("wake_sensitivity"): PERCENT,
}
OPTIONS: Final[Schema] = {
    probatio.Optional(CONF_APPROVERS): probatio.In([ADMINISTRATORS, EVERYONE]),
    probatio.Optional(CONF_MEMBERS_SEE_OWN_TURNS): bool,
}
AT_ONCE: Final = 50
"""Things that are looked at before other work gets its turn, as in `house/telling.py`."""


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the commands; once."""
    news: Listeners[()] = Listeners()
    hass.data[NEWS] = news
    for one in (subscribe, mute, cancel_timer, change_settings, change_options, things, verify):
        websocket_api.async_register_command(hass, one)

    tell_of_entries(hass, news.tell)


@callback
def async_watch(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    """Tell those who look at the page what changes about a gateway, until its entry is unloaded."""
    gateway, news = entry.runtime_data, hass.data[NEWS]
    last_wakes.async_watch(hass, entry)
    for listen in (gateway.on_change, gateway.broker.on_change, gateway.timers.on_change):
        entry.async_on_unload(listen(news.tell))
    entry.async_on_unload(gateway.on_turn(lambda _turn: news.tell()))


@websocket_api.websocket_command({probatio.Required("type"): "local_voice/page/subscribe"})
@callback
def subscribe(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Tell how it stands with all gateways: now, and whenever it is different."""
    if is_turned_away(connection, msg):
        return
    tell = teller(hass, connection, msg, lambda entry: standing(hass, entry, connection.user), without_time)
    connection.subscriptions[msg["id"]] = hass.data[NEWS].add(tell)
    connection.send_result(msg["id"])
    tell()


# What whoever may use switches may do


@command("page/mute", {probatio.Required("satellite_id"): ID, probatio.Required("muted"): bool})
async def mute(asked: Asked) -> Told:
    """Have a satellite listen no more, or again."""
    gateway = _gateway_for(asked, may_control)
    satellite = gateway.satellites.get(asked.words["satellite_id"])
    if satellite is None:
        raise RefusedError("unknown_satellite")
    if gateway.is_connected and not satellite.connected:
        raise RefusedError("satellite_away")
    gateway.mute(satellite.satellite_id, muted=asked.words["muted"])
    return {}


@command("page/cancel_timer", {probatio.Required("timer_id"): COUNT})
async def cancel_timer(asked: Asked) -> Told:
    """Have a timer, or a delayed command, run no more."""
    await _gateway_for(asked, may_control).timers.cancel(asked.words["timer_id"])
    return {}


# What administrators may change


@command("page/change_settings", SETTINGS)
async def change_settings(asked: Asked) -> Told:
    """Set the gateway up differently; answered when it is so."""
    gateway = _gateway_for(asked, is_administrator)
    await gateway.change_settings(**_chosen(asked, SETTINGS))
    return {}


@command("page/change_options", OPTIONS)
async def change_options(asked: Asked) -> Told:
    """Change who may approve, and who sees what: it is looked at whenever somebody asks, so nothing is set up anew."""
    entry = _entry_for(asked, is_administrator)
    options = {**entry.options, **_chosen(asked, OPTIONS)}
    asked.hass.config_entries.async_update_entry(entry, options=options)
    return {}


# What there is to look at


@command("page/things", {})
async def things(asked: Asked) -> Told:
    """Show what this home may be asked for by voice, of what the account may see, in the order of names."""
    entry, hass = asked.entry, asked.hass
    asker_of(asked.user, entry.options, Act.CORRECT)
    gateway_of(entry)
    permissions = asked.user.permissions
    found = []
    for count, entity_id in enumerate(hass.states.async_entity_ids(), 1):
        may_see = permissions.check_entity(entity_id, POLICY_READ)
        if may_see and (words := screen_words(hass, entity_id)) is not None:
            found.append(words)
        if len(found) == MOST_ENTITIES:
            break
        if count % AT_ONCE == 0:
            await asyncio.sleep(0)
    found.sort(key=lambda words: (words.name.casefold(), words.entity_id))
    return {"things": [asdict(words) for words in found]}


@command("page/verify", {})
async def verify(asked: Asked) -> Told:
    """Have the whole audit log read from its first row, and say what it proves."""
    check = await _gateway_for(asked, is_somebody).broker.verify()
    return {"rows": check.rows, "head": head_words(check.head), "verdict": check.verdict}


def _entry_for(asked: Asked, may: Callable[[User], bool]) -> LocalVoiceConfigEntry:
    """Return the entry of the gateway that is meant. Raises RefusedError `unauthorized` for who may not."""
    entry = asked.entry
    if not may(asked.user):
        raise RefusedError(websocket_api.ERR_UNAUTHORIZED)
    return entry


def _gateway_for(asked: Asked, may: Callable[[User], bool]) -> Gateway:
    return gateway_of(_entry_for(asked, may))


def _chosen(asked: Asked, schema: Schema) -> Told:
    """Return the words of a command that are in its schema, those that were given."""
    return {str(name): asked.words[str(name)] for name in schema if str(name) in asked.words}
