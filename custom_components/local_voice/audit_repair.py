"""Repairing an audit log that is not what it was: only a person can, who knows why, and has seen what is accepted."""

from typing import TYPE_CHECKING

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState

from .broker_issues import shown
from .witness import Verdict

if TYPE_CHECKING:
    from .broker import Broker
    from .wire.broker_messages import AuditHead


class AuditLogFlow(RepairsFlow):
    """Accept the log as it is now, or leave it an issue."""

    def __init__(self, entry_id: str) -> None:
        """The entry may be gone, or its gateway, by the time somebody looks."""
        self._entry_id = entry_id
        self._shown: AuditHead | None = None

    @property
    def _broker(self) -> Broker | None:
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return None
        broker: Broker = entry.runtime_data.broker
        return broker

    async def async_step_init(
        self,
        user_input: dict[str, str] | None = None,  # noqa: ARG002 - Home Assistant's signature
    ) -> RepairsFlowResult:
        """Show what was kept and what was found, and ask."""
        if (broker := self._broker) is None:
            return self.async_abort(reason="away")
        finding = broker.finding
        if finding is None or finding.verdict is Verdict.UNSIGNED:
            return self.async_abort(reason="gone")
        self._shown = finding.head
        return self.async_show_menu(
            step_id="init", menu_options=["accept", "leave"], description_placeholders=shown(broker, finding)
        )

    async def async_step_accept(
        self,
        user_input: dict[str, str] | None = None,  # noqa: ARG002 - Home Assistant's signature
    ) -> RepairsFlowResult:
        """Keep exactly what was shown; what the log has become since is judged from there."""
        if (broker := self._broker) is None:
            return self.async_abort(reason="away")
        if broker.finding is None or self._shown is None:
            return self.async_abort(reason="gone")
        await broker.accept(self._shown)
        return self.async_create_entry(data={})

    async def async_step_leave(
        self,
        user_input: dict[str, str] | None = None,  # noqa: ARG002 - Home Assistant's signature
    ) -> RepairsFlowResult:
        """Change nothing, and say what to do."""
        return self.async_abort(reason="left")
