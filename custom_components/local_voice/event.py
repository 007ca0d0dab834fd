"""What happens, for automations: a satellite woke, it understood or did not; a request wants to leave the home.

Not a word of what was said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, override

from homeassistant.components.event import EventEntity, EventExtraStoredData
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import last_wakes
from .consent import GONE, WAITING, Fate
from .entity import CloudEntity, SatelliteEntity, add_for_each_satellite
from .wire.messages import TurnBegan, TurnHappened

if TYPE_CHECKING:
    from .gateway import Gateway, LocalVoiceConfigEntry

PARALLEL_UPDATES = 0

WAKE: Final = "wake"
UNDERSTOOD: Final = "understood"
NOT_UNDERSTOOD: Final = "not_understood"
_UNDERSTOOD_AS: Final = frozenset({"action", "answer", "question", "not_confirmed", "never_mind", "forgotten"})
"""How a turn ends whose words meant something here."""

CONSENT: Final[Mapping[str, str]] = {
    WAITING: "asked",
    "answered": "answered",
    "refused": "refused",
    "expired": "expired",
    "failed": "failed",
    "withdrawn": "withdrawn",
    "revoked": "withdrawn",
    GONE: "withdrawn",
}
"""What each thing that becomes of a request is as an event. That it is being sent is none: something else follows."""


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: LocalVoiceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the gateway's event, and one for each satellite."""
    gateway = entry.runtime_data
    async_add_entities([ConsentEvent(gateway)])
    add_for_each_satellite(gateway, entry, async_add_entities, lambda one: [TurnEvent(gateway, entry, one)])


@dataclass
class StoredTurn(EventExtraStoredData):
    """What is kept of a satellite's event while Home Assistant restarts."""

    last_wake_at: str
    """UTC, ISO 8601; empty where it is not known. The event's own time is lost where its satellite goes away first."""


class TurnEvent(SatelliteEntity, EventEntity):
    """What became of a turn. One in which nothing was heard, or that failed, was neither understood nor not."""

    _attr_event_types = [WAKE, UNDERSTOOD, NOT_UNDERSTOOD]  # noqa: RUF012 - Home Assistant's own way to say it

    def __init__(self, gateway: Gateway, entry: LocalVoiceConfigEntry, satellite_id: str) -> None:
        """Belong to a satellite."""
        super().__init__(gateway, satellite_id, "turn")
        self._entry = entry

    @property
    @override
    def extra_restore_state_data(self) -> StoredTurn:
        """What is kept while Home Assistant restarts."""
        stored = super().extra_restore_state_data
        return StoredTurn(
            stored.last_event_type,
            stored.last_event_attributes,
            last_wakes.last_wake_at(self.hass, self._entry, self.satellite_id),
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Hear of turns from now on."""
        await super().async_added_to_hass()
        if (stored := await self.async_get_last_extra_data()) is not None:
            last_wakes.restore(self.hass, self._entry, self.satellite_id, stored.as_dict().get("last_wake_at"))
        self.async_on_remove(self.gateway.on_turn(self._on_turn))

    @callback
    def _on_turn(self, turn: TurnBegan | TurnHappened) -> None:
        if turn.satellite_id != self.satellite_id or (kind := _kind(turn)) is None:
            return
        told = {"wake_word": turn.wake_word}
        if isinstance(turn, TurnHappened):
            told["outcome"] = turn.outcome
        self._trigger_event(kind, told)
        self.async_write_ha_state()


class ConsentEvent(CloudEntity, EventEntity):
    """A request that wants to leave the home waits for a person, and what became of it."""

    _attr_event_types = list(dict.fromkeys(CONSENT.values()))  # noqa: RUF012 - Home Assistant's own way to say it

    def __init__(self, gateway: Gateway) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, "consent")

    @override
    async def async_added_to_hass(self) -> None:
        """Hear of requests from now on."""
        await super().async_added_to_hass()
        self.async_on_remove(self.gateway.broker.cloud.on_fate(self._on_fate))

    @callback
    def _on_fate(self, fate: Fate) -> None:
        if (kind := CONSENT.get(fate.fate)) is None:
            return
        told = {
            "request_id": fate.request_id,
            "satellite_id": fate.satellite_id,
            "content": fate.content,
            "destination_id": fate.destination_id,
        }
        self._trigger_event(kind, told)
        self.async_write_ha_state()


def _kind(turn: TurnBegan | TurnHappened) -> str | None:
    if isinstance(turn, TurnBegan):
        return WAKE if turn.wake_word else None
    if turn.outcome in _UNDERSTOOD_AS:
        return UNDERSTOOD
    return NOT_UNDERSTOOD if turn.outcome == NOT_UNDERSTOOD else None
