"""The assistant "Local Voice": an Assist pipeline whose every stage is the gateway's, kept while it is wanted.

Made once, after the entities are there, and remembered by its id: its owner may change or delete it.
"""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from homeassistant.components.assist_pipeline import (
    Pipeline,
    async_create_default_pipeline,
    async_get_pipelines,
    async_update_pipeline,
)
from homeassistant.components.assist_pipeline.pipeline import async_setup_pipeline_store  # exported since 2026.11
from homeassistant.components.conversation import async_get_conversation_languages
from homeassistant.components.stt import async_get_speech_to_text_engine
from homeassistant.components.tts.helper import get_engine_instance
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.typing import UNDEFINED
from homeassistant.util.language import matches

from .const import CONF_PIPELINE, CONF_PIPELINE_ID, CONF_PREFERRED

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry

    from .gateway import LocalVoiceConfigEntry

NAME: Final = "Local Voice"
ENGINES: Final = (Platform.STT, Platform.TTS, Platform.CONVERSATION)
"""What an assistant needs of a gateway."""

_LOGGER = logging.getLogger(__name__)


async def async_keep(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    """Make the assistant where it is wanted and was never made; remove it where it is wanted no more."""
    if not entry.options.get(CONF_PIPELINE, True):
        if await async_remove(hass, entry):
            data = {key: value for key, value in entry.data.items() if key != CONF_PIPELINE_ID}
            hass.config_entries.async_update_entry(entry, data=data)
    elif CONF_PIPELINE_ID not in entry.data:
        await _make(hass, entry)


async def async_remove(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Remove the assistant, unless its owner has given it another's understanding: then it is no more ours.

    Returns whether it can be forgotten: the preferred one stays, and is removed when it is that no more.
    """
    pipeline = made_for(hass, entry)
    if pipeline is not None and pipeline.conversation_engine == engines_of(hass, entry).get(Platform.CONVERSATION):
        store = (await async_setup_pipeline_store(hass)).pipeline_store
        if store.async_get_preferred_item() == pipeline.id:
            _LOGGER.info("The assistant %s stays: it is the preferred one", pipeline.id)
            return False
        await store.async_delete_item(pipeline.id)
    return True


@callback
def made_for(hass: HomeAssistant, entry: ConfigEntry) -> Pipeline | None:
    """Return the assistant that was made for an entry, as it is now; None where there is none any more."""
    made = entry.data.get(CONF_PIPELINE_ID)
    return next((pipeline for pipeline in async_get_pipelines(hass) if pipeline.id == made), None)


@callback
def engines_of(hass: HomeAssistant, entry: ConfigEntry) -> Mapping[str, str]:
    """Return the ids of the gateway's entities that an assistant is made of, by their platform."""
    registered = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    wanted = (*ENGINES, Platform.WAKE_WORD)
    return {known.domain: known.entity_id for known in registered if known.domain in wanted and not known.disabled}


@callback
def language_for(hass: HomeAssistant, platform: str, engine: str, language: str) -> str | None:
    """Return which of an engine's languages serves for `language`; None where none does, or the engine is away."""
    if platform == Platform.CONVERSATION:
        known = async_get_conversation_languages(hass, engine) if hass.states.get(engine) else ()
    else:
        find = async_get_speech_to_text_engine if platform == Platform.STT else get_engine_instance
        known = getattr(find(hass, engine), "supported_languages", ())
    if known == "*":
        return language
    return next(iter(matches(language, known, country=hass.config.country)), None)


async def _make(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    engines = engines_of(hass, entry)
    if not all(engine in engines for engine in ENGINES):
        return  # one was disabled by the owner; it is made once they are all there
    stt, tts, conversation = (engines[engine] for engine in ENGINES)
    language = language_for(hass, Platform.CONVERSATION, conversation, hass.config.language)
    pipeline = await async_create_default_pipeline(hass, stt, tts, NAME) if language else None
    if pipeline is None or language is None:
        _LOGGER.warning(
            "No assistant was made: the gateway at %s does not hear, understand and speak %s; "
            "its configuration says which language it does",
            entry.runtime_data.address,
            hass.config.language,
        )
        return
    offered = entry.runtime_data.offered
    wake_words = offered.wake_words if offered and Platform.WAKE_WORD in engines else ()
    # The voice that is in use rather than one of the home's own country: that is often espeak-ng's.
    spoken = [voice.language for voice in offered.voices if voice.id == offered.voice] if offered else []
    await async_update_pipeline(
        hass,
        pipeline,
        conversation_engine=conversation,
        conversation_language=language,
        tts_language=next(iter(matches(hass.config.language, spoken)), UNDEFINED),
        tts_voice=None,  # the one that the gateway is set to, whichever that will be
        wake_word_entity=engines[Platform.WAKE_WORD] if wake_words else None,
        wake_word_id=wake_words[0] if wake_words else None,
        prefer_local_intents=False,
    )
    if entry.data.get(CONF_PREFERRED):
        # There is no function for it; the user interface does the same.
        (await async_setup_pipeline_store(hass)).pipeline_store.async_set_preferred_item(pipeline.id)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_PIPELINE_ID: pipeline.id})
