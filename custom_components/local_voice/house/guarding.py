"""Whether what the gateway asks for may be done: judged here once more, as if the gateway had judged nothing.

It looks for the things that an intent is about as the intent's own handler does, or for more of them, and at all that
a group holds or a script does to others. A gateway that was taken over can lie about a yes that was said at one of its
satellites; it cannot know the PIN, nor move a satellite to another room, nor change what voice never changes.
"""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from homeassistant.components import conversation
from homeassistant.components.climate import ClimateEntityFeature
from homeassistant.components.media_player import MediaPlayerEntityFeature
from homeassistant.const import ATTR_ASSUMED_STATE
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import intent

from ..wire.house_messages import ActionAsked
from . import pin
from .actions import slots_of
from .guards import Guard, Level, held, members, strictest
from .kinds import OVEN_DOMAINS, RUNNING, UNKNOWN
from .protected import ANYTHING, done, done_by_steps

if TYPE_CHECKING:
    from hassil.recognize import RecognizeResult
    from homeassistant.config_entries import ConfigEntry

    from .guards import Guards
    from .origin import Origin

NOT_CONFIRMED: Final = "not_confirmed"
NEVER: Final = "never_by_voice"
ELSEWHERE: Final = "not_from_here"

_CHANGES_NOTHING: Final = frozenset(
    {
        *("HassGetState", "HassGetWeather", "HassClimateGetTemperature", "HassGetCurrentDate", "HassGetCurrentTime"),
        *("HassNevermind", "HassRespond", "HassBroadcast", "HassShoppingListLastItems", "HassTimerStatus"),
        *("HassStartTimer", "HassCancelTimer", "HassCancelAllTimers", "HassPauseTimer", "HassUnpauseTimer"),
        *("HassIncreaseTimer", "HassDecreaseTimer"),
    }
)
"""Intents that leave every thing as it is; a command that is to be carried out later is judged when its time comes."""
_STOP: Final = "HassStopMoving"
"""Stopping something is free, unless it is never touched."""
_LEADS_TO: Final = {
    "HassTurnOn": ("on", {"cover": "open", "lock": "locked", "valve": "open"}),
    "HassTurnOff": ("off", {"cover": "closed", "lock": "unlocked", "valve": "closed"}),
    "HassOpenCover": ("open", {}),
    "HassCloseCover": ("closed", {}),
}
"""The state that an intent leads to, usually and by domain."""
_KEEPS_STATE: Final = frozenset({"HassClimateSetTemperature", "HassClimateSetFanMode"})
"""Intents that leave an oven on which is on, and off which is off."""
_IS_RUN: Final = RUNNING | {"button", "input_button"}
"""What is run is never so already."""
_AREA_IS_NO_PLACE: Final = frozenset({"HassVacuumCleanArea"})
"""Intents whose area is not where their thing stands."""
_KEPT_AS: Final = {"shopping_list": "todo"}
"""What an intent's domain is as a thing."""
_ONE_WITH: Final = {
    "HassClimateSetTemperature": ClimateEntityFeature.TARGET_TEMPERATURE,
    "HassClimateSetFanMode": ClimateEntityFeature.FAN_MODE,
    "HassMediaSearchAndPlay": MediaPlayerEntityFeature.SEARCH_MEDIA | MediaPlayerEntityFeature.PLAY_MEDIA,
}
"""Intents that are about one thing only, and what it has to be able to do."""


async def refusal(
    hass: HomeAssistant, entry: ConfigEntry, guards: Guards, asked: ActionAsked, origin: Origin
) -> str | None:
    """Return why what is asked for is not done, as the error of the action; None where it may be."""
    guard = strictest(_needed(hass, guards, asked, origin))
    why_never = _why_never(guard, origin)
    if guard is None or guard.level is Level.FREE or why_never is not None:
        return why_never
    if guard.level is Level.PIN and not pin.is_set(entry):
        return pin.NONE_SET  # whatever was said: it is closed until there is a PIN again
    if not asked.is_confirmed or not origin.may_confirm:
        return NOT_CONFIRMED
    if guard.level is Level.CONFIRM:
        return None
    return await pin.why_not(hass, entry, asked.pin) if asked.pin else NOT_CONFIRMED


@callback
def may_be_done_unasked(hass: HomeAssistant, guards: Guards, result: RecognizeResult, origin: Origin) -> bool:
    """Tell whether a sentence of the household's own may be done, at which nobody is asked anything.

    Its scripts are what the household wants to be done by voice: of these, only what is never done, or not from there,
    is left.
    """
    slots = {name: slot.value for name, slot in result.entities.items()}
    asked = ActionAsked(id=0, intent=result.intent.name, slots=slots, response="", text="")
    guard = strictest(_needed(hass, guards, asked, origin))
    if guard is None or _why_never(guard, origin) is not None:
        return guard is None
    return guard.level is Level.FREE or _script_of(_handler(hass, asked)) is not None


