"""People who pause within a command: nobody is cut off, and what they say then counts."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.assembly import Assembly
from gateway.audio import FRAME_MS, paced
from gateway.events import (
    ActionDone,
    Event,
    IntentRecognized,
    PartialTranscript,
    Reply,
    SpeechResumed,
    Transcript,
)
from gateway.turn.ear import Ear
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import Stages
from tests.e2e.held_up import Instant, Understood, Work
from tests.voices import Voices, hiss, mixed, silence

pytestmark = pytest.mark.models

AFTER = silence(2.2)
type Loaded = tuple[Assembly, Callable[[asyncio.AbstractEventLoop], Stages]]


async def take(loaded: Loaded, pcm: bytes) -> list[tuple[Event, int]]:
    """Run one turn in the demo house's kitchen; return what happens, and how many ms had been heard by then."""
    _, fresh = loaded
    stages = fresh(asyncio.get_running_loop())
    work = Work()

    stages = replace(stages, stt=Instant(stages.stt, work), understanding=Understood(stages.understanding, work))
    ear = Ear(work.held_up(paced(mixed(pcm + AFTER, hiss(1.0), 50), realtime=False)), stages)
    place = Place(area_id="kitchen")
    return [(event, ear.now_ms) async for event in run_turn(ear, stages, place, is_awake=True)]


def all_of[E](told: list[tuple[Event, int]], kind: type[E]) -> list[E]:
    return [event for event, _ in told if isinstance(event, kind)]


async def test_who_pauses_before_a_command_is_complete_is_heard_to_the_end(loaded: Loaded, voices: Voices) -> None:
    told = await take(loaded, voices.piper("Turn on the") + silence(0.6) + voices.piper("ceiling light."))
    (intent,) = all_of(told, IntentRecognized)
    assert intent.slots["name"] == "Ceiling Light"
    assert len(all_of(told, Transcript)) == 1


async def test_a_complete_command_is_done_early_and_answered_late(loaded: Loaded, voices: Voices) -> None:
    command = voices.piper("Turn on the ceiling light.")
    told = await take(loaded, silence(0.5) + command)
    said_ms = 500 + len(command) // 32
    (done_ms,) = [now_ms for event, now_ms in told if isinstance(event, ActionDone)]
    (replied_ms,) = [now_ms for event, now_ms in told if isinstance(event, Reply)]
    assert done_ms <= said_ms + 450
    assert replied_ms - done_ms >= 650 - 450 - FRAME_MS
    assert all_of(told, PartialTranscript)


async def test_later_words_correct_what_was_done(loaded: Loaded, voices: Voices) -> None:
    pieces = voices.piper("Turn on the ceiling light."), silence(0.3), voices.piper("In ten minutes.")
    told = await take(loaded, b"".join(pieces))
    assert all_of(told, SpeechResumed)
    assert [intent.name for intent in all_of(told, IntentRecognized)] == ["HassTurnOn", "HassStartTimer"]
    on, off = all_of(told, ActionDone)
    assert (on.changes[0].entity_id, on.changes[0].before) == (off.changes[0].entity_id, off.changes[0].after)
    assert len(all_of(told, Reply)) == 1
