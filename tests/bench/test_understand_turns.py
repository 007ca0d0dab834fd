from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bench.gold import Command, Meaning, Spelling
from bench.understand_clips import Group, Said, Sounds
from bench.understand_turns import Ending, Listener, household
from gateway.assembly import Assembly
from gateway.audio import RATE_HZ, SAMPLE_BYTES
from gateway.config import Config
from gateway.house import Area, Entity, House
from gateway.models import ModelStore
from gateway.paths import models_dir

pytestmark = [pytest.mark.models, pytest.mark.asyncio(loop_scope="module")]
HOUSE = House(
    name="home",
    areas=(Area(id="kitchen", name="Kitchen"),),
    entities=(Entity(id="light.desk", name="Desk Light", state="off"), Entity(id="lock.door", name="Front Door")),
)
SILENCE = bytes(2 * RATE_HZ * SAMPLE_BYTES)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def listener() -> AsyncIterator[Listener]:
    assembly = Assembly(Config())
    us = await household(assembly, HOUSE)
    yield await us.listener(HOUSE, "kitchen")
    assembly.close()


def spoken(text: str) -> bytes:
    voice: Path = ModelStore(models_dir()).find(Config().tts.voice).main
    said = Said(name="Piper", text=text, group=Group.NEAR)
    (clip,) = Sounds(voice, [], None).clips([said], {text: Meaning(commands=())})
    return clip.pcm


async def test_a_command_is_understood_and_not_carried_out(listener: Listener) -> None:
    pcm = spoken("Turn on the desk light.")
    for _ in range(2):
        turn = await listener.hear(pcm)
        assert turn.ending is Ending.UNDERSTOOD
        meant = Meaning(commands=(Command(name="HassTurnOn", slots={"name": "Desk Light"}),))
        assert turn.meaning is not None
        assert turn.ten_best is not None
        assert Spelling(HOUSE).is_same(turn.meaning, meant)
        assert Spelling(HOUSE).is_same(turn.ten_best, meant)


async def test_all_commands_of_one_breath_are_told(listener: Listener) -> None:
    turn = await listener.hear(spoken("Turn on the desk light and turn off the desk light."))
    assert turn.meaning is not None
    assert [command.name for command in turn.meaning.commands] == ["HassTurnOn", "HassTurnOff"]


async def test_what_cannot_be_done_here_what_is_talk_and_what_is_nothing_end_otherwise(listener: Listener) -> None:
    assert (await listener.hear(spoken("Please order a pizza with extra cheese."))).ending is Ending.SORRY
    talk = spoken("The weather was fine and so we walked along the river.")
    assert (await listener.hear(talk)).ending is Ending.SILENT
    assert (await listener.hear(SILENCE)).ending is Ending.SILENT


async def test_time_is_counted_from_what_was_heard_to_what_it_means(listener: Listener) -> None:
    added_ms = await listener.added_ms(spoken("Turn on the desk light."))
    assert added_ms is not None
    assert 0 <= added_ms < 10_000
    assert await listener.added_ms(SILENCE) is None
