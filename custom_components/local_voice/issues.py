"""What stands against the promise, or in the gateway's way, as issues in Home Assistant's repairs.

All but those about versions are about the whole home: with several gateways there is still one of each. What a
gateway's broker tells of is in `broker_issues.py`.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.assist_pipeline import Pipeline
from homeassistant.components.assist_pipeline.const import CONF_DEBUG_RECORDING_DIR, DATA_CONFIG
from homeassistant.components.assist_pipeline.pipeline import (  # exported by the package since 2026.11
    async_get_pipeline,
    async_setup_pipeline_store,
)
from homeassistant.const import CONF_HOST, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.entity import entity_sources
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.loader import IntegrationNotFound, async_get_integration

from . import assistant, broker_issues
from .const import DOMAIN
from .forget_repair import FORGET_EVERYTHING
from .house.sentence_issue import SENTENCES_UNUSABLE

if TYPE_CHECKING:
    from datetime import datetime

    from homeassistant.config_entries import ConfigEntry

    from .errors import WrongVersionError
    from .gateway import LocalVoiceConfigEntry

CHECK_EVERY: Final = timedelta(minutes=10)
"""A changed assistant is told about at once; which one is preferred, and which entities there are, is not."""
CLOUD: Final = "cloud"
"""What the IoT class of an integration that needs the internet begins with."""

_LOGGER = logging.getLogger(__name__)


@callback
def async_tell_too_old(hass: HomeAssistant, entry: ConfigEntry, error: WrongVersionError) -> None:
    """Say that gateway and integration speak different versions of the protocol, and which to update."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _too_old(entry),
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key="gateway_too_old" if error.is_gateway_too_old else "integration_too_old",
        translation_placeholders={"host": entry.data[CONF_HOST]},
    )


@callback
def async_forget_too_old(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """They understand each other, or the entry is gone."""
    ir.async_delete_issue(hass, DOMAIN, _too_old(entry))


async def async_watch(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    """Look now, when an assistant is changed and every few minutes, until the entry is unloaded."""

    async def on_assistant(_kind: str, _id: str, _assistant: object) -> None:
        await async_check(hass)

    async def on_time(_now: datetime) -> None:
        await async_check(hass)

    @callback
    def forget() -> None:
        if not _loaded(hass):
            for issue_id in _known(hass):
                ir.async_delete_issue(hass, DOMAIN, issue_id)

    store = (await async_setup_pipeline_store(hass)).pipeline_store
    entry.async_on_unload(store.async_add_listener(on_assistant))
    entry.async_on_unload(async_track_time_interval(hass, on_time, CHECK_EVERY, cancel_on_shutdown=True))
    entry.async_on_unload(forget)
    await async_check(hass, entry)


async def async_check(hass: HomeAssistant, beginning: ConfigEntry | None = None) -> None:
    """Say what is to be said now, and no more what is so no more. `beginning` is not loaded yet, but will be."""
    entries = [*_loaded(hass), *([beginning] if beginning else [])]
    found = {**_recordings(hass), **_local_intents(hass, entries), **await _clouds(hass, entries)}
    for issue_id in _known(hass):
        if issue_id not in found:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
    for issue_id, words in found.items():
        ir.async_create_issue(hass, DOMAIN, issue_id, severity=ir.IssueSeverity.WARNING, **words)


async def cloud_engines(hass: HomeAssistant, pipeline: Pipeline) -> dict[str, str]:
    """Return the names of the integrations that take an assistant's words out of the home, by platform."""
    engines = {
        Platform.STT: pipeline.stt_engine,
        Platform.TTS: pipeline.tts_engine,
        Platform.CONVERSATION: pipeline.conversation_engine,
    }
    found = {}
    for platform, engine in engines.items():
        if engine is None:
            continue
        try:
            integration = await async_get_integration(hass, _domain_of(hass, engine))
        except IntegrationNotFound:
            continue
        if (integration.iot_class or "").startswith(CLOUD):
            found[platform.value] = integration.name
    return found


def _recordings(hass: HomeAssistant) -> dict[str, dict[str, Any]]:
    folder = hass.data.get(DATA_CONFIG, {}).get(CONF_DEBUG_RECORDING_DIR)
    if not folder:
        return {}
    words = {"is_fixable": False, "translation_placeholders": {"folder": str(folder)}}
    return {"debug_recordings": {"translation_key": "debug_recordings", **words}}


def _local_intents(hass: HomeAssistant, entries: list[ConfigEntry]) -> dict[str, dict[str, Any]]:
    found = {}
    for entry in entries:
        ours = assistant.made_for(hass, entry)
        understanding = assistant.engines_of(hass, entry).get(Platform.CONVERSATION)
        if ours and ours.prefer_local_intents and ours.conversation_engine == understanding:
            found[f"prefer_local_intents_{ours.id}"] = _about(ours, entry, "prefer_local_intents")
    return found


async def _clouds(hass: HomeAssistant, entries: list[ConfigEntry]) -> dict[str, dict[str, Any]]:
    found = {}
    for entry in entries:
        in_use = {pipeline.id: pipeline for pipeline in _in_use(hass, entry)}
        for pipeline in in_use.values():
            if engines := await cloud_engines(hass, pipeline):
                names = ", ".join(sorted(set(engines.values())))
                found[f"cloud_engine_{pipeline.id}"] = _about(pipeline, entry, "cloud_engine", engines=names)
    return found


def _in_use(hass: HomeAssistant, entry: ConfigEntry) -> Iterator[Pipeline]:
    yield async_get_pipeline(hass)
    if ours := assistant.made_for(hass, entry):
        yield ours


def _about(pipeline: Pipeline, entry: ConfigEntry, key: str, **placeholders: str) -> dict[str, Any]:
    return {
        "is_fixable": True,
        "translation_key": key,
        "translation_placeholders": {"assistant": pipeline.name, **placeholders},
        "data": {"pipeline_id": pipeline.id, "entry_id": entry.entry_id},
    }


def _domain_of(hass: HomeAssistant, engine: str) -> str:
    """Return the integration that an engine belongs to; it may be named by entity, by config entry or by domain."""
    if source := entity_sources(hass).get(engine):
        return source["domain"]
    if registered := er.async_get(hass).async_get(engine):
        return registered.platform
    if entry := hass.config_entries.async_get_entry(engine):
        return entry.domain
    return engine


def _loaded(hass: HomeAssistant) -> list[ConfigEntry]:
    return hass.config_entries.async_loaded_entries(DOMAIN)


def _known(hass: HomeAssistant) -> list[str]:
    """Return the issues of ours that are about the whole home."""
    ours = [issue_id for domain, issue_id in ir.async_get(hass).issues if domain == DOMAIN]
    return [issue_id for issue_id in ours if not issue_id.startswith((*_OTHERS, *broker_issues.PREFIXES))]


def _too_old(entry: ConfigEntry) -> str:
    return f"{_TOO_OLD}{entry.entry_id}"


_TOO_OLD: Final = "too_old_"
_OTHERS: Final = (_TOO_OLD, FORGET_EVERYTHING, SENTENCES_UNUSABLE)
