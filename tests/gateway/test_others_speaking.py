"""Commands while others speak as well, with real models and real sound."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from gateway.audio import RATE_HZ, samples
from tests.real_house import RealHouse, changed, real_house
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


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[RealHouse]:
    async with real_house(HOUSE, tmp_path) as house:
        yield house


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
    house: RealHouse, voices: Voices, command: str, thing: str
) -> None:
    pcm = among(voices.espeak(TALK, "en-gb", 170), voices.piper(command))
    assert changed(await house.hears(pcm)) == [thing]


async def test_what_others_say_by_themselves_changes_nothing(house: RealHouse, voices: Voices) -> None:
    assert changed(await house.hears(voices.espeak(TALK, "en-gb", 170))) == []


@pytest.mark.parametrize("pause_s", [0.4, 0.6])
async def test_what_was_said_after_a_pause_is_not_cut_off(house: RealHouse, voices: Voices, pause_s: float) -> None:
    """There is no "gazebo" here: the fan in the bedroom is not what was meant."""
    pcm = voices.piper("Turn on the ceiling fan") + silence(pause_s) + voices.piper("in the gazebo.")
    assert changed(await house.hears(pcm)) == []
