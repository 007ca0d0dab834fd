"""Wake words, in real pipelines."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from homeassistant.components.assist_pipeline import PipelineEventType
from homeassistant.components.assist_pipeline.error import WakeWordTimeoutError
from homeassistant.components.assist_pipeline.pipeline import PipelineStage
from homeassistant.components.wake_word import (
    WakeWord,
    WakeWordDetectionEntity,
    async_get_wake_word_detection_entity,
)
from homeassistant.core import HomeAssistant

from custom_components.local_voice.tape import KEPT_MS, Tape
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import ScriptedGateway
from tests.home_assistant.voice import (
    CHUNK_BYTES,
    chunk,
    data_of,
    entity_of,
    kinds,
    numbers,
    our_pipeline,
    run_sound,
    talk,
)


@pytest.fixture
async def detector(hass: HomeAssistant, setup_entry: SetUp) -> WakeWordDetectionEntity:
    """Return the entity."""
    entity = async_get_wake_word_detection_entity(hass, entity_of(hass, await setup_entry(), "wake_word"))
    assert entity is not None
    return entity


async def timed(sound: AsyncGenerator[bytes]) -> AsyncGenerator[tuple[bytes, int]]:
    """Yield sound with its time, as a pipeline has it."""
    time_ms = 0
    async for piece in sound:
        yield piece, time_ms
        time_ms += 10


async def test_nothing_that_is_said_after_the_wake_word_is_lost_or_heard_twice(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    pipeline = await our_pipeline(hass, await setup_entry())
    events = await run_sound(hass, pipeline, talk(), start_stage=PipelineStage.WAKE_WORD, end_stage=PipelineStage.STT)
    (recognize,) = gateway.all_told("recognize")
    heard_ms = len(gateway.sounds[1]) // 32
    heard = numbers(bytes(gateway.sounds[recognize["id"]]))
    assert heard[0] == pytest.approx((1000 - 500) / 10, abs=5)
    assert heard == list(range(heard[0], heard[0] + len(heard)))
    assert heard_ms >= 1000
    found = data_of(events, PipelineEventType.WAKE_WORD_END)["wake_word_output"]
    assert (found["wake_word_id"], found["wake_word_phrase"]) == ("okay_nabu", "Okay Nabu")


async def test_a_pipelines_wake_word_is_listened_for_and_else_those_of_the_household(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    pipeline = await our_pipeline(hass, await setup_entry(), wake_word_id="hey_jarvis")
    await run_sound(hass, pipeline, talk(), start_stage=PipelineStage.WAKE_WORD, end_stage=PipelineStage.STT)
    other = await our_pipeline(hass, hass.config_entries.async_entries("local_voice")[0])
    gateway.wake_word = "unheard_of"
    await run_sound(hass, other, talk(), start_stage=PipelineStage.WAKE_WORD, end_stage=PipelineStage.STT)
    assert [told["wake_words"] for told in gateway.all_told("detect")] == [["hey_jarvis"], ["okay_nabu"]]


async def test_sound_that_ends_without_it_ends_the_run(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.wake_word = ""
    pipeline = await our_pipeline(hass, await setup_entry())
    events = await run_sound(hass, pipeline, talk(20), start_stage=PipelineStage.WAKE_WORD)
    assert kinds(events)[-2:] == [PipelineEventType.WAKE_WORD_END, PipelineEventType.RUN_END]
    assert data_of(events, PipelineEventType.WAKE_WORD_END) == {"wake_word_output": {}}
    assert gateway.all_told("recognize") == []


async def test_what_a_pipelines_own_sound_fails_with_reaches_the_pipeline(
    detector: WakeWordDetectionEntity, gateway: ScriptedGateway
) -> None:
    gateway.wake_word = ""

    async def quiet() -> AsyncGenerator[tuple[bytes, int]]:
        yield chunk(0), 0
        raise WakeWordTimeoutError("wake-word-timeout", "nobody spoke")

    with pytest.raises(WakeWordTimeoutError):
        await detector.async_process_audio_stream(quiet(), None)


async def test_a_gateway_that_is_away_hears_no_wake_word(
    detector: WakeWordDetectionEntity, gateway: ScriptedGateway, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.scripts["detect"] = lambda _: [None]
    sound = timed(talk())
    assert await detector.async_process_audio_stream(sound, None) is None
    assert await detector.async_process_audio_stream(timed(talk()), None) is None
    assert caplog.text.count(f"{detector.entity_id} failed: not_connected") == 1


async def test_the_wake_words_that_are_installed_are_listed(detector: WakeWordDetectionEntity) -> None:
    assert await detector.get_supported_wake_words() == [
        WakeWord("okay_nabu", "Okay Nabu", "Okay Nabu"),
        WakeWord("hey_jarvis", "Hey Jarvis", "Hey Jarvis"),
    ]


async def test_a_tape_keeps_no_more_than_its_last_seconds() -> None:
    tape = Tape(timed(_at_once(2 * KEPT_MS // 10)))
    played = [piece async for piece in tape.play()]
    kept = await tape.since(0)
    assert len(played) == 2 * KEPT_MS // 10
    assert len(kept) == KEPT_MS // 10
    assert kept[-1][0] == played[-1]
    assert [piece for piece, _ in await tape.since(2 * KEPT_MS - 30)] == played[-3:]


async def test_whoever_stops_listening_leaves_the_next_piece_to_the_tape() -> None:
    pieces: asyncio.Queue[bytes] = asyncio.Queue()

    async def sound() -> AsyncGenerator[tuple[bytes, int]]:
        while True:
            yield await pieces.get(), 0

    stream = sound()
    tape = Tape(stream)
    played = tape.play()
    listening = asyncio.ensure_future(anext(played))
    await asyncio.sleep(0)
    listening.cancel()
    await asyncio.wait({listening})
    pieces.put_nowait(chunk(7))
    assert await tape.since(0) == [(chunk(7), 0)]
    await tape.close()
    pieces.put_nowait(chunk(8))
    assert await anext(stream) == (chunk(8), 0)


async def test_a_tape_that_is_closed_reads_no_more() -> None:
    async def nothing() -> AsyncGenerator[tuple[bytes, int]]:
        await asyncio.Event().wait()
        yield b"", 0

    tape = Tape(nothing())
    listening = asyncio.ensure_future(anext(tape.play()))
    await asyncio.sleep(0)
    listening.cancel()
    await asyncio.wait({listening})
    await tape.close()
    assert [task for task in asyncio.all_tasks() if task.get_name() == "local_voice tape"] == []


async def _at_once(chunks: int) -> AsyncGenerator[bytes]:
    for number in range(chunks):
        yield number.to_bytes(2) * (CHUNK_BYTES // 2)
