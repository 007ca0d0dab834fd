"""A household that is asked too often whether something may leave it: a repair, since who is asked all day says yes."""

from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_change

from .broker_issues import ASKED_OFTEN
from .consent import WAITING, Fate
from .const import DOMAIN

if TYPE_CHECKING:
    from datetime import datetime

    from .gateway import LocalVoiceConfigEntry

MOST_A_DAY: Final = 5
"""Above it, people read less and less of what they are asked."""


@callback
def async_watch(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    """Count the requests of a day, until the entry is unloaded."""
    cloud, issue_id, asked = entry.runtime_data.broker.cloud, ASKED_OFTEN + entry.entry_id, 0

    @callback
    def count(fate: Fate) -> None:
        nonlocal asked
        asked += fate.fate == WAITING
        if asked > MOST_A_DAY:
            ir.async_create_issue(
                hass,
                DOMAIN,
                issue_id,
                is_fixable=False,
                severity=ir.IssueSeverity.WARNING,
                translation_key="asked_often",
                translation_placeholders={"gateway": entry.title, "count": str(MOST_A_DAY)},
            )

    @callback
    def begin_anew(_now: datetime) -> None:
        nonlocal asked
        if asked <= MOST_A_DAY:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
        asked = 0

    @callback
    def look() -> None:
        if cloud.latest is not None and not cloud.latest.is_allowed:
            ir.async_delete_issue(hass, DOMAIN, issue_id)

    entry.async_on_unload(cloud.on_fate(count))
    entry.async_on_unload(entry.runtime_data.broker.on_change(look))
    entry.async_on_unload(async_track_time_change(hass, begin_anew, hour=0, minute=0, second=0))
