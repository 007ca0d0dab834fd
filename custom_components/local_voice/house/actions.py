"""What the gateway asks to be done, done by Home Assistant's own intents with its own check of what is exposed."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components import conversation
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import intent

from ..const import DOMAIN
from ..wire.house_messages import ActionDone, EntityWords, StateChangeWords
from .action_errors import error_of
from .house import in_parts, is_exposed, size_bytes, spoken_words
from .speech_slots import speech_slots

if TYPE_CHECKING:
    from ..wire.house_messages import ActionAsked
    from .origin import Origin

DEADLINE_S: Final = 5.0
"""Where the gateway names none; its own."""
ANSWER_AHEAD_S: Final = 0.25
"""The answer leaves this much before its deadline, so that it arrives in time."""
MOST_CHANGES: Final = 100
"""Changes that are told; a person is told of none beyond."""
_ANSWER_PARTS: Final = 3
"""An answer's things that matched, those that did not, and all the rest share one message."""
_PLAY: Final = "HassMediaSearchAndPlay"

_LOG = logging.getLogger(__name__)


async def act(
    hass: HomeAssistant, asked: ActionAsked, origin: Origin, matched: list[State] | None = None
) -> ActionDone:
    """Do what is asked, and return what became of it before its deadline; `matched` is given the things it was about.

    What takes longer goes on and counts as done, as slow services do for Home Assistant's own voice.
    """
    before = {state.entity_id: state for state in hass.states.async_all()}
    doing = hass.async_create_task(_handle(hass, asked, origin), f"{DOMAIN} {asked.intent}")
    deadline_s = asked.deadline_ms / 1000 or DEADLINE_S
    await asyncio.wait({doing}, timeout=max(deadline_s - ANSWER_AHEAD_S, 0))
    if not doing.done():
        doing.add_done_callback(_log_failure)
        return _still_doing(hass, asked)
    try:
        response = doing.result()
    except HomeAssistantError as error:  # its message may hold what was said: it is not logged
        if _found_nothing(asked, error):
            return ActionDone(id=asked.id, speech_slots={"media": None})
        _LOG.debug("%s failed: %s", asked.intent, type(error).__name__)
        key, slots = error_of(error, asked)
        return ActionDone(id=asked.id, error=key, error_slots=slots)
    states = _matched(hass, response)
    if matched is not None:
        matched.extend(states)
    return _done(hass, asked, response, states, before)


async def _handle(hass: HomeAssistant, asked: ActionAsked, origin: Origin) -> intent.IntentResponse:
    return await intent.async_handle(
        hass,
        DOMAIN,
        asked.intent,
        slots_of(hass, asked, origin),
        context=origin.context,
        language=origin.language,
        assistant=conversation.DOMAIN,  # without it, exposure is not checked
        device_id=origin.device_id,
        satellite_id=origin.satellite_id,
        conversation_agent_id=origin.agent_id,
    )


@callback
def slots_of(hass: HomeAssistant, asked: ActionAsked, origin: Origin) -> dict[str, dict[str, Any]]:
    """Return the slots as intents take them. Where the gateway knows which thing is meant, no other can be."""
    slots: dict[str, dict[str, Any]] = {
        key: {"value": list(value) if isinstance(value, tuple) else value} for key, value in asked.slots.items()
    }
    if asked.entity_id is not None:
        slots["name"] = {"value": asked.entity_id, "text": asked.slots.get("name", asked.entity_id)}
    if origin.area_id is not None and ar.async_get(hass).async_get_area(origin.area_id) is not None:
        slots["preferred_area_id"] = {"value": origin.area_id}
    return slots


@callback
def _matched(hass: HomeAssistant, response: intent.IntentResponse) -> list[State]:
    """Return the exposed things that an intent was about, as they are now; not every intent says their states."""
    states = response.matched_states or [
        state
        for target in response.success_results
        if target.type is intent.IntentResponseTargetType.ENTITY and target.id is not None
        if (state := hass.states.get(target.id)) is not None
    ]
    return [state for state in states if is_exposed(hass, state.entity_id)]


@callback
def _done(
    hass: HomeAssistant,
    asked: ActionAsked,
    response: intent.IntentResponse,
    matched: list[State],
    before: Mapping[str, State],
) -> ActionDone:
    changes = [change for state in matched if (change := _change(before.get(state.entity_id), state)) is not None]
    return ActionDone(
        id=asked.id,
        changes=tuple(changes[:MOST_CHANGES]),
        matched=_things(hass, matched),
        unmatched=_things(hass, response.unmatched_states),
        speech_slots=speech_slots(response.speech_slots),
    )


@callback
def _still_doing(hass: HomeAssistant, asked: ActionAsked) -> ActionDone:
    state = hass.states.get(asked.entity_id) if asked.entity_id is not None else None
    return ActionDone(
        id=asked.id,
        matched=_things(hass, [] if state is None else [state]),
        speech_slots={"media": True} if asked.intent == _PLAY else {},
    )


@callback
def _things(hass: HomeAssistant, states: Iterable[State]) -> tuple[EntityWords, ...]:
    """Return exposed things as an answer speaks of them; as many as the message holds."""
    words = (spoken_words(hass, state) for state in states if is_exposed(hass, state.entity_id))
    return next(in_parts((each, size_bytes(each) * _ANSWER_PARTS) for each in words), ())


def _change(before: State | None, after: State) -> StateChangeWords | None:
    """Return what is different; None where nothing is."""
    if before is None or (before.state == after.state and before.attributes == after.attributes):
        return None
    return StateChangeWords(entity_id=after.entity_id, name=after.name[:255], before=before.state, after=after.state)


def _found_nothing(asked: ActionAsked, error: HomeAssistantError) -> bool:
    """Tell whether a search came to nothing, which is an answer: a search that failed has its reason as the cause."""
    return asked.intent == _PLAY and isinstance(error, intent.IntentHandleError) and error.__cause__ is None


def _log_failure(doing: asyncio.Task[intent.IntentResponse]) -> None:
    if not doing.cancelled() and (error := doing.exception()) is not None:
        _LOG.warning("An action that took long failed in the end: %s", type(error).__name__)
