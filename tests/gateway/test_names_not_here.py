"""Names that are not in a house, with real models and real sound: none of them ever becomes one that is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.events import ActionDone, IntentRecognized
from tests.real_house import RealHouse, changed, real_house
from tests.voices import Voices, silence

pytestmark = pytest.mark.models

HOUSE = """
name: House
floors:
  - {name: First Floor}
areas:
  - {name: Kitchen, floor: First Floor}
  - {name: Bedroom, floor: First Floor}
entities:
  - {name: Counter Light, domain: light, area: Kitchen, state: "off"}
  - {name: Bed Light, domain: light, area: Bedroom, state: "on"}
  - {name: Bedroom Fan, domain: fan, area: Bedroom, state: "on"}
  - {name: Motion Sensor, domain: binary_sensor, area: Kitchen, state: "on", attributes: {device_class: occupancy}}
  - {name: John, domain: person, state: home}
  - {name: Kitchen Speaker, domain: media_player, area: Kitchen, state: playing}
"""
SAID = (
    "Is the motion sensor occupied on the second floor?",
    "Where is Jane?",
    "Is Jane in the home?",
    "Turn off all of the bathroom lights.",
    "Turn off the bathroom fan.",
    "Turn on the garden light.",
    "Play the artist Queen on the TV.",
    "Pause the radio in the attic.",
)
HERE = {
    "Turn off all of the bedroom lights.": ["Bed Light"],
    "Turn off the bedroom fan.": ["Bedroom Fan"],
    "Turn on the counter light.": ["Counter Light"],
}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[RealHouse]:
    async with real_house(HOUSE, tmp_path) as house:
        yield house


@pytest.mark.parametrize("pace", [0.85, 1.15])
async def test_nothing_is_done_and_nothing_told_of_what_has_another_name(
    house: RealHouse, voices: Voices, pace: float
) -> None:
    for said in SAID:
        events = await house.hears(silence(0.3) + voices.piper(said, pace))
        assert not any(isinstance(event, ActionDone | IntentRecognized) for event in events), said


async def test_what_is_here_is_understood(house: RealHouse, voices: Voices) -> None:
    for said, things in HERE.items():
        assert changed(await house.hears(silence(0.3) + voices.piper(said))) == things
