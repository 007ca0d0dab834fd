"""How the latest turns went, for diagnostics: outcomes and durations, and nothing that was said."""

from collections import Counter, deque
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .wire.messages import TurnBegan, TurnHappened

if TYPE_CHECKING:
    from .gateway import LocalVoiceConfigEntry

MOST_TURNS: Final = 50
"""A day of a household; enough to see what an issue report is about."""


class TurnLog:
    """What happened at a gateway's satellites since the entry was set up."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self._outcomes: Counter[str] = Counter()
        self._latest: deque[dict[str, Any]] = deque(maxlen=MOST_TURNS)

    @callback
    def note(self, turn: TurnBegan | TurnHappened) -> None:
        """Keep how a turn ended."""
        if isinstance(turn, TurnHappened):
            self._outcomes[turn.outcome] += 1
            self._latest.append({"outcome": turn.outcome, "stages_ms": dict(turn.stages_ms)})

    def as_dict(self) -> dict[str, Any]:
        """Return it for a file."""
        return {"outcomes": dict(self._outcomes), "latest": list(self._latest)}


LOGS: Final[HassKey[dict[str, TurnLog]]] = HassKey("local_voice_turn_logs")


@callback
def async_watch(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    """Keep the log of an entry's turns until it is unloaded."""
    logs = hass.data.setdefault(LOGS, {})
    log = logs[entry.entry_id] = TurnLog()
    entry.async_on_unload(entry.runtime_data.on_turn(log.note))

    @callback
    def forget() -> None:
        del logs[entry.entry_id]

    entry.async_on_unload(forget)
