"""People, and programs, with accounts in Home Assistant, and what each of them asks on the page."""

from dataclasses import dataclass
from typing import Any, Final, cast

from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.auth.models import RefreshToken, User
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import CLIENT_ID, MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

ACCOUNTS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "owner": (GROUP_ID_USER, {"is_owner": True}),
    "administrator": (GROUP_ID_ADMIN, {}),
    "member": (GROUP_ID_USER, {}),
    "reader": (GROUP_ID_READ_ONLY, {}),
    "program": (GROUP_ID_ADMIN, {"system_generated": True}),
    "members_program": (GROUP_ID_USER, {"system_generated": True}),
}
"""The group that an account is in, and what else is true of it."""


@dataclass(frozen=True, slots=True)
class Login:
    """An account that has logged in."""

    user: User
    token: RefreshToken
    access: str


async def log_in(hass: HomeAssistant, account: str) -> Login:
    """Make one of these accounts, and log it in."""
    group_id, about = ACCOUNTS[account]
    group = await hass.auth.async_get_group(group_id)
    assert group is not None
    user = MockUser(groups=[group], **about).add_to_hass(hass)
    client_id = None if user.system_generated else CLIENT_ID
    token = await hass.auth.async_create_refresh_token(user, client_id=client_id)
    return Login(user, token, hass.auth.async_create_access_token(token))


class Page:
    """What the page of one account asks."""

    def __init__(self, client: MockHAClientWebSocket, entry: MockConfigEntry, part: str = "ledger") -> None:
        """`part` is that of the commands which are asked."""
        self.client = client
        self.entry_id = entry.entry_id
        self.part = part

    async def ask(self, kind: str, **words: object) -> dict[str, Any]:
        """Return the answer to a command."""
        entry = {} if kind == "subscribe" else {"entry_id": self.entry_id}
        await self.client.send_json_auto_id({"type": f"local_voice/{self.part}/{kind}", **entry, **words})
        while (answer := await self.client.receive_json())["type"] != "result":
            pass
        return cast("dict[str, Any]", answer)

    async def result(self, kind: str, **words: object) -> dict[str, Any]:
        """Return what a command that is done comes to."""
        answer = await self.ask(kind, **words)
        assert answer["success"], answer
        return cast("dict[str, Any]", answer["result"])

    async def outcome(self, kind: str, **words: object) -> str:
        """Return `done`, or why a command is not."""
        answer = await self.ask(kind, **words)
        if answer["success"]:
            return "done"
        assert answer["error"]["message"]
        return str(answer["error"]["code"])

    async def told(self) -> dict[str, Any]:
        """Return the next event."""
        return cast("dict[str, Any]", (await self.client.receive_json())["event"])


async def open_page(
    hass: HomeAssistant, connect: WebSocketGenerator, entry: MockConfigEntry, login: Login, part: str = "ledger"
) -> Page:
    """Open the page as somebody."""
    return Page(await connect(hass, login.access), entry, part)
