"""Timers at a real gateway that is killed and begins anew: they ring on time, and where they were set."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final

from gateway.chimes import timer_ring
from gateway.house import Area, House
from gateway.wire.ledger_words import ForgetTurns, TurnsForgotten
from gateway.wire.pairing import Paired
from gateway.wire.request_words import Converse, Conversed
from gateway.wire.timer_words import RingTimer, TimerRung, TimersRunning, TimerUnheard
from gateway.wire.voice_words import Announce, HouseUsable, TurnBegan
from tests.e2e.processes import LEDGER, VOICE, child_of, kill
from tests.e2e.serving import Serving, serving
from tests.e2e.test_home_at_satellites import say
from tests.gateway.server.peers import ScriptedHome, ScriptedSatellite
from tests.voices import Voices, silence

HOUSE: Final = House(name="Home", areas=(Area(id="kitchen", name="Kitchen"), Area(id="hall", name="Hall")))
THERE: Final = "assist_satellite.hall"
"""A satellite of the home's own."""
ON_TIME_S: Final = 3.0
"""How late a ring may be heard, on a machine that does other things."""
KEPT_S: Final = 2.0
"""A timer that was told is on the disk by then."""
RING: Final = timer_ring()

type State = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class People:
    """Who is paired with a gateway."""

    home: Paired
    shelf: Paired
    desk: Paired


async def paired(served: Serving) -> People:
    return People(
        await served.home(), await served.satellite("Shelf", "Kitchen"), await served.satellite("Desk", "Hall")
    )


@asynccontextmanager
async def at_home(served: Serving, people: People) -> AsyncIterator[ScriptedHome]:
    """Have the home connected, with a house that is understood."""
    home = people.home
    async with ScriptedHome.connected(served.voice, pin=home.voice_pin, token=home.voice_token) as connected:
        connected.tell(HOUSE)
        await connected.told(HouseUsable)
        yield connected


@asynccontextmanager
async def satellite(served: Serving, home: ScriptedHome, who: Paired) -> AsyncIterator[ScriptedSatellite]:
    """Have a satellite connected."""
    async with ScriptedSatellite.connected(served.voice, pin=who.voice_pin, token=who.voice_token) as connected:
        await home.satellite_is(who.peer_id, connected=True)
        yield connected


