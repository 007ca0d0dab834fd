"""Where a timer is heard that is up: at its own satellite, at others, at a home's, or among what people are shown."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from gateway.errors import EngineError, HomeError
from gateway.server import ringing as module
from gateway.server.ringing import Ringing
from gateway.server.timer_phrases import is_missed, is_up
from gateway.server.unheard_timers import MOST_KEPT
from gateway.timers import TimerFinished
from gateway.turn.stages import Stages, Tongue
from tests.fakes import ScriptedHome, ScriptedTts, ScriptedUnderstanding, stages
from tests.gateway.server.scripted_gateway import ScriptedEquipment

TEA = TimerFinished(name="tea", command=None, satellite_id="shelf", area_id="kitchen", duration_s=180)
PHONE = replace(TEA, satellite_id="assist_satellite.hall", area_id="hall")
LATER = replace(TEA, name=None, command="turn on the lamp")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass
class Ears:
    """A satellite that notes what rings there."""

    heard: list[TimerFinished] = field(default_factory=list)

    def timer_finished(self, timer: TimerFinished) -> None:
        self.heard.append(timer)


@dataclass
class Bell:
    """A home that has some satellites, and notes what is announced and shown."""

    satellites: frozenset[str] = frozenset({"assist_satellite.hall"})
    areas: frozenset[str] = frozenset()
    rung: list[tuple[str, str]] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    async def ring(self, text: str, *, satellite_id: str, area_id: str | None) -> bool:
        is_there = satellite_id in self.satellites if satellite_id else area_id in self.areas
        if is_there:
            self.rung.append((satellite_id or f"all of {area_id}", text))
        return is_there

    def tell_of_timer(self, text: str) -> None:
        self.shown.append(text)


class Equipment(ScriptedEquipment):
    """One whose shared stages have a home that a test looks at."""

    acting = ScriptedHome()

    @property
    def shared(self) -> Stages:
        return stages(home=self.acting, other=self.other)


class House:
    """Satellites of ours, some of which are there."""

    def __init__(self) -> None:
        self.there: dict[str, Ears] = {}
        self.equipment = Equipment([])
        self.equipment.acting = ScriptedHome()
        self.ringing = Ringing(
            self.equipment, lambda: self.there, {"shelf", "desk", "bed"}.__contains__, now=lambda: NOON
        )

    def comes(self, satellite_id: str) -> Ears:
        """Have a satellite be there."""
        ears = self.there[satellite_id] = Ears()
        self.ringing.ear_came(ears)
        return ears


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    it = House()
    try:
        yield it
    finally:
        await it.ringing.close()


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETURN_S", 0.01)
    monkeypatch.setattr(module, "HOME_PAUSE_S", 0.01)


async def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - nothing here has an event
            await asyncio.sleep(0.001)


async def test_a_timer_rings_at_its_own_satellite_and_nowhere_else() -> None:
    async with house() as it:
        shelf, desk, bell = it.comes("shelf"), it.comes("desk"), Bell(areas=frozenset({"kitchen"}))
        it.ringing.home_came(bell)
        it.ringing.up(TEA)
        await asyncio.sleep(0.02)
        assert (shelf.heard, desk.heard, bell.rung, bell.shown) == ([TEA], [], [], [])


async def test_it_waits_a_moment_for_its_own_satellite_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETURN_S", 10.0)
    async with house() as it:
        desk = it.comes("desk")
        it.ringing.up(TEA)
        await asyncio.sleep(0.01)
        bed = it.comes("bed")
        await asyncio.sleep(0.01)
        shelf = it.comes("shelf")
        await until(lambda: shelf.heard)
        assert (desk.heard, bed.heard) == ([], [])


async def test_a_home_s_satellite_waits_a_moment_for_its_home_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETURN_S", 10.0)
    async with house() as it:
        desk, bell = it.comes("desk"), Bell()
        it.ringing.up(PHONE)
        await asyncio.sleep(0.01)
        it.ringing.home_came(bell)
        await until(lambda: bell.rung)
        assert (desk.heard, bell.shown) == ([], [])


async def test_where_its_own_does_not_come_all_others_ring_but_a_command_is_done_at_one() -> None:
    async with house() as it:
        desk, bed = it.comes("desk"), it.comes("bed")
        it.ringing.up(TEA)
        it.ringing.up(LATER)
        await until(lambda: len(desk.heard) == 2)
        assert (desk.heard, bed.heard) == ([TEA, LATER], [TEA])


async def test_where_none_of_ours_is_there_a_home_s_satellites_of_that_room_ring() -> None:
    async with house() as it:
        bell = Bell(areas=frozenset({"kitchen"}))
        it.ringing.home_came(bell)
        it.ringing.up(TEA)
        await until(lambda: len(bell.rung) == module.HOME_ROUNDS)
        assert set(bell.rung) == {("all of kitchen", "The tea timer is up.")}
        assert bell.shown == []


async def test_where_nobody_hears_it_people_are_shown_it_and_the_first_satellite_that_comes_rings() -> None:
    async with house() as it:
        bell = Bell()
        it.ringing.home_came(bell)
        it.ringing.up(TEA)
        it.ringing.up(replace(TEA, name=None, area_id=None))
        await until(lambda: len(bell.shown) == 2)
        assert sorted(bell.shown) == [
            "The tea timer was up at 12:00, and nobody could ring for it.",
            "The timer for 3 minutes was up at 12:00, and nobody could ring for it.",
        ]
        assert len(it.comes("desk").heard) == 2
        assert it.comes("bed").heard == []


async def test_what_no_home_was_there_to_show_it_shows_when_it_comes() -> None:
    async with house() as it:
        it.ringing.up(replace(TEA, late_s=3_600, is_missed=True))
        it.ringing.up(replace(LATER, late_s=90_000, is_missed=True))
        bell, later = Bell(), Bell()
        it.ringing.home_came(bell)
        it.ringing.home_came(later)
        assert bell.shown == [
            "The tea timer was up at 11:00, and nobody could ring for it.",
            "What was asked for at 2026-11-22 11:00 was not done.",
        ]
        assert later.shown == []
        assert it.comes("shelf").heard == []


async def test_what_was_to_be_done_is_done_where_no_satellite_is_there(caplog: pytest.LogCaptureFixture) -> None:
    async with house() as it:
        it.ringing.up(LATER)
        await until(lambda: it.equipment.acting.requests)
        (request,) = it.equipment.acting.requests
        assert (request.intent.name, request.satellite_id, request.area_id) == ("HassTurnOn", "shelf", "kitchen")
        it.equipment.acting.fault = HomeError("gone")
        it.ringing.up(LATER)
        await until(lambda: caplog.messages)
        assert caplog.messages == ["what was asked for later at shelf is not done: home"]


async def test_what_cannot_be_understood_any_more_is_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> str:
        raise EngineError("what was said")

    monkeypatch.setattr(module, "answer_to", broken)
    async with house() as it:
        it.ringing.up(LATER)
        await until(lambda: caplog.messages)
        assert caplog.messages == ["what was asked for later at shelf is not done: engine"]


async def test_a_timer_of_a_home_s_satellite_is_announced_there_until_somebody_says_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with house() as it:
        desk, bell, other = it.comes("desk"), Bell(), Bell(satellites=frozenset())
        it.ringing.home_came(bell)
        it.ringing.home_came(other)
        it.ringing.up(PHONE)
        await until(lambda: len(bell.rung) == module.HOME_ROUNDS)
        assert set(bell.rung) == {("assist_satellite.hall", "The tea timer is up.")}
        monkeypatch.setattr(module, "HOME_PAUSE_S", 10.0)
        it.ringing.up(PHONE)
        await until(lambda: len(bell.rung) == module.HOME_ROUNDS + 1)
        assert not it.ringing.hush("assist_satellite.bath", "hall")
        assert it.ringing.hush("assist_satellite.hall", None)
        await until(lambda: not it.ringing.hush("assist_satellite.hall", None))
        assert len(bell.rung) == module.HOME_ROUNDS + 1
        assert desk.heard == []


async def test_what_is_announced_in_a_room_is_silenced_by_whoever_says_something_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "HOME_PAUSE_S", 10.0)
    async with house() as it:
        bell = Bell(areas=frozenset({"kitchen"}))
        it.ringing.home_came(bell)
        it.ringing.up(TEA)
        await until(lambda: bell.rung)
        assert not it.ringing.hush("assist_satellite.hall", "hall")
        assert it.ringing.hush("assist_satellite.oven", "kitchen")


async def test_a_timer_of_a_home_s_satellite_that_is_away_rings_at_ours_and_else_when_the_home_is_back() -> None:
    async with house() as it:
        bell = Bell()
        it.ringing.home_came(bell)
        it.ringing.home_went(bell)
        it.ringing.home_went(bell)
        it.ringing.up(PHONE)
        await asyncio.sleep(0.02)
        it.ringing.home_came(bell)
        await until(lambda: bell.rung)
        assert bell.shown == ["The tea timer was up at 12:00, and nobody could ring for it."]
        it.ringing.home_went(bell)
        desk = it.comes("desk")
        it.ringing.up(PHONE)
        await until(lambda: desk.heard)


async def test_no_more_are_looked_after_at_once_than_a_home_keeps(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETURN_S", 10.0)
    async with house() as it:
        for _ in range(MOST_KEPT + 1):
            it.ringing.up(TEA)
        assert caplog.messages == ["timer of shelf: too many are up at once"]


async def test_a_timer_is_told_of_in_the_language_that_it_was_set_in() -> None:
    async with house() as it:
        german = Tongue(understanding=ScriptedUnderstanding(language="de"), tts=ScriptedTts())
        it.equipment.other = german
        bell = Bell()
        it.ringing.home_came(bell)
        it.ringing.up(replace(PHONE, language="de"))
        await until(lambda: bell.rung)
        it.ringing.up(replace(PHONE, language="de", is_missed=True))
        assert bell.rung[0][1] == is_up(PHONE, "de") != is_up(PHONE, "en")
        assert bell.shown == [is_missed(PHONE, "de", now=NOON)]
