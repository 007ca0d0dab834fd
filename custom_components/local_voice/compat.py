"""What differs between the releases of Home Assistant that are supported, and what they keep to themselves."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final

from homeassistant.components.assist_pipeline import PipelineEvent
from homeassistant.components.assist_satellite import AssistSatelliteEntity
from homeassistant.components.conversation import agent_manager
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.helpers.chat_session import ChatSession, async_get_chat_session

_SESSIONS_HAVE_CONTEXT: Final = "context" in inspect.signature(async_get_chat_session).parameters
"""Since 2026.11 a session belongs to whoever began it."""


def chat_session(
    hass: HomeAssistant, conversation_id: str | None, context: Context | None
) -> AbstractContextManager[ChatSession]:
    """Return the session of a conversation; `context` says whose it is, where Home Assistant asks."""
    whose: dict[str, Any] = {"context": context} if _SESSIONS_HAVE_CONTEXT else {}
    return async_get_chat_session(hass, conversation_id, **whose)


@callback
def watch_intents(hass: HomeAssistant, told: Callable[[Mapping[str, Mapping[str, Any]]], None]) -> CALLBACK_TYPE | None:
    """Tell which intents there are by source (`config`, `trigger`), now and when it is different.

    Returns what ends it; None where Home Assistant does not say.
    """
    manager = getattr(agent_manager, "get_agent_manager", None)
    subscribe = None if manager is None else getattr(manager(hass), "subscribe_intents", None)
    return None if subscribe is None else subscribe(told)


@callback
def is_asking(satellite: AssistSatelliteEntity) -> bool:
    """Tell whether `ask_question` waits for words. Home Assistant keeps that to itself."""
    return satellite._ask_question_future is not None  # noqa: SLF001 - nothing public says so; tested on both releases


@callback
def pipeline_event(satellite: AssistSatelliteEntity, event: PipelineEvent) -> None:
    """Let a satellite's state, and `ask_question`, follow an event of a run that is not Home Assistant's."""
    satellite._internal_on_pipeline_event(event)  # noqa: SLF001 - public are only its own runs; tested on both releases
