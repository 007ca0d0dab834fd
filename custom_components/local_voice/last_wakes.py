"""When each satellite woke last, for the page. Its event (`event.py`) keeps that while Home Assistant restarts."""

from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .wire.messages import TurnBegan, TurnHappened

if TYPE_CHECKING:
    from .gateway import LocalVoiceConfigEntry

KNOWN: Final[HassKey[dict[str, dict[str, str]]]] = HassKey("local_voice_last_wakes")
"""By entry, then by satellite: it outlives an entry that is loaded anew. Only satellites that are paired are in it."""


@callback
def async_watch(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    """Note it from now on, until the entry is unloaded."""

    @callback
    def note(turn: TurnBegan | TurnHappened) -> None:
        if isinstance(turn, TurnBegan) and turn.wake_word:
            _note(hass, entry, turn.satellite_id, dt_util.utcnow().isoformat(timespec="milliseconds"))

    entry.async_on_unload(entry.runtime_data.on_turn(note))


@callback
def restore(hass: HomeAssistant, entry: LocalVoiceConfigEntry, satellite_id: str, at: object) -> None:
    """Take what was kept while Home Assistant restarted, unless the satellite woke since."""
    if not last_wake_at(hass, entry, satellite_id) and isinstance(at, str) and dt_util.parse_datetime(at) is not None:
        _note(hass, entry, satellite_id, at)


@callback
def async_forget(hass: HomeAssistant, entry_id: str) -> None:
    """Forget it: the entry is gone."""
    hass.data.get(KNOWN, {}).pop(entry_id, None)


@callback
def last_wake_at(hass: HomeAssistant, entry: LocalVoiceConfigEntry, satellite_id: str) -> str:
    """Return when a satellite woke last: UTC, ISO 8601; nothing where that is not known."""
    return hass.data.get(KNOWN, {}).get(entry.entry_id, {}).get(satellite_id, "")


def _note(hass: HomeAssistant, entry: LocalVoiceConfigEntry, satellite_id: str, at: str) -> None:
    known = hass.data.setdefault(KNOWN, {})
    paired = entry.runtime_data.satellites
    wakes = {**known.get(entry.entry_id, {}), satellite_id: at}
    known[entry.entry_id] = {known_id: at for known_id, at in wakes.items() if known_id in paired}
