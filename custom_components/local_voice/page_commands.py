"""What the commands of the page share: what is accepted, who asks which gateway, the answer, or why there is none."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import probatio
from homeassistant.components import websocket_api
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .approvers import is_somebody
from .const import DOMAIN
from .errors import GatewayError, NotConnectedError, RefusedError
from .ledger_access import Act, Asker, asker_of

if TYPE_CHECKING:
    from homeassistant.auth.models import User

    from .gateway import Gateway, LocalVoiceConfigEntry
    from .ledger import Ledger
    from .wire.codec import Message

type Told = dict[str, Any]
type Schema = dict[str | probatio.Marker, Any]

LARGEST_COUNT: Final = 2**53
"""As on the wire, as are the other bounds."""
NAME: Final = probatio.All(str, probatio.Length(max=255))
ID: Final = probatio.All(str, probatio.Length(min=1, max=255))
MOMENT: Final = probatio.All(str, probatio.Length(max=40))
HEX32: Final = probatio.All(str, probatio.Match(r"\A[0-9a-f]{32}\Z"))
COUNT: Final = probatio.All(int, probatio.Range(min=0, max=LARGEST_COUNT))
PERCENT: Final = probatio.All(int, probatio.Range(min=0, max=100))
NOT_ON_THE_PAGE: Final = ("id", "error", "message")
"""Of an answer: what concerns the connection only."""


@callback
def entries(hass: HomeAssistant) -> list[LocalVoiceConfigEntry]:
    """Return the entries of all gateways that people see."""
    return hass.config_entries.async_entries(DOMAIN, include_ignore=False, include_disabled=False)


@callback
def entry_of(hass: HomeAssistant, entry_id: str) -> LocalVoiceConfigEntry:
    """Return the entry of a gateway. Raises RefusedError `not_found`."""
    entry = next((entry for entry in entries(hass) if entry.entry_id == entry_id), None)
    if entry is None:
        raise RefusedError(websocket_api.ERR_NOT_FOUND)
    return entry


@callback
def gateway_of(entry: LocalVoiceConfigEntry) -> Gateway:
    """Return the gateway of an entry. Raises NotConnectedError while it is not set up."""
    if entry.state is not ConfigEntryState.LOADED:
        raise NotConnectedError
    return entry.runtime_data


async def answer(connection: websocket_api.ActiveConnection, msg: dict[str, Any], asked: Awaitable[Told]) -> None:
    """Answer a command with what `asked` returns, or say why there is nothing."""
    try:
        connection.send_result(msg["id"], await asked)
    except NotConnectedError as error:
        connection.send_error(msg["id"], "not_connected", str(error))
    except RefusedError as error:
        connection.send_error(msg["id"], error.code, error.message or str(error))
    except GatewayError as error:  # it is another gateway, or speaks another version
        connection.send_error(msg["id"], str(error.translation_key), str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command about one gateway, from one account. Nothing is done before `may`."""

    hass: HomeAssistant
    user: User
    refresh_token_id: str | None
    """The login that the command came by."""
    words: dict[str, Any]

    @property
    def entry(self) -> LocalVoiceConfigEntry:
        """The gateway's. Raises RefusedError `not_found`."""
        return entry_of(self.hass, self.words["entry_id"])

    def may(self, act: Act) -> tuple[Asker, Ledger]:
        """Return as whom it is done, and the ledger. Raises RefusedError `unauthorized` first, NotConnectedError."""
        entry = self.entry
        asker = asker_of(self.user, entry.options, act)
        return asker, gateway_of(entry).ledger


def command(name: str, words: Schema) -> Callable[[Callable[[Asked], Awaitable[Told]]], Any]:
    """Make a function the command `local_voice/NAME` about one gateway; what it returns is the answer."""
    kind: Schema = {probatio.Required("type"): f"{DOMAIN}/{name}", probatio.Required("entry_id"): str}

    def decorate(do: Callable[[Asked], Awaitable[Told]]) -> Any:
        @websocket_api.websocket_command({**kind, **words})
        @websocket_api.async_response
        async def handle(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
            asked = Asked(hass=hass, user=connection.user, refresh_token_id=connection.refresh_token_id, words=msg)
            await answer(connection, msg, do(asked))

        return handle

    return decorate


def shown(told: Message) -> Told:
    """Return an answer as people get it."""
    words = asdict(told)
    for name in NOT_ON_THE_PAGE:
        del words[name]
    return words


@callback
def is_turned_away(connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> bool:
    """Tell whether an account that is nobody's asks to be told of something, and say so to it."""
    if is_somebody(connection.user):
        return False
    refused = RefusedError(websocket_api.ERR_UNAUTHORIZED)
    connection.send_error(msg["id"], refused.code, str(refused))
    return True


@callback
def tell_of_entries(hass: HomeAssistant, tell: Callable[[], None]) -> None:
    """Have `tell` called whenever something about an entry of ours is different, for as long as Home Assistant runs."""

    @callback
    def changed(_change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain == DOMAIN:
            tell()

    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, changed)


def _all_of_it(_entry: LocalVoiceConfigEntry, told: Told) -> Told:
    return told


def teller(
    hass: HomeAssistant,
    connection: websocket_api.ActiveConnection,
    msg: dict[str, Any],
    standing: Callable[[LocalVoiceConfigEntry], Told],
    lasting: Callable[[LocalVoiceConfigEntry, Told], Told] = _all_of_it,
) -> Callable[[], None]:
    """Return what tells a subscriber how it stands with all gateways, where that is different from what it was told.

    `lasting` returns of a gateway's standing what does not change by itself, as time that is left does.
    """
    known: list[Told] | None = None

    @callback
    def tell() -> None:
        nonlocal known
        gateways = [(entry, standing(entry)) for entry in entries(hass)]
        found = [lasting(entry, gateway) for entry, gateway in gateways]
        if found != known:
            known = found
            connection.send_event(msg["id"], {"gateways": [gateway for _, gateway in gateways]})

    return tell
