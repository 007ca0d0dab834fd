"""Timers that nobody could ring for, shown among Home Assistant's notifications."""

from itertools import count
from typing import TYPE_CHECKING, Final

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN

if TYPE_CHECKING:
    from .gateway import LocalVoiceConfigEntry

TITLE: Final = "Local Voice"
MOST_SHOWN: Final = 10
"""Of one gateway: where there are more, the newest take the place of the oldest."""


@callback
def async_watch(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    """Show what a gateway tells of, until its entry is unloaded; people put it away themselves."""
    numbers = count()

    @callback
    def show(text: str) -> None:
        notice = f"{DOMAIN}_timer_{entry.entry_id}_{next(numbers) % MOST_SHOWN}"
        persistent_notification.async_create(hass, text, TITLE, notice)

    entry.async_on_unload(entry.runtime_data.timers.on_unheard(show))
