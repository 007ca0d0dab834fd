"""The next timer that will be up, as a sensor; and a button that cancels it.

A timer's name is what somebody said, so the recorder never has it: the attribute that holds it is not recorded.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, override

from homeassistant.components.button import ButtonEntity
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription
from homeassistant.helpers import area_registry as ar

from .entity import LocalVoiceEntity
from .errors import RefusedError

if TYPE_CHECKING:
    from .gateway import Gateway
    from .wire.timer_messages import TimerWords

NEXT_TIMER: Final = SensorEntityDescription(key="next_timer", device_class=SensorDeviceClass.TIMESTAMP)
ATTR_TIMERS: Final = "timers"


class _OfTimers(LocalVoiceEntity):
    """An entity that is different whenever something else runs."""

    @override
    async def async_added_to_hass(self) -> None:
        """Hear of timers from now on."""
        await super().async_added_to_hass()
        self.async_on_remove(self.gateway.timers.on_change(self.gateway_changed))


class NextTimerSensor(_OfTimers, SensorEntity):
    """When the next timer is up, of those that run; and all of them, in the order in which they will be."""

    entity_description = NEXT_TIMER
    _unrecorded_attributes = frozenset({ATTR_TIMERS})

    def __init__(self, gateway: Gateway) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, NEXT_TIMER.key)

    @property
    @override
    def native_value(self) -> datetime | None:
        """When that is; unknown where none runs. What is only to be done later does not ring, and is none."""
        timer = self.gateway.timers.next
        return None if timer is None else self.gateway.timers.ends_at(timer)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """All that runs, paused timers and delayed commands too; of these not what they say."""
        return {ATTR_TIMERS: [self._words(timer) for timer in self.gateway.timers.running]}

    def _words(self, timer: TimerWords) -> dict[str, Any]:
        area = ar.async_get(self.hass).async_get_area(timer.area_id) if timer.area_id else None
        ends_at = self.gateway.timers.ends_at(timer)
        return {
            "timer_id": timer.timer_id,
            "name": timer.name,
            "area": None if area is None else area.name,
            "satellite_id": timer.satellite_id,
            "duration_s": timer.duration_s,
            "remaining_s": timer.left_s,
            "ends_at": None if ends_at is None else ends_at.isoformat(),
            "is_paused": not timer.is_active,
            "is_command": timer.is_command,
        }


class CancelNextTimerButton(_OfTimers, ButtonEntity):
    """Cancels the timer whose end the sensor shows."""

    def __init__(self, gateway: Gateway) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, "cancel_next_timer")

    @override
    async def async_press(self) -> None:
        """Cancel it. Raises RefusedError where none runs any more."""
        timer = self.gateway.timers.next
        if timer is None:
            raise RefusedError("unknown_timer")
        await self.gateway.timers.cancel(timer.timer_id)
