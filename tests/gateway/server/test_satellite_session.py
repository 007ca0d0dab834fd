"""One satellite over a real connection: whole turns, interruptions, mute, and how its connection ends."""

import asyncio
import logging
from pathlib import Path

import pytest

from gateway.errors import ModelError
from gateway.events import Sound
from gateway.server import remote_device
from gateway.wire.voice_words import (
    Chime,
    Drain,
    Listening,
    Mute,
    Muted,
    MuteSatellite,
    Played,
    Silence,
    SoundFailed,
    TurnHappened,
)
from tests.fakes import (
    UNLOCKED,
    ScriptedHome,
    ScriptedStt,
    ScriptedTts,
    ScriptedUnderstanding,
    quiet,
    recognized,
    speech,
    stages,
    wake_word,
)
from tests.gateway.server.scripted_gateway import scripted_gateway

ANSWER = b"".join(word.ljust(20, b"\0") for word in (b"answer", b"to", b"HassTurnOn"))
LONG_ANSWER = Sound(rate_hz=22_050, pcm=bytes(range(250)) * 2_000)


class LongWinded(ScriptedTts):
    """Speaks for eleven seconds."""

    async def speak(self, text: str):  # type: ignore[no-untyped-def]  # an async generator of the base's type
        yield LONG_ANSWER


async def test_a_whole_turn_goes_through_a_connection(tmp_path: Path) -> None:
    home = ScriptedHome()
    async with (
        scripted_gateway(tmp_path, stages(home=home)) as gateway,
        gateway.home() as watching,
        gateway.satellite(area="Kitchen") as satellite,
    ):
        greeting = await satellite.greeted()
        await satellite.hear(quiet(500), wake_word(), quiet(300), speech(900), quiet(1_000))
        happened = await watching.told(TurnHappened)
        assert satellite.pcm == ANSWER
        assert satellite.sounds[0][0] == 16_000
        assert [told.listening for told in satellite.all_told(Listening)] == [True, False]
        (request,) = home.requests
        assert (request.area_id, request.satellite_id) == ("kitchen", greeting.peer_id)
        assert (happened.satellite_id, happened.outcome, happened.wake_word) == (
            greeting.peer_id,
            "action",
            "okay_nabu",
        )
        assert set(happened.stages_ms) >= {"stt", "intent", "action", "first_sound"}
