"""What the commands of the page share: which gateway is meant, and an answer, or why there is none."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from homeassistant.components import websocket_api
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .errors import NotConnectedError, RefusedError

if TYPE_CHECKING:
    from .gateway import Gateway, LocalVoiceConfigEntry

type Told = dict[str, Any]


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
