"""A home and a satellite at a real gateway: what the home says there and hears from there, and what its end means."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import pytest

from gateway.audio import FRAME_BYTES, paced, resample
from gateway.house import Area, Entity, House
from gateway.wire.pairing import Paired
from gateway.wire.timer_words import CancelTimer, TimerCancelled, TimersRunning
from gateway.wire.voice_words import (
    ActionAsked,
    Announce,
    AnnounceOver,
    Answered,
    HouseUsable,
    Listening,
    PlaceSatellite,
    SentenceAsked,
    SentenceDone,
    SentencesKnown,
    TurnBegan,
    TurnHappened,
)
from tests.e2e.program import run
from tests.e2e.serving import Serving, serving
from tests.gateway.server.peers import ScriptedHome, ScriptedSatellite
from tests.voices import Voices, silence

HOUSE = House(
    name="Home",
    areas=(Area(id="kitchen", name="Kitchen"), Area(id="bedroom", name="Bedroom")),
    entities=(
        Entity(id="light.kitchen", name="Ceiling Light", area_id="kitchen", state="off"),
        Entity(id="light.bedroom", name="Night Light", area_id="bedroom", state="off"),
    ),
)
ENDS_S = 5.0
"""A turn whose home is gone ends within this time."""

type WriteWav = Callable[[str, bytes], Path]
type State = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """A gateway, and who is paired with it."""

    served: Serving
    home: Paired
    satellite: Paired

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[tuple[ScriptedHome, ScriptedSatellite]]:
        """Have both connected, with a house that is understood."""
        async with (
            ScriptedHome.connected(self.served.voice, pin=self.home.voice_pin, token=self.home.voice_token) as home,
            ScriptedSatellite.connected(
                self.served.voice, pin=self.satellite.voice_pin, token=self.satellite.voice_token
            ) as satellite,
        ):
            home.tell(HOUSE)
            await home.told(HouseUsable)
            await home.satellite_is(self.satellite.peer_id, connected=True)
            yield home, satellite


@pytest.fixture(scope="module")
def household(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    async def paired(served: Serving) -> Household:
        return Household(served=served, home=await served.home(), satellite=await served.satellite("Shelf", "Kitchen"))

    with serving(tmp_path_factory.mktemp("gateway")) as served:
        yield asyncio.run(paired(served))


async def say(satellite: ScriptedSatellite, *pieces: bytes) -> None:
    """Say something to a satellite, at the pace of life, and be silent."""
    async for frame in paced(b"".join(pieces) + silence(1.5), realtime=True):
        await satellite.channel.play(frame.ljust(FRAME_BYTES, b"\0"))


def spoken(satellite: ScriptedSatellite, wav: WriteWav) -> str:
    """Return what a satellite has said, as recognition hears it."""
    pcm = b"".join(resample(bytes(sound), rate_hz, 16_000) for rate_hz, sound in satellite.sounds)
    return run("transcribe", wav("spoken.wav", pcm)).out.casefold()


async def test_a_question_of_the_home_is_heard_and_its_answer_told(
    household: Household, voices: Voices, wav: WriteWav
) -> None:
    async with household.connected() as (home, satellite):
        here = (household.satellite.peer_id,)
        home.say(Announce(id=1, text="In which room should I turn on the music?", satellite_ids=here, then="answer"))
        await satellite.told(Listening)
        await home.told(AnnounceOver)
        await say(satellite, silence(0.5), voices.piper("The living room."))
        assert "living room" in (await home.told(Answered)).text.casefold()
        assert home.all_told(TurnBegan) == []
        assert home.all_told(ActionAsked) == []
    assert "music" in await asyncio.to_thread(spoken, satellite, wav)


async def test_a_turn_follows_an_announcement_in_the_room_where_the_home_says_it_is(
    household: Household, voices: Voices
) -> None:
    async with household.connected() as (home, satellite):
        satellite_id = household.satellite.peer_id
        home.say(PlaceSatellite(satellite_id=satellite_id, area_id="bedroom"))
        await home.satellite_is(satellite_id, area_id="bedroom")
        home.say(Announce(id=1, text="Good evening.", satellite_ids=(satellite_id,), then="listen"))
        assert (await home.told(TurnBegan)).wake_word == ""
        await say(satellite, silence(0.3), voices.piper("Turn on the lights."))
        assert (await home.told(ActionAsked)).area_id == "bedroom"
        assert (await home.told(TurnHappened)).outcome == "action"


async def test_a_timer_that_is_set_at_a_satellite_is_told_to_the_home_and_cancelled_by_it(
    household: Household, voices: Voices
) -> None:
    async with household.connected() as (home, satellite):
        satellite_id = household.satellite.peer_id
        assert (await home.told(TimersRunning)).timers == ()
        home.say(Announce(id=1, text="Yes?", satellite_ids=(satellite_id,), then="listen"))
        await home.told(TurnBegan)
        await say(satellite, silence(0.3), voices.piper("Set a timer for ten minutes."))
        (timer,) = (await home.told(TimersRunning, 2)).timers
        assert (timer.satellite_id, timer.area_id, timer.duration_s) == (satellite_id, "kitchen", 600)
        assert timer.is_active
        assert not timer.is_command
        assert 570 <= timer.left_s <= 600
        home.say(CancelTimer(id=2, timer_id=timer.timer_id))
        assert (await home.told(TimerCancelled)).error == ""
        assert (await home.told(TimersRunning, 3)).timers == ()
        home.say(CancelTimer(id=3, timer_id=timer.timer_id))
        assert (await home.told(TimerCancelled, 2)).error == "unknown_timer"


async def test_a_sentence_of_the_homes_own_is_done_by_the_home(
    household: Household, voices: Voices, wav: WriteWav
) -> None:
    def done(asked: SentenceAsked) -> SentenceDone:
        known = next((text for text in asked.texts if "movie" in text.casefold()), "")
        return SentenceDone(id=asked.id, text=known, speech="Enjoy the film." if known else "")

    async with household.connected() as (home, satellite):
        home.sentences = done
        home.say(SentencesKnown(exist=True))
        await say(satellite, silence(0.5), voices.piper("Okay Nabu."), silence(0.3), voices.piper("It is movie time."))
        happened = await home.told(TurnHappened)
        assert (happened.outcome, happened.wake_word) == ("answer", "okay_nabu")
        assert "sentence" in happened.stages_ms
        assert home.all_told(ActionAsked) == []
    assert "film" in await asyncio.to_thread(spoken, satellite, wav)


@pytest.mark.parametrize("way", ["killed", "revoked"])
async def test_a_home_that_goes_in_mid_action_is_spoken_about_and_the_turn_ends(
    household: Household, voices: Voices, wav: WriteWav, state: State, way: str
) -> None:
    served = household.served
    logged_before = len(served.running.err)
    async with household.connected() as (home, satellite):
        home.answers = lambda _: None
        command = (voices.piper("Okay Nabu."), silence(0.3), voices.piper("turn on the ceiling light."))
        speaking = asyncio.create_task(say(satellite, silence(0.5), *command))
        await home.told(ActionAsked)
        begun_s = monotonic()
        if way == "killed":
            home.channel.cut("test")
        else:
            revoking = ("peers", "revoke", household.home.peer_id)
            assert (await asyncio.to_thread(run, *revoking, environ=served.environ)).code == 0
            begun_s = monotonic()
        await satellite.until(lambda: not satellite.all_told(Listening)[-1].listening and satellite.received_bytes > 0)
        took_s = monotonic() - begun_s
        await asyncio.to_thread(served.running.wait_for_log, "turn: error", after=logged_before)
        await speaking
    state(f"a home that is {way} in mid-action: its turn speaks of it after {took_s:.1f} s")
    assert took_s < ENDS_S
    assert "does not answer" in await asyncio.to_thread(spoken, satellite, wav)
