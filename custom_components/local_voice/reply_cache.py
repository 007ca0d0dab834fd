"""Home Assistant's copies of spoken replies: they go when the gateway forgets something.

It keeps the sound of short replies by a hash of their text, and has no action for less than all of them.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from homeassistant.components.tts import DOMAIN as TTS
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

if TYPE_CHECKING:
    from datetime import datetime

    from .gateway import LocalVoiceConfigEntry

SERVICE_CLEAR_CACHE: Final = "clear_cache"
AGAIN_AFTER: Final = timedelta(seconds=10)
"""A reply that was still being spoken is written to the cache once it is over; by then it is."""


@callback
def async_watch(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    """Clear the cache when something was forgotten, and soon once more, until the entry is unloaded."""
    again: CALLBACK_TYPE | None = None

    @callback
    def clear() -> None:
        # Where there is no text-to-speech in Home Assistant, there is no cache either.
        if hass.services.has_service(TTS, SERVICE_CLEAR_CACHE):
            hass.async_create_task(hass.services.async_call(TTS, SERVICE_CLEAR_CACHE, blocking=True), "clear replies")

    @callback
    def clear_again(_now: datetime) -> None:
        nonlocal again
        again = None
        clear()

    @callback
    def forgotten(_everything: bool) -> None:
        nonlocal again
        if again is not None:
            again()
        clear()
        again = async_call_later(hass, AGAIN_AFTER, clear_again)

    @callback
    def stop() -> None:
        if again is not None:
            again()
            clear()

    entry.async_on_unload(entry.runtime_data.ledger.on_forgotten(forgotten))
    entry.async_on_unload(stop)
