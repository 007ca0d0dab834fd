"""Forgetting everything: somebody asks for it with a button, and an administrator confirms it among the repairs.

A button cannot ask back, and anybody who sees a dashboard can press it; so pressing it forgets nothing.
"""

from typing import TYPE_CHECKING, Final

from homeassistant.components.http import KEY_HASS_USER
from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.http import current_request

from .const import DOMAIN
from .errors import GatewayError
from .ledger_access import Act, asker_of

if TYPE_CHECKING:
    from homeassistant.auth.models import User

    from .ledger import Ledger

FORGET_EVERYTHING: Final = "forget_everything_"
"""What the issues' ids begin with; the entry's id follows."""


@callback
def async_ask(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Ask an administrator whether everything is to be forgotten; again where somebody ignored that once."""
    async_forget(hass, entry)
    ir.async_create_issue(
        hass,
        DOMAIN,
        FORGET_EVERYTHING + entry.entry_id,
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key="forget_everything",
        translation_placeholders={"gateway": entry.title},
        data={"entry_id": entry.entry_id},
    )


@callback
def async_forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Ask no more."""
    ir.async_delete_issue(hass, DOMAIN, FORGET_EVERYTHING + entry.entry_id)


class ForgetEverythingFlow(RepairsFlow):
    """Forget everything, or nothing."""

    def __init__(self, entry_id: str) -> None:
        """The entry may be gone, or its gateway, by the time somebody looks."""
        self._entry_id = entry_id

    async def async_step_init(
        self,
        user_input: dict[str, str] | None = None,  # noqa: ARG002 - Home Assistant's signature
    ) -> RepairsFlowResult:
        """Ask."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        return self.async_show_menu(
            step_id="init",
            menu_options=["forget", "keep"],
            description_placeholders={"gateway": "" if entry is None else entry.title},
        )

    async def async_step_forget(
        self,
        user_input: dict[str, str] | None = None,  # noqa: ARG002 - Home Assistant's signature
    ) -> RepairsFlowResult:
        """Forget it."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="away")
        ledger: Ledger = entry.runtime_data.ledger
        try:
            asker = asker_of(_user(), entry.options, Act.FORGET_EVERYTHING)
            await ledger.forget(everything=True, user_id=asker.user_id)
        except GatewayError as error:
            return self.async_abort(reason="failed", description_placeholders={"why": str(error)})
        return self.async_create_entry(data={})

    async def async_step_keep(
        self,
        user_input: dict[str, str] | None = None,  # noqa: ARG002 - Home Assistant's signature
    ) -> RepairsFlowResult:
        """Forget nothing, and ask no more."""
        ir.async_delete_issue(self.hass, DOMAIN, self.issue_id)
        return self.async_abort(reason="kept")


def _user() -> User:
    """Return who is asked: repairs come by HTTP, which knows who is logged in."""
    request = current_request.get()
    assert request is not None  # noqa: S101 - the flow's steps are called by a view
    user: User = request[KEY_HASS_USER]
    return user