async def rings(heard: ScriptedSatellite) -> float:
    """Return when a satellite has begun to ring."""
    async with asyncio.timeout(60):
        while heard.received_bytes < len(RING.pcm) // 2:  # noqa: ASYNC110 - for longer than a script waits
            await asyncio.sleep(0.02)
    assert RING.pcm.startswith(heard.pcm[: len(RING.pcm) // 2])
    return monotonic()


def end(served: Serving) -> None:
    """Kill the whole gateway, as a power cut does."""
    voice, ledger = (child_of(served.running.process.pid, name) for name in (VOICE, LEDGER))
    os.kill(served.running.process.pid, signal.SIGKILL)
    for pid in (voice, ledger):
        kill(pid)
    served.running.process.wait(10)


async def serving_again(served: Serving, times: int) -> None:
    """Return when a voice process that was killed has been followed by another so often."""
    async with asyncio.timeout(60):
        while sum("voice: serving again" in line for _, line in served.running.err) < times:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_a_timer_that_was_said_rings_on_time_at_its_satellite_although_the_gateway_was_killed(
    tmp_path: Path, voices: Voices, state: State
) -> None:
    with serving(tmp_path) as served:
        people = await paired(served)
        async with at_home(served, people) as home, satellite(served, home, people.shelf) as shelf:
            home.say(Announce(id=1, text="Yes?", satellite_ids=(people.shelf.peer_id,), then="listen"))
            await home.told(TurnBegan)
            await say(shelf, silence(0.3), voices.piper("Set a timer for forty seconds."))
            (timer,) = (await home.told(TimersRunning, 2)).timers
            up_s = monotonic() + timer.left_s
            assert timer.satellite_id == people.shelf.peer_id
            await asyncio.sleep(KEPT_S)
        await asyncio.to_thread(end, served)
    with serving(tmp_path, port=served.port) as again:
        async with (
            at_home(again, people) as home,
            satellite(again, home, people.desk) as desk,
            satellite(again, home, people.shelf) as shelf,
        ):
            (back,) = (await home.told(TimersRunning, which=lambda told: bool(told.timers))).timers
            assert (back.timer_id, back.satellite_id, back.area_id) == (
                timer.timer_id,
                people.shelf.peer_id,
                "kitchen",
            )
            rang_s = await rings(shelf)
            late_s = rang_s - up_s
            state(f"a timer of 40 s whose gateway was killed rang {late_s:+.1f} s after its time")
            assert abs(late_s) < ON_TIME_S
            assert desk.pcm == b"", "only where it was set"
            assert (await home.told(TimersRunning, which=lambda told: not told.timers)).timers == ()


async def test_one_that_was_up_while_nobody_ran_rings_late_and_says_so_at_a_home_s_satellite_too(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as served:
        people = await paired(served)
        async with at_home(served, people) as home:
            for number, (text, where) in enumerate(
                [("set a 2 second timer named tea", THERE), ("set a 1 hour timer named bread", THERE)], 1
            ):
                home.say(Converse(id=number, text=text, satellite_id=where, area_id="hall"))
                assert "Timer set" in (await home.told(Conversed, number)).speech
            home.say(Converse(id=3, text="set a timer for 5 minutes"))
            assert "timer" in (await home.told(Conversed, 3)).speech.casefold(), "typed, it could ring nowhere"
            await asyncio.sleep(0.5)
            assert len((await home.told(TimersRunning, 3)).timers) == 2
        await asyncio.to_thread(end, served)
        await asyncio.sleep(35)
    with serving(tmp_path, port=served.port) as again:
        async with at_home(again, people) as home:
            asked = await home.told(RingTimer)
            assert (asked.satellite_id, asked.area_id) == (THERE, "hall")
            assert asked.text.startswith("The tea timer was up "), asked.text
            home.say(TimerRung(id=asked.id, is_heard=True))
            home.say(Converse(id=1, text="stop", satellite_id=THERE))
            assert (await home.told(Conversed)).speech == ""
            home.say(Converse(id=2, text="how much time is left on my bread timer", satellite_id=THERE))
            left = (await home.told(Conversed, 2)).speech
            assert "59 minutes" in left, left
            home.say(Converse(id=3, text="cancel the egg timer", satellite_id=THERE))
            assert "couldn't find" in (await home.told(Conversed, 3)).speech
            assert len(home.all_told(RingTimer)) == 1
            assert home.all_told(TimerUnheard) == []


async def test_a_voice_process_or_a_ledger_that_is_killed_costs_no_timer_and_forgetting_everything_all(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as served:
        people = await paired(served)
        async with at_home(served, people) as home:
            home.say(Converse(id=1, text="set a 1 hour timer named bread", satellite_id=THERE))
            await home.told(Conversed)
            await asyncio.sleep(0.5)
            kill(child_of(served.running.process.pid, LEDGER))
            home.say(Converse(id=2, text="set a 2 hour timer named cake", satellite_id=THERE))
            await home.told(Conversed, 2)
            await asyncio.sleep(KEPT_S)
            kill(child_of(served.running.process.pid, VOICE))
        await serving_again(served, 1)
        async with at_home(served, people) as home:
            back = await home.told(TimersRunning, which=lambda told: bool(told.timers))
            assert [timer.name for timer in back.timers] == ["bread", "cake"]
            home.say(ForgetTurns(id=1, everything=True))
            assert (await home.told(TurnsForgotten)).error == ""
            await home.told(TimersRunning, which=lambda told: not told.timers)
            await asyncio.sleep(0.5)
            kill(child_of(served.running.process.pid, VOICE))
        await serving_again(served, 2)
        async with at_home(served, people) as home:
            assert [told.timers for told in home.all_told(TimersRunning)] == [()]
