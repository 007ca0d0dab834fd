"""The WebSocket commands of the page on which people see, approve and refuse what wants to leave the home.

Who may do what is looked at with each command, by account. What a request consists of, and what came back, goes from
the broker to who asked for it, and nowhere else.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import probatio
from homeassistant.components import websocket_api
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util.hass_dict import HassKey

from . import page_commands
from .approvers import may_allow, may_decide
from .const import DOMAIN
from .errors import RefusedError
from .listeners import Listeners
from .page_commands import Told, entries, entry_of, gateway_of
from .wire.consent_messages import LONGEST_PIN_CHARS, Consent, Preview

if TYPE_CHECKING:
    from homeassistant.auth.models import User

    from .consent import CloudRequests
    from .gateway import Gateway, LocalVoiceConfigEntry

type _Ask = Callable[[CloudRequests], Awaitable[Told]]

NEWS: Final[HassKey[Listeners[()]]] = HassKey("local_voice_consent_news")
"""Those who look at the page."""
OF_REQUEST: Final[dict[str | probatio.Marker, Any]] = {
    probatio.Required("entry_id"): str,
    probatio.Required("request_id"): probatio.All(str, probatio.Length(min=1, max=255)),
}
NOT_ON_THE_PAGE: Final = ("id", "error", "message")
"""Of a preview: what concerns the connection only."""


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the commands; once."""
    news: Listeners[()] = Listeners()
    hass.data[NEWS] = news
    for command in (subscribe, preview, approve, refuse, allow, answer):
        websocket_api.async_register_command(hass, command)

    @callback
    def changed(_change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain == DOMAIN:
            news.tell()

    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, changed)


@callback
def async_watch(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    """Tell those who look at the page what changes about a gateway, until its entry is unloaded."""
    gateway = entry.runtime_data
    entry.async_on_unload(gateway.broker.on_change(hass.data[NEWS].tell))
    entry.async_on_unload(gateway.on_change(hass.data[NEWS].tell))  # satellites have names


@websocket_api.websocket_command({probatio.Required("type"): "local_voice/consent/subscribe"})
@callback
def subscribe(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Tell how it stands with all gateways: now, and whenever it is different."""
    told: list[Told] | None = None

    @callback
    def tell() -> None:
        nonlocal told
        gateways = [_standing(entry, connection.user) for entry in entries(hass)]
        known = [_without_time(gateway) for gateway in gateways]
        if known != told:
            told = known
            connection.send_event(msg["id"], {"gateways": gateways})

    connection.subscriptions[msg["id"]] = hass.data[NEWS].add(tell)
    connection.send_result(msg["id"])
    tell()


@websocket_api.websocket_command({probatio.Required("type"): "local_voice/consent/preview", **OF_REQUEST})
@websocket_api.async_response
async def preview(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Show what would be sent, byte for byte."""

    async def ask(cloud: CloudRequests) -> Told:
        return _shown(*await cloud.preview(msg["request_id"]))

    await _answer(hass, connection, msg, ask)


@websocket_api.websocket_command(
    {
        probatio.Required("type"): "local_voice/consent/approve",
        **OF_REQUEST,
        probatio.Required("hash"): probatio.Match(r"\A[0-9a-f]{64}\Z"),
        probatio.Required("nonce"): probatio.Match(r"\A[0-9a-f]{32}\Z"),
        probatio.Optional(probatio.Secret("pin"), default=""): probatio.All(
            str, probatio.Length(max=LONGEST_PIN_CHARS)
        ),
    }
)
@websocket_api.async_response
async def approve(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Let it be sent, once."""

    async def ask(cloud: CloudRequests) -> Told:
        await cloud.approve(
            msg["request_id"], digest=msg["hash"], nonce=msg["nonce"], pin=msg["pin"], user_id=connection.user.id
        )
        return {}

    await _answer(hass, connection, msg, ask)


@websocket_api.websocket_command({probatio.Required("type"): "local_voice/consent/refuse", **OF_REQUEST})
@websocket_api.async_response
async def refuse(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Let it not be sent."""

    async def ask(cloud: CloudRequests) -> Told:
        await cloud.refuse(msg["request_id"], user_id=connection.user.id)
        return {}

    await _answer(hass, connection, msg, ask)


@websocket_api.websocket_command(
    {
        probatio.Required("type"): "local_voice/consent/allow",
        probatio.Required("entry_id"): str,
        probatio.Required("is_allowed"): bool,
    }
)
@websocket_api.async_response
async def allow(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Turn the switch; administrators only."""

    async def ask(cloud: CloudRequests) -> Told:
        if not may_allow(connection.user):
            raise RefusedError(websocket_api.ERR_UNAUTHORIZED)
        await cloud.allow(msg["is_allowed"], user_id=connection.user.id)
        return {}

    await _answer(hass, connection, msg, ask)


@websocket_api.websocket_command({probatio.Required("type"): "local_voice/consent/answer", **OF_REQUEST})
@websocket_api.async_response
async def answer(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Tell what came back."""

    async def ask(cloud: CloudRequests) -> Told:
        return {"text": await cloud.answer(msg["request_id"])}

    await _answer(hass, connection, msg, ask)


async def _answer(
    hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any], ask: _Ask
) -> None:
    """Answer with what `ask` returns of a gateway, where the account may decide there; otherwise say why not."""

    async def asked() -> Told:
        entry = entry_of(hass, msg["entry_id"])
        if not may_decide(connection.user, entry.options):
            raise RefusedError(websocket_api.ERR_UNAUTHORIZED)
        return await ask(gateway_of(entry).broker.cloud)

    await page_commands.answer(connection, msg, asked())


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
        "is_admin": may_allow(user),
        **told,
    }


def _name_of(gateway: Gateway, satellite_id: str) -> str:
    satellite = gateway.satellites.get(satellite_id)
    return "" if satellite is None else satellite.name


def _without_time(gateway: Told) -> Told:
    """Return what does not change by itself."""
    return {**gateway, "waiting": [{**waiting, "left_s": None} for waiting in gateway["waiting"]]}


def _shown(preview: Preview, raw: bytes) -> Told:
    words = asdict(preview)
    for name in NOT_ON_THE_PAGE:
        del words[name]
    return {**words, "bytes": b64encode(raw).decode("ascii")}
