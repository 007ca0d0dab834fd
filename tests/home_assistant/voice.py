"""What the tests of the voice platforms share: a pipeline that is all ours, sound for it, and what becomes of a run."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from itertools import count
from typing import Any, Final

from homeassistant.components import stt
from homeassistant.components.assist_pipeline import (
    Pipeline,
    PipelineEvent,
    PipelineEventType,
    async_create_default_pipeline,
    async_get_pipelines,
    async_pipeline_from_audio_stream,
    async_update_pipeline,
)
from homeassistant.components.assist_pipeline.pipeline import PipelineInput, PipelineRun, PipelineStage
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.chat_session import ChatSession
from pymicro_vad import MicroVad

SPEECH: Final = stt.SpeechMetadata(
    language="en",
    format=stt.AudioFormats.WAV,
    codec=stt.AudioCodecs.PCM,
    bit_rate=stt.AudioBitRates.BITRATE_16,
    sample_rate=stt.AudioSampleRates.SAMPLERATE_16000,
    channel=stt.AudioChannels.CHANNEL_MONO,
)
CHUNK_BYTES: Final = 320
"""10 ms, as a pipeline cuts it."""

if not hasattr(MicroVad, "Process10ms"):
    # Home Assistant asks for a release without wheels; the newer one of our environment only writes it differently.
    setattr(MicroVad, "Process10ms", MicroVad.process_10ms)  # noqa: B010 - its types know the new name only


def chunk(number: int) -> bytes:
    """Return 10 ms of sound that can be told from any other."""
    return number.to_bytes(2, "little") * (CHUNK_BYTES // 2)


def numbers(sound: bytes) -> list[int]:
    """Return which chunks a sound is made of."""
    return [int.from_bytes(sound[start : start + 2], "little") for start in range(0, len(sound), CHUNK_BYTES)]


async def talk(chunks: int | None = None) -> AsyncGenerator[bytes]:
    """Yield numbered chunks: so many, or without end."""
    for number in count() if chunks is None else range(chunks):
        await asyncio.sleep(0.0005)
        yield chunk(number)


def entity_of(hass: HomeAssistant, entry: ConfigEntry, domain: str) -> str:
    """Return the id of the entry's first entity of this domain."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return next(entity.entity_id for entity in entities if entity.domain == domain)


async def our_pipeline(hass: HomeAssistant, entry: ConfigEntry, **settings: Any) -> Pipeline:
    """Return a pipeline whose every stage is the gateway's."""
    ours = {domain: entity_of(hass, entry, domain) for domain in ("stt", "tts", "wake_word", "conversation")}
    created = await async_create_default_pipeline(hass, ours["stt"], ours["tts"], "All ours")
    assert created is not None
    wanted = {
        "conversation_engine": ours["conversation"],
        "conversation_language": "en",
        "wake_word_entity": ours["wake_word"],
        "prefer_local_intents": False,
        **settings,
    }
    await async_update_pipeline(hass, created, **wanted)
    return next(pipeline for pipeline in async_get_pipelines(hass) if pipeline.id == created.id)


async def run_sound(
    hass: HomeAssistant, pipeline: Pipeline, sound: AsyncIterable[bytes], **options: Any
) -> list[PipelineEvent]:
    """Run a pipeline on sound, and return what it says."""
    events: list[PipelineEvent] = []
    async with asyncio.timeout(10):
        await async_pipeline_from_audio_stream(
            hass,
            context=Context(),
            event_callback=events.append,
            stt_metadata=SPEECH,
            stt_stream=sound,
            pipeline_id=pipeline.id,
            **options,
        )
    return events


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something is so that nobody tells."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)


async def run_text(
    hass: HomeAssistant, pipeline: Pipeline, text: str, session: ChatSession, **options: Any
) -> list[PipelineEvent]:
    """Run a pipeline on words, as from its text field, and return what it says."""
    events: list[PipelineEvent] = []
    run = PipelineRun(
        hass, Context(), pipeline, PipelineStage.INTENT, PipelineStage.INTENT, event_callback=events.append
    )
    words = PipelineInput(run=run, session=session, intent_input=text, **options)
    async with asyncio.timeout(10):
        await words.execute(validate=True)
    return events


def data_of(events: list[PipelineEvent], kind: PipelineEventType) -> dict[str, Any]:
    """Return the data of the one event of this kind."""
    (event,) = [event for event in events if event.type is kind]
    return event.data or {}


def kinds(events: list[PipelineEvent]) -> list[PipelineEventType]:
    """Return what kinds of event there were."""
    return [event.type for event in events]
