"""What the commands about the ledger share: what is accepted, who asks which gateway, and the answer."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import probatio
from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant

from .ledger_access import Act, Asker, asker_of
from .page_commands import Told, answer, entry_of, gateway_of

if TYPE_CHECKING:
    from homeassistant.auth.models import User

    from .gateway import LocalVoiceConfigEntry
    from .ledger import Ledger
    from .wire.codec import Message

type Schema = dict[str | probatio.Marker, Any]

LARGEST_COUNT: Final = 2**53
"""As on the wire, as are the other bounds."""
NAME: Final = probatio.All(str, probatio.Length(max=255))
ID: Final = probatio.All(str, probatio.Length(min=1, max=255))
MOMENT: Final = probatio.All(str, probatio.Length(max=40))
HEX32: Final = probatio.All(str, probatio.Match(r"\A[0-9a-f]{32}\Z"))
COUNT: Final = probatio.All(int, probatio.Range(min=0, max=LARGEST_COUNT))
NOT_ON_THE_PAGE: Final = ("id", "error", "message")
"""Of an answer: what concerns the connection only."""


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
    """Make a function the command `local_voice/ledger/NAME` about one gateway; what it returns is the answer."""
    kind: Schema = {probatio.Required("type"): f"local_voice/ledger/{name}", probatio.Required("entry_id"): str}

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