def _why_never(guard: Guard | None, origin: Origin) -> str | None:
    """Return why nothing that anybody says there can have it done."""
    if guard is not None and guard.level is Level.NEVER:
        return NEVER
    is_elsewhere = guard is not None and guard.area_ids and origin.stands_in not in guard.area_ids
    return ELSEWHERE if is_elsewhere else None


@callback
def _handler(hass: HomeAssistant, asked: ActionAsked) -> intent.IntentHandler | None:
    return next((one for one in intent.async_get(hass) if one.intent_type == asked.intent), None)


def _script_of(handler: intent.IntentHandler | None) -> object:
    """Return the script that the household wrote for an intent; None where it wrote none."""
    config = getattr(handler, "config", None)
    return config.get("action") if isinstance(config, dict) else None


@callback
def _needed(hass: HomeAssistant, guards: Guards, asked: ActionAsked, origin: Origin) -> Iterator[Guard]:
    """Yield what has to be before each of the things is changed that an intent is about."""
    handler = _handler(hass, asked)
    if handler is None or asked.intent in _CHANGES_NOTHING:
        return
    if (script := _script_of(handler)) is not None:
        yield from _of_all(done_by_steps(hass, getattr(script, "sequence", ()), guards), guards)
        return
    for state in _targets(hass, handler, asked, origin):
        for one in members(hass, state.entity_id):
            yield from _of_thing(hass, guards, one, asked)


@callback
def _of_thing(hass: HomeAssistant, guards: Guards, one: str, asked: ActionAsked) -> Iterator[Guard]:
    there = hass.states.get(one)
    if there is None or not _is_so_already(there, asked):
        guard = guards.needed(one, UNKNOWN if there is None else _wanted(there, asked))
        if guard is not None and (asked.intent != _STOP or guard.level is Level.NEVER):
            yield guard
    if one.partition(".")[0] in RUNNING:
        yield from _of_all(done(hass, one, guards), guards)


def _of_all(things: Collection[tuple[str, str]], guards: Guards) -> Iterator[Guard]:
    """Yield what has to be before a script does all of this."""
    for thing, state in things:
        guard = guards.usual if thing == ANYTHING else guards.needed(thing, state or UNKNOWN)
        if guard is not None:
            yield guard


def _wanted(state: State, asked: ActionAsked) -> str:
    """Return the state that a thing would get."""
    if asked.intent == "HassSetPosition":
        return "closed" if asked.slots.get("position") == 0 else "open"
    if asked.intent in _KEEPS_STATE and state.domain in OVEN_DOMAINS:
        return state.state
    usual, by_domain = _LEADS_TO.get(asked.intent, (UNKNOWN, {}))
    return by_domain.get(state.domain, usual)


def _is_so_already(state: State, asked: ActionAsked) -> bool:
    """Tell whether a thing is as it would be: the gateway asks nobody about that either.

    It is not where Home Assistant only assumes how it is: a lock that cannot say so may have been locked by hand.
    """
    if asked.intent not in ("HassTurnOn", "HassTurnOff") or state.domain in _IS_RUN or held(state):
        return False
    if state.attributes.get(ATTR_ASSUMED_STATE):
        return False
    end = 100 if asked.intent == "HassTurnOn" else 0
    return state.state == _wanted(state, asked) and state.attributes.get("current_position", end) == end


@callback
def _targets(hass: HomeAssistant, handler: intent.IntentHandler, asked: ActionAsked, origin: Origin) -> list[State]:
    """Return the things that an intent is about: those that its handler would find, or more where that is not known."""
    slots = {key: slot["value"] for key, slot in slots_of(hass, asked, origin).items()}
    name, has_place = slots.get("name"), asked.intent not in _AREA_IS_NO_PLACE
    wanted = intent.MatchTargetsConstraints(
        name=None if name in (None, "", "all") else str(name),
        area_name=str(slots["area"]) if slots.get("area") and has_place else None,
        floor_name=str(slots["floor"]) if slots.get("floor") and has_place else None,
        domains=_texts(slots.get("domain")) or _domains(handler) or None,
        device_classes=_texts(slots.get("device_class")) or None,
        assistant=conversation.DOMAIN,
    )
    if isinstance(handler, intent.DynamicServiceIntentHandler):
        wanted.features, wanted.states = handler.required_features, handler.required_states
    elif (features := _ONE_WITH.get(asked.intent)) is not None:
        wanted.features, wanted.single_target = features, True
    else:
        wanted.allow_duplicate_names = True
    if not wanted.has_constraints:
        return []
    preferred = intent.MatchTargetsPreferences(
        area_id=slots.get("preferred_area_id"), floor_id=slots.get("preferred_floor_id")
    )
    found = intent.async_match_targets(hass, wanted, preferred)
    return found.states if found.is_match else []


def _domains(handler: intent.IntentHandler) -> set[str]:
    domains = getattr(handler, "required_domains", None) or handler.platforms or ()
    return {_KEPT_AS.get(domain, domain) for domain in domains}


def _texts(value: object) -> set[str]:
    return {str(one) for one in value} if isinstance(value, list | tuple) else {str(value)} if value else set()
