"""Who is paired with a gateway: Home Assistant's stand-in and satellites, and what they say to it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from gateway.audio import FRAME_BYTES, frames
from gateway.house import Area, Entity, House
from gateway.wire.pairing import Paired
from gateway.wire.request_words import Converse, Conversed, Recognize, Recognized, Speak, Spoken
from gateway.wire.voice_words import ActionAsked, ActionDone, HouseUsable, TurnHappened
from tests.e2e.serving import Serving
from tests.gateway.server.peers import ScriptedHome, ScriptedSatellite, entity_words, switched
from tests.voices import Voices, silence

TIMES: Final = 4
"""So much faster than life do satellites hear."""
FRAME_S: Final = 0.032
ROOMS: Final = ("Kitchen", "Bedroom", "Hallway", "Office")
HOUSE: Final = House(
    name="Home",
    areas=tuple(Area(id=name.lower(), name=name) for name in ROOMS),
    entities=(
        Entity(id="light.ceiling", name="Ceiling Light", area_id="kitchen", state="off"),
        Entity(id="light.night", name="Night Light", area_id="bedroom", state="off"),
        Entity(id="switch.coffee", name="Coffee Machine", area_id="kitchen", state="off"),
    ),
)


@dataclass(frozen=True, slots=True)
class Said:
    """Something that people say, and what comes of it where the cloud may be asked."""

    words: str
    outcome: str


SAID: Final = (
    Said("turn on the ceiling light", "action"),
    Said("is the night light on", "answer"),
    Said("turn off the coffee machine", "action"),
    Said("who wrote the book about the white whale", "consent_asked"),
)


@dataclass(slots=True)
class Household:
    """Everybody who is paired, and what they have said."""

    served: Serving
    voices: Voices
    home: Paired
    satellites: list[Paired]
    turns: list[tuple[Said, str]] = field(default_factory=list)
    """What was said, and what came of it."""
    _numbers: count[int] = field(default_factory=lambda: count(1))

    @classmethod
    async def paired(cls, served: Serving, voices: Voices, rooms: Sequence[str] = ROOMS[:1]) -> Household:
        """Pair a home, and a satellite in each of these rooms."""
        home = await served.home()
        return cls(served, voices, home, [await served.satellite(room, room) for room in rooms])

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[tuple[ScriptedHome, list[ScriptedSatellite]]]:
        """Have all of them connected during the block, with a house that is understood."""
        voice = self.served.voice
        async with AsyncExitStack() as stack:
            home = await stack.enter_async_context(
                ScriptedHome.connected(voice, pin=self.home.voice_pin, token=self.home.voice_token)
            )
            home.answers = answered
            home.tell(HOUSE)
            await home.told(HouseUsable)
            satellites = []
            for paired in self.satellites:
                satellite = await stack.enter_async_context(
                    ScriptedSatellite.connected(voice, pin=paired.voice_pin, token=paired.voice_token)
                )
                await home.satellite_is(paired.peer_id, connected=True)
                satellites.append(satellite)
            yield home, satellites

    async def say_at(self, satellite: ScriptedSatellite, said: Said, times: int = TIMES) -> None:
        """Say something at a satellite, so many times as fast as in life."""
        pcm = silence(0.3) + self.voices.piper(f"Okay Nabu, {said.words}.") + silence(1.5)
        for number, frame in enumerate(frames(pcm)):
            await satellite.channel.play(frame.ljust(FRAME_BYTES, b"\0"))
            if number % times == 0:
                await asyncio.sleep(FRAME_S)

    async def turn_at(self, home: ScriptedHome, satellite: ScriptedSatellite, said: Said) -> None:
        """Take a turn at a satellite, from its wake word to the answer, and note what came of it."""
        peer_id = (await satellite.greeted()).peer_id
        await self.say_at(satellite, said)
        happened = await home.told(TurnHappened, which=lambda told: told.satellite_id == peer_id)
        assert satellite.received_bytes > 0, "every turn is answered aloud"
        self.turns.append((said, happened.outcome))

    async def turn_through(self, home: ScriptedHome, said: Said) -> None:
        """Take a turn by the home's own pipeline: sound, words, what they mean, and the answer's sound."""
        recognize, speak = next(self._numbers), next(self._numbers)
        home.say(Recognize(id=recognize))
        await home.send_sound(recognize, frames(self.voices.piper(f"{said.words}.") + silence(1.0)))
        recognized = await home.told(Recognized, which=lambda told: told.id == recognize)
        conversed = await self.converse(home, recognized.text)
        home.say(Speak(id=speak, text=conversed.speech))
        spoken = await home.told(Spoken, which=lambda told: told.id == speak)
        assert (recognized.error, spoken.error) == ("", "")
        assert home.sounds[speak]
        self.turns.append((said, conversed.outcome))

    async def converse(self, home: ScriptedHome, words: str) -> Conversed:
        """Have a home write something, and return the answer."""
        number = next(self._numbers)
        home.say(Converse(id=number, text=words))
        return await home.told(Conversed, which=lambda told: told.id == number)


def answered(asked: ActionAsked) -> ActionDone:
    """Answer what a house is asked, and do what it is told to."""
    if asked.intent == "HassGetState":
        return ActionDone(id=asked.id, matched=(entity_words(HOUSE.entities[1]),))
    return switched(asked)
