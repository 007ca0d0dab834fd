"""What Home Assistant's own agent takes sentences for, told and not done.

The agent's `debug` command knows only its sentences. What it does with one that it has no sentence for, the gazetteer
behind them, is asked here as well, under the very conditions under which the agent takes its word.
"""

from typing import Any

import probatio
from homeassistant.components import websocket_api
from homeassistant.components.conversation import ConversationInput, get_agent_manager
from homeassistant.components.conversation.default_agent import DefaultAgent
from homeassistant.core import HomeAssistant

from .const import DOMAIN, RECOGNIZE

SENTENCES, GAZETTEER = "sentences", "gazetteer"
"""What has recognised a sentence."""


@websocket_api.websocket_command(
    {
        probatio.Required("type"): f"{DOMAIN}/{RECOGNIZE}",
        probatio.Required("sentences"): [str],
        probatio.Required("language"): str,
        probatio.Required("device_id"): str,
    }
)
@websocket_api.async_response
async def websocket_recognize(
    hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]
) -> None:
    """Return for each sentence the intents and their slots, and what recognised it; none where nothing did."""
    agent = get_agent_manager(hass).default_agent
    assert isinstance(agent, DefaultAgent)
    found = []
    for sentence in msg["sentences"]:
        said = ConversationInput(
            text=sentence,
            context=connection.context(msg),
            conversation_id=None,
            device_id=msg["device_id"],
            satellite_id=None,
            language=msg["language"],
            agent_id=agent.entity_id,
        )
        intents, source = await _by_sentences(agent, said), SENTENCES
        if not intents:
            intents, source = await _by_gazetteer(agent, said), GAZETTEER
        found.append({"intents": intents, "source": source if intents else ""})
    connection.send_result(msg["id"], {"found": found})


async def _by_sentences(agent: DefaultAgent, said: ConversationInput) -> list[dict[str, Any]]:
    result = await agent.async_recognize_intent(said, strict_intents_only=True)  # none of what is not exposed
    if result is None or result.unmatched_entities:
        return []
    return [{"name": result.intent.name, "slots": {slot: one.value for slot, one in result.entities.items()}}]


async def _by_gazetteer(agent: DefaultAgent, said: ConversationInput) -> list[dict[str, Any]]:
    if not agent._gazetteer.supports(said.language):
        return []
    area, _ = agent._get_satellite_area_and_device(None, said.device_id)
    matcher, meant = await agent._gazetteer.async_interpret(said.text, "", area)
    if not meant.accepted or any(frame.response_key is None for frame in meant.frames):
        return []
    return [
        {
            "name": frame.intent,
            "slots": {slot: matcher.display_name(slot, value) for slot, value in frame.slots.items()},
        }
        for frame in meant.frames
    ]
