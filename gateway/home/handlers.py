"""What each intent does in a house: one handler for each, and what asking one would change. Pure.

Who keeps the result, or has it done by somebody else, is the caller's business.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.home import cleaning, climate, lights, lists, media, questions, switching
from gateway.home.effects import Effect, Handler, Situation
from gateway.house import Entity

HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
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
"""By intent. What satellites do themselves, timers and messages, is `bell`'s."""

_QUESTIONS: Final = frozenset({"HassGetState", "HassClimateGetTemperature", "HassGetWeather"})
"""Intents that are about things and leave them as they are."""


def effect_of(situation: Situation) -> Effect:
    """Return what the request comes to; the error `no_intent` for one that is none of a house's."""
    handler = HANDLERS.get(situation.request.intent.name)
    return Effect(error="no_intent") if handler is None else handler(situation)


def foreseen(situation: Situation) -> tuple[Entity, ...]:
    """Return what the request would change, as it would be afterwards; where that is doubted, all that it is about."""
    if situation.request.intent.name in _QUESTIONS:
        return ()
    effect = effect_of(situation)
    before = {entity.id: entity for entity in situation.house.entities}
    is_doubted = situation.request.is_doubted
    changed = tuple(after for after in (*effect.matched, *effect.also) if is_doubted or after != before[after.id])
    return changed + effect.untold
