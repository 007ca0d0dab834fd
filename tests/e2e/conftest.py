"""Recordings for whole turns, and turns run in this process with models that are loaded once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.assembly import Assembly
from gateway.audio import paced
from gateway.commands.turn import SILENCE_AFTER
from gateway.config import Config, WakeConfig
from gateway.events import Event
from gateway.turn.ear import Ear
from gateway.turn.earlier import Earlier
from gateway.turn.run import run_turn
from gateway.turn.stages import NO_CLOUD, NO_MEMORY, Cloud, Memory, Stages
from tests.e2e.program import run
from tests.voices import Voices, babble, hiss, hum, music, silence

HERE = Path(__file__).parent
WORDS = ("okay_nabu", "hey_jarvis", "hey_mycroft", "alexa")
TALK = (
    ("the weather was fine and so we walked along the river until evening", "en-us"),
    ("she said that nobody had seen the letter on the table", "en-gb"),
    ("it takes two hours by train and a little more by car", "en-us+f3"),
    ("my brother has bought a new bicycle for his daughter", "en-gb+m3"),
    ("they are going to build a bridge there next summer", "en-us+m7"),
)

RERUNS = 1
"""Whole programs wait for one another, and the machine may be short of time for a moment, for reasons of its own: twice
in a row it is not chance. What is run again is named at the end, with what failed."""
ON_TIME_RERUNS = 2
"""Of what measures against the clock."""
RERUN_DELAY_S = 5

type Turn = Callable[..., Awaitable[list[Event]]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run again what has failed."""
    for item in items:
        if item.path.is_relative_to(HERE):
            reruns = ON_TIME_RERUNS if item.get_closest_marker("on_time") else RERUNS
            item.add_marker(pytest.mark.flaky(reruns=reruns, reruns_delay=RERUN_DELAY_S))


@pytest.fixture(scope="session")
def no_speech(voices: Voices) -> dict[str, bytes]:
    """Return six seconds each of what is not said to anybody."""
    talk = [voices.espeak(text, voice) for text, voice in TALK]
    return {
        "silence": silence(6),
        "hiss": hiss(6),
        "hum": hum(6),
        "music": music(6),
        "babble": babble(talk, 6),
    }


@pytest.fixture(scope="session")
def loaded() -> Iterator[tuple[Assembly, Callable[[asyncio.AbstractEventLoop], Stages]]]:
    """Load the models of all four wake words once; return what makes the stages of a fresh demo house."""
    assembly = Assembly(replace(Config(), wake=WakeConfig(words=WORDS)))
    first: list[Stages] = []

    def stages(loop: asyncio.AbstractEventLoop) -> Stages:
        home = assembly.home(assembly.house(), loop)
        if not first:
            first.append(assembly.stages(home))
        return replace(first[0], home=home)

    yield assembly, stages
    assembly.close()


@pytest.fixture
def turn(loaded: tuple[Assembly, Callable[[asyncio.AbstractEventLoop], Stages]]) -> Turn:
    """Return a function that runs one turn over 16 kHz mono s16le as fast as it goes, and returns its events."""
    assembly, fresh = loaded

    async def take(
        pcm: bytes,
        *,
        is_awake: bool = False,
        cloud: Cloud = NO_CLOUD,
        memory: Memory = NO_MEMORY,
        earlier: Earlier | None = None,
    ) -> list[Event]:
        stages = replace(fresh(asyncio.get_running_loop()), cloud=cloud, memory=memory)
        ear = Ear(paced(pcm + SILENCE_AFTER, realtime=False), stages, assembly.endpoint())
        place = assembly.place(assembly.house())
        return [event async for event in run_turn(ear, stages, place, is_awake=is_awake, earlier=earlier)]

    return take


@pytest.fixture
def read_back(wav: Callable[[str, bytes], Path]) -> Callable[[bytes], str]:
    """Return a function that recognises 16 kHz mono s16le, in lower case: whether a reply can be understood."""

    def recognize(pcm: bytes) -> str:
        return run("transcribe", wav("read-back.wav", pcm)).out.casefold()

    return recognize


@pytest.fixture
def damaged_model(tmp_path: Path) -> Path:
    """Return a data folder in which one bit of tiny.en is wrong."""
    import shutil

    from gateway.models import ModelStore
    from gateway.paths import models_dir

    folder = tmp_path / "damaged" / "local-voice" / "models" / "tiny.en"
    whole = ModelStore(models_dir()).find("tiny.en").path
    shutil.copytree(whole, folder)
    with (folder / "model.bin").open("r+b") as file:
        file.seek(12_345_678)
        byte = file.read(1)[0]
        file.seek(12_345_678)
        file.write(bytes([byte ^ 1]))
    return tmp_path / "damaged"
