"""The wake word, chosen while a gateway is being set up: what it offers, and that it shall listen for another."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant

from .const import CONF_VOICE_PIN, CONF_VOICE_TOKEN
from .wire.errand import Errand, ErrandError, errand
from .wire.messages import FROM_VOICE, ChangeSettings, Offered, SettingsChanged

TRIES: Final = 4
PAUSE_S: Final = 0.5
"""The process that hears is told of a new peer by the one that paired it: a busy machine takes a moment for that."""


async def offered(hass: HomeAssistant, data: Mapping[str, Any]) -> Offered:
    """Return what the gateway that was paired just now offers. Raises ErrandError."""
    for _ in range(TRIES - 1):
        try:
            return await _offered(hass, data)
        except ErrandError as error:
            if error.key != "unknown_token":
                raise
        await asyncio.sleep(PAUSE_S)
    return await _offered(hass, data)


async def _offered(hass: HomeAssistant, data: Mapping[str, Any]) -> Offered:
    async with _voice(hass, data) as voice:
        return await voice.hear(Offered)


async def listen_for(hass: HomeAssistant, data: Mapping[str, Any], wake_word: str) -> None:
    """Let the gateway listen for this wake word only. Raises ErrandError."""
    async with _voice(hass, data) as voice:
        await voice.say(ChangeSettings(id=1, wake_words=(wake_word,)))
        if (await voice.hear(SettingsChanged)).error:
            raise ErrandError("not_changed")


@asynccontextmanager
async def _voice(hass: HomeAssistant, data: Mapping[str, Any]) -> AsyncIterator[Errand]:
    pin, token = bytes.fromhex(data[CONF_VOICE_PIN]), data[CONF_VOICE_TOKEN]
    async with errand(hass, data[CONF_HOST], data[CONF_PORT], "/voice", FROM_VOICE, pin=pin, token=token) as voice:
        await voice.greet()
        yield voice
