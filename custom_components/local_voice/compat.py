"""What differs between the releases of Home Assistant that are supported, and what they keep to themselves."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final

from homeassistant.components.conversation import agent_manager
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.helpers.chat_session import ChatSession, async_get_chat_session

_SESSIONS_HAVE_CONTEXT: Final = "context" in inspect.signature(async_get_chat_session).parameters
"""Since 2026.11 a session belongs to whoever began it."""


def chat_session(
    hass: HomeAssistant, conversation_id: str | None, context: Context | None
) -> AbstractContextManager[ChatSession]:
    """Return the session of a conversation; `context` says whose it is, where Home Assistant asks."""
    if _SESSIONS_HAVE_CONTEXT:
        return async_get_chat_session(hass, conversation_id, context=context)
    return async_get_chat_session(hass, conversation_id)


@callback
def watch_intents(hass: HomeAssistant, told: Callable[[Mapping[str, Mapping[str, Any]]], None]) -> CALLBACK_TYPE | None:
    """Tell which intents there are by source (`config`, `trigger`), now and when it is different.

    Returns what ends it; None where Home Assistant does not say.
    """
    manager = getattr(agent_manager, "get_agent_manager", None)
    subscribe = None if manager is None else getattr(manager(hass), "subscribe_intents", None)
    return None if subscribe is None else subscribe(told)
