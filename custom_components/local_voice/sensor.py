"""How the gateway and its satellites do: how fast they answered, how often they were spoken to, and woke in vain.

What the broker tells is in `broker_sensors.py`, what of timers in `timer_entities.py`.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_time_change
from homeassistant.helpers.restore_state import RestoreEntity
from homeassistant.util import dt as dt_util

from .broker_sensors import AuditLogSensor, CloudBytesSensor, ProtectionSensor
from .day_count import DayCount
from .entity import LocalVoiceEntity, SatelliteEntity, add_for_each_satellite
from .timer_entities import NextTimerSensor
from .wire.messages import TurnHappened

if TYPE_CHECKING:
    from .gateway import Gateway, LocalVoiceConfigEntry
    from .wire.messages import TurnBegan

PARALLEL_UPDATES = 0

_NOTHING_HEARD: Final = "nothing_heard"


@dataclass(frozen=True, kw_only=True)
class CountDescription(SensorEntityDescription):
    """A number of turns since midnight."""

    counts: Callable[[TurnHappened], bool]
    """Whether a turn is one of them."""


LATENCY: Final = SensorEntityDescription(
    key="latency",
    device_class=SensorDeviceClass.DURATION,
    state_class=SensorStateClass.MEASUREMENT,
    native_unit_of_measurement=UnitOfTime.MILLISECONDS,
    suggested_display_precision=0,
)
"""From the end of speech to the first sound of the answer, in the last turn that had one."""
COUNTS: Final = (
    CountDescription(
        key="turns_today",
        state_class=SensorStateClass.TOTAL,
        counts=lambda turn: turn.outcome != _NOTHING_HEARD,
    ),
    CountDescription(
        key="false_wakes_today",
        state_class=SensorStateClass.TOTAL,
        counts=lambda turn: turn.outcome == _NOTHING_HEARD and bool(turn.wake_word),
    ),
)
VERSION: Final = SensorEntityDescription(
    key="version", entity_category=EntityCategory.DIAGNOSTIC, entity_registry_enabled_default=False
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: LocalVoiceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the gateway's sensors, and those of each satellite."""
    gateway = entry.runtime_data
    async_add_entities(
        [
            LatencySensor(gateway),
            *(CountSensor(gateway, description) for description in COUNTS),
            VersionSensor(gateway),
            ProtectionSensor(gateway),
            AuditLogSensor(gateway),
            CloudBytesSensor(gateway),
            NextTimerSensor(gateway),
        ]
    )
    add_for_each_satellite(
        gateway,
        entry,
        async_add_entities,
        lambda one: [
            SatelliteLatencySensor(gateway, one),
            *(SatelliteCountSensor(gateway, one, description) for description in COUNTS),
        ],
    )


class _OfTurns(SensorEntity):
    """A sensor that changes with turns."""

    gateway: Gateway

    @override
    async def async_added_to_hass(self) -> None:
        """Hear of turns from now on."""
        await super().async_added_to_hass()
        self.async_on_remove(self.gateway.on_turn(self._on_turn))

    @callback
    def _on_turn(self, turn: TurnBegan | TurnHappened) -> None:
        if isinstance(turn, TurnHappened) and self._is_concerned(turn):
            self._happened(turn)
            self.async_write_ha_state()

    def _is_concerned(self, turn: TurnHappened) -> bool:  # noqa: ARG002 - the gateway's sensors are about all turns
        return True

    @abstractmethod
    def _happened(self, turn: TurnHappened) -> None:
        """Take what a turn tells."""


class _Latency(_OfTurns):
    """How long the last answer took."""

    entity_description = LATENCY

    @override
    def _happened(self, turn: TurnHappened) -> None:
        if (first_sound_ms := turn.stages_ms.get("first_sound")) is not None:
            self._attr_native_value = round(first_sound_ms)


class _Count(_OfTurns, RestoreEntity):
    """How many turns of a kind there were since midnight; a restart of Home Assistant does not forget them."""

    entity_description: CountDescription
    _today: DayCount

    @property
    @override
    def native_value(self) -> int:
        """The count."""
        return self._today.count

    @property
    @override
    def last_reset(self) -> datetime:
        """Midnight."""
        return dt_util.start_of_local_day(self._today.day)

    @property
    @override
    def extra_restore_state_data(self) -> DayCount:
        """What a restart must not forget."""
        return self._today

    @override
    async def async_added_to_hass(self) -> None:
        """Go on counting where a restart interrupted, and begin anew at midnight."""
        self._today = DayCount(dt_util.now().date())
        await super().async_added_to_hass()
        stored = await self.async_get_last_extra_data()
        before = None if stored is None else DayCount.from_dict(stored.as_dict())
        if before is not None and before.day == self._today.day:
            self._today = DayCount(before.day, before.count + self._today.count)
        self.async_on_remove(async_track_time_change(self.hass, self._new_day, hour=0, minute=0, second=0))

    @callback
    def _new_day(self, now: datetime) -> None:
        self._today = DayCount(dt_util.as_local(now).date())
        self.async_write_ha_state()

    @override
    def _happened(self, turn: TurnHappened) -> None:
        if self.entity_description.counts(turn):
            self._today = DayCount(self._today.day, self._today.count + 1)


class _OfSatellite(SatelliteEntity):
    """Only the turns of one satellite, for those who want to know it by room."""

    _attr_entity_registry_enabled_default = False

    def _is_concerned(self, turn: TurnHappened) -> bool:
        return turn.satellite_id == self.satellite_id


class LatencySensor(LocalVoiceEntity, _Latency):
    """How long the gateway's last answer took."""

    def __init__(self, gateway: Gateway) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, LATENCY.key)


class SatelliteLatencySensor(_OfSatellite, _Latency):
    """How long a satellite's last answer took."""

    def __init__(self, gateway: Gateway, satellite_id: str) -> None:
        """Belong to a satellite."""
        super().__init__(gateway, satellite_id, LATENCY.key)


class CountSensor(LocalVoiceEntity, _Count):
    """How many turns of a kind the gateway had since midnight."""

    def __init__(self, gateway: Gateway, description: CountDescription) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, description.key)
        self.entity_description = description


class SatelliteCountSensor(_OfSatellite, _Count):
    """How many turns of a kind a satellite had since midnight."""

    def __init__(self, gateway: Gateway, satellite_id: str, description: CountDescription) -> None:
        """Belong to a satellite."""
        super().__init__(gateway, satellite_id, description.key)
        self.entity_description = description


class VersionSensor(LocalVoiceEntity, SensorEntity):
    """The gateway's version."""

    entity_description = VERSION

    def __init__(self, gateway: Gateway) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, VERSION.key)

    @property
    @override
    def native_value(self) -> str | None:
        """The version."""
        return self.gateway.version or None
