"""The WebSocket commands of the page on which people see, approve and refuse what wants to leave the home.

Who may do what is looked at with each command, by account. What a request consists of, and what came back, goes from
the broker to who asked for it, and nowhere else.
"""

from base64 import b64encode
from dataclasses import asdict
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import probatio
from homeassistant.components import websocket_api
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .approvers import is_administrator, may_decide
from .errors import RefusedError
from .listeners import Listeners
from .page_commands import (
    ID,
    Asked,
    Schema,
    Told,
    command,
    gateway_of,
    is_turned_away,
    shown,
    tell_of_entries,
    teller,
)
from .wire.consent_messages import LONGEST_PIN_CHARS, Consent

if TYPE_CHECKING:
    from homeassistant.auth.models import User

    from .consent import CloudRequests
    from .gateway import Gateway, LocalVoiceConfigEntry

NEWS: Final[HassKey[Listeners[()]]] = HassKey("local_voice_consent_news")
"""Those who look at the page."""
OF_REQUEST: Final[Schema] = {probatio.Required("request_id"): ID}


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the commands; once."""
    news: Listeners[()] = Listeners()
    hass.data[NEWS] = news
    for one in (subscribe, preview, approve, refuse, allow, answer):
        websocket_api.async_register_command(hass, one)
    tell_of_entries(hass, news.tell)


@callback
def async_watch(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    """Tell those who look at the page what changes about a gateway, until its entry is unloaded."""
    gateway = entry.runtime_data
    entry.async_on_unload(gateway.broker.on_change(hass.data[NEWS].tell))
    entry.async_on_unload(gateway.on_change(hass.data[NEWS].tell))  # satellites have names


@websocket_api.websocket_command({probatio.Required("type"): "local_voice/consent/subscribe"})
@callback
def subscribe(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Tell how it stands with all gateways: now, and whenever it is different. What waits is no secret among people."""
    if is_turned_away(connection, msg):
        return
    tell = teller(hass, connection, msg, lambda entry: _standing(entry, connection.user), _without_time)
    connection.subscriptions[msg["id"]] = hass.data[NEWS].add(tell)
    connection.send_result(msg["id"])
    tell()


@command("consent/preview", OF_REQUEST)
async def preview(asked: Asked) -> Told:
    """Show what would be sent, byte for byte."""
    words, raw = await _cloud(asked).preview(asked.words["request_id"])
    return {**shown(words), "bytes": b64encode(raw).decode("ascii")}


@command(
    "consent/approve",
    {
        **OF_REQUEST,
        probatio.Required("hash"): probatio.Match(r"\A[0-9a-f]{64}\Z"),
        probatio.Required("nonce"): probatio.Match(r"\A[0-9a-f]{32}\Z"),
        probatio.Optional(probatio.Secret("pin"), default=""): probatio.All(
            str, probatio.Length(max=LONGEST_PIN_CHARS)
        ),
    },
)
async def approve(asked: Asked) -> Told:
    """Let it be sent, once."""
    words = asked.words
    await _cloud(asked).approve(
        words["request_id"], digest=words["hash"], nonce=words["nonce"], pin=words["pin"], user_id=asked.user.id
    )
    return {}


@command("consent/refuse", OF_REQUEST)
async def refuse(asked: Asked) -> Told:
    """Let it not be sent."""
    await _cloud(asked).refuse(asked.words["request_id"], user_id=asked.user.id)
    return {}


@command("consent/allow", {probatio.Required("is_allowed"): bool})
async def allow(asked: Asked) -> Told:
    """Turn the switch; administrators only."""
    cloud = _cloud(asked)
    if not is_administrator(asked.user):
        raise RefusedError(websocket_api.ERR_UNAUTHORIZED)
    await cloud.allow(asked.words["is_allowed"], user_id=asked.user.id)
    return {}


@command("consent/answer", OF_REQUEST)
async def answer(asked: Asked) -> Told:
    """Tell what came back."""
    return {"text": await _cloud(asked).answer(asked.words["request_id"])}


def _cloud(asked: Asked) -> CloudRequests:
    """Return the requests of the gateway that is meant. Raises RefusedError `unauthorized`, NotConnectedError."""
    entry = asked.entry
    if not may_decide(asked.user, entry.options):
        raise RefusedError(websocket_api.ERR_UNAUTHORIZED)
    return gateway_of(entry).broker.cloud


def _standing(entry: LocalVoiceConfigEntry, user: User) -> Told:
    """Return how it stands with a gateway, as the page wants it."""
    gateway = entry.runtime_data if entry.state is ConfigEntryState.LOADED else None
    latest = None if gateway is None else gateway.broker.cloud.latest
    told = asdict(latest or Consent(is_allowed=False, has_pin=False))
    if gateway is not None:
        passed_s = monotonic() - gateway.broker.cloud.told_s
        for waiting in told["waiting"]:
            waiting["left_s"] = max(0, round(waiting["left_s"] - passed_s))
        for request in (*told["waiting"], *told["decided"]):
            request["satellite_name"] = _name_of(gateway, request["satellite_id"])
    return {
        "entry_id": entry.entry_id,
        "name": entry.title,
        "connected": latest is not None,
        "may_approve": may_decide(user, entry.options),
        "is_admin": is_administrator(user),
        **told,
    }


def _name_of(gateway: Gateway, satellite_id: str) -> str:
    satellite = gateway.satellites.get(satellite_id)
    return "" if satellite is None else satellite.name


def _without_time(_entry: LocalVoiceConfigEntry, gateway: Told) -> Told:
    """Return what does not change by itself."""
    return {**gateway, "waiting": [{**waiting, "left_s": None} for waiting in gateway["waiting"]]}
