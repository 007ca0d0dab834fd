"""Commands while others speak as well, with real models and real sound."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from gateway.assembly import Assembly
from gateway.audio import RATE_HZ, paced, samples
from gateway.config import Config, HomeConfig
from gateway.events import ActionDone, Event
from gateway.turn.ear import Ear
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import Stages
from tests.voices import Voices, silence

pytestmark = pytest.mark.models

HOUSE = """
name: Flat
areas:
  - {name: Kitchen}
  - {name: Bedroom}
entities:
  - {name: Counter Light, domain: light, area: Kitchen, state: "off"}
  - {name: Bed Light, domain: light, area: Bedroom, state: "on"}
  - {name: Ceiling Fan, domain: fan, area: Bedroom, state: "off"}
"""
TALK = "And then she went down to the village, where nobody had seen the old man since the winter before."
BELOW_DB = 14.0
"""How far the talk is below who speaks to us."""
COMMANDS = {
    "Turn on the light in the kitchen.": "Counter Light",
    "Turn off the bed light.": "Bed Light",
    "Turn on the ceiling fan in the bedroom.": "Ceiling Fan",
}


@dataclass
class Home:
    """A house in which people talk."""

    stages: Stages
    assembly: Assembly

    async def changes(self, pcm: bytes) -> list[str]:
        """Return what changes where this is heard."""
        return [
            change.name for event in await self.hears(pcm) if isinstance(event, ActionDone) for change in event.changes
        ]

    async def hears(self, pcm: bytes) -> list[Event]:
        ear = Ear(paced(pcm + silence(1.5), realtime=False), self.stages, self.assembly.endpoint())
        return [event async for event in run_turn(ear, self.stages, Place(area_id="kitchen"), is_awake=True)]


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    house = tmp_path / "house.yaml"
    house.write_text(HOUSE, encoding="utf-8")
    assembly = Assembly(Config(home=HomeConfig(house=str(house))))
    simulated = assembly.home(assembly.house(), asyncio.get_running_loop(), on_timer_finished=lambda _: None)
    try:
        yield Home(await assembly.load(assembly.stages, simulated), assembly)
    finally:
        simulated.close()
        assembly.close()


def level(sound: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Return its root mean square, pauses left out."""
    loud = np.abs(sound) > 0.02 * np.max(np.abs(sound))
    return float(np.sqrt(np.mean(np.square(sound[loud]))))


def among(talk: bytes, command: bytes) -> bytes:
    """Return talk of which one second is before a command that is said louder, and one behind it."""
    near = samples(command).astype(np.float64)
    far = np.resize(samples(talk).astype(np.float64), near.size + 2 * RATE_HZ)
    mixed = far * level(near) / level(far) * 10 ** (-BELOW_DB / 20)
    mixed[RATE_HZ : RATE_HZ + near.size] += near
    return np.clip(mixed, -32_768, 32_767).astype("<i2").tobytes()


@pytest.mark.parametrize(("command", "thing"), COMMANDS.items())
async def test_a_command_is_understood_though_others_speak(
    home: Home, voices: Voices, command: str, thing: str
) -> None:
    pcm = among(voices.espeak(TALK, "en-gb", 170), voices.piper(command))
    assert await home.changes(pcm) == [thing]


async def test_what_others_say_by_themselves_changes_nothing(home: Home, voices: Voices) -> None:
    assert await home.changes(voices.espeak(TALK, "en-gb", 170)) == []


@pytest.mark.parametrize("pause_s", [0.4, 0.6])
async def test_what_was_said_after_a_pause_is_not_cut_off(home: Home, voices: Voices, pause_s: float) -> None:
    """There is no "gazebo" here: the fan in the bedroom is not what was meant."""
    pcm = voices.piper("Turn on the ceiling fan") + silence(pause_s) + voices.piper("in the gazebo.")
    assert await home.changes(pcm) == []
