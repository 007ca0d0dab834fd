"""A house that holds state and does what it is asked, as Home Assistant's intents would do it, with nothing behind it.

It decides what happens, by the handlers of this package, and keeps the result. It plays no sound and opens no door.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from gateway.events import ActionRequest, ActionResult, Announcement, StateChange, TimerFinished
from gateway.home import cleaning, climate, lights, lists, media, questions, switching
from gateway.home.changes import difference
from gateway.home.effects import Effect, Handler, Situation
from gateway.home.timers import Clock, Timers
from gateway.home.titles import CATALOGUE, Title
from gateway.house import Entity, House

_HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "HassTurnOn": switching.turn_on,
        "HassTurnOff": switching.turn_off,
        "HassToggle": switching.toggle,
        "HassSetPosition": switching.set_position,
        "HassStopMoving": switching.stop_moving,
        "HassLightSet": lights.set_light,
        "HassClimateSetTemperature": climate.set_temperature,
        "HassClimateGetTemperature": climate.get_temperature,
        "HassClimateSetFanMode": climate.set_fan_mode,
        "HassFanSetSpeed": climate.set_fan_speed,
        "HassMediaPause": media.pause,
        "HassMediaUnpause": media.resume,
        "HassMediaNext": media.skip,
        "HassMediaPrevious": media.go_back,
        "HassMediaPlayerMute": media.mute,
        "HassMediaPlayerUnmute": media.unmute,
        "HassMediaSearchAndPlay": media.search_and_play,
        "HassSetVolume": media.set_volume,
        "HassSetVolumeRelative": media.change_volume,
        "HassListAddItem": lists.add_item,
        "HassListCompleteItem": lists.complete_item,
        "HassListRemoveItem": lists.remove_item,
        "HassShoppingListAddItem": lists.add_item,
        "HassShoppingListCompleteItem": lists.complete_item,
        "HassVacuumStart": cleaning.start_vacuum,
        "HassVacuumReturnToBase": cleaning.return_vacuum,
        "HassVacuumCleanArea": cleaning.clean_area,
        "HassLawnMowerStartMowing": cleaning.start_mowing,
        "HassLawnMowerDock": cleaning.dock_mower,
        "HassGetState": questions.get_state,
        "HassGetWeather": questions.get_weather,
        "HassGetCurrentDate": questions.get_date,
        "HassGetCurrentTime": questions.get_time,
        "HassNevermind": questions.say_only,
        "HassRespond": questions.say_only,
    }
)

QUESTIONS: Final = frozenset({"HassGetState", "HassClimateGetTemperature", "HassGetWeather"})
"""Intents that are about things and leave them as they are."""


class SimulatedHome:
    """A house to talk to. Not for several threads: all calls come from one event loop."""

    def __init__(
        self,
        house: House,
        *,
        clock: Clock,
        now: Callable[[], datetime],
        on_timer_finished: Callable[[TimerFinished], None] | None = None,
        on_announcement: Callable[[Announcement], None] | None = None,
        catalogue: tuple[Title, ...] = CATALOGUE,
    ) -> None:
        """Start with the states of `house`.

        `clock` is the running event loop (or a test's); `now` gives local time with its zone. Without a listener,
        timers run out unheard, and delayed commands and announcements are refused. `catalogue` is what can be played.
        """
        self._house = house
        self._entities = {entity.id: entity for entity in house.entities}
        self._now = now
        self._timers = Timers(clock, on_timer_finished)
        self._on_announcement = on_announcement
        self._catalogue = catalogue
        self._last_paused: frozenset[str] = frozenset()

    def snapshot(self) -> House:
        """Return the house as it is now."""
        return replace(self._house, entities=tuple(self._entities.values()))

    def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
        """Return what a request would change, as it would be afterwards: what a confirmation has to name.

        Changes nothing.
        """
        if request.intent.name in QUESTIONS:
            return ()
        effect = self._effect(request)
        return tuple(after for after in (*effect.matched, *effect.also) if after != self._entities[after.id])

    async def perform(self, request: ActionRequest) -> ActionResult:
        """Do what is asked, or say why not."""
        name = request.intent.name
        if self._timers.handles(name):
            timed = self._timers.perform(request, self._house)
            return ActionResult(error=timed.error, changes=timed.changes, speech_slots=timed.speech_slots)
        if name == "HassBroadcast":
            return self._announce(request)
        return self._apply(request, self._effect(request))

    def close(self) -> None:
        """Stop all timers."""
        self._timers.close()

    def _effect(self, request: ActionRequest) -> Effect:
        handler = _HANDLERS.get(request.intent.name)
        if handler is None:
            return Effect() if self._timers.handles(request.intent.name) else Effect(error="no_intent")
        return handler(
            Situation(
                house=self.snapshot(),
                request=request,
                now=self._now(),
                last_paused=self._last_paused,
                catalogue=self._catalogue,
            )
        )

    def _apply(self, request: ActionRequest, effect: Effect) -> ActionResult:
        changes: list[StateChange] = []
        for after in (*effect.matched, *effect.also):
            change = difference(self._entities[after.id], after)
            if change is not None:
                changes.append(change)
            self._entities[after.id] = after
        if effect.error is None and request.intent.name == "HassMediaPause":
            self._last_paused = frozenset(entity.id for entity in effect.matched)
        elif effect.error is None and request.intent.name == "HassMediaUnpause":
            self._last_paused = frozenset()
        return ActionResult(
            error=effect.error,
            error_slots=effect.error_slots,
            changes=tuple(changes),
            matched=effect.matched,
            unmatched=effect.unmatched,
            speech_slots=effect.speech_slots,
        )

    def _announce(self, request: ActionRequest) -> ActionResult:
        if self._on_announcement is None:
            return ActionResult(error="no_domain", error_slots={"domain": "other satellite"})
        message = str(request.intent.slots.get("message", ""))
        self._on_announcement(Announcement(message=message, satellite_id=request.satellite_id))
        return ActionResult()
