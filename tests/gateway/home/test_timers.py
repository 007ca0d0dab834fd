import asyncio
from dataclasses import replace

import pytest

from gateway.home.timer import TimerStatus
from gateway.home.timers import LATE_S, TimerEffect, Timers
from gateway.house import AttributeValue
from gateway.timers import MOST_TIMERS, LastingTimer, RunningTimer, TimerFinished
from tests.gateway.home.manual_clock import ManualClock
from tests.gateway.home.rooms import HOUSE, request


class Kitchen:
    """Timers with a clock that stands still, and a notebook of what ran out."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.finished: list[TimerFinished] = []
        self.timers = Timers(self.clock, self.finished.append, languages=("en",))

    def ask(
        self,
        intent: str,
        slots: dict[str, AttributeValue] | None = None,
        *,
        area_id: str | None = None,
        satellite_id: str = "one",
    ) -> TimerEffect:
        """Carry out a request."""
        return self.timers.perform(request(intent, slots, area_id=area_id, satellite_id=satellite_id), HOUSE)

    def start(
        self, name: str | None = None, *, area_id: str | None = None, satellite_id: str = "one", **said: int
    ) -> None:
        """Set a timer."""
        slots: dict[str, AttributeValue] = {**said}
        if name is not None:
            slots["name"] = name
        assert self.ask("HassStartTimer", slots, area_id=area_id, satellite_id=satellite_id).error is None

    def left(self, slots: dict[str, AttributeValue] | None = None, *, area_id: str | None = None) -> list[int]:
        """Return the seconds left of all timers that are meant."""
        statuses = self.ask("HassTimerStatus", slots, area_id=area_id).speech_slots["timers"]
        assert isinstance(statuses, list)
        return [status.total_seconds_left for status in statuses if isinstance(status, TimerStatus)]


@pytest.fixture
def kitchen() -> Kitchen:
    return Kitchen()


def test_a_timer_runs_out_when_its_time_has_come_and_only_once(kitchen: Kitchen) -> None:
    kitchen.start("egg", minutes=5, area_id="kitchen", satellite_id="shelf")
    kitchen.clock.advance(299)
    assert kitchen.finished == []
    kitchen.clock.advance(1)
    kitchen.clock.advance(1000)
    assert kitchen.finished == [
        TimerFinished(name="egg", command=None, satellite_id="shelf", area_id="kitchen", duration_s=300, language="en")
    ]
    assert kitchen.left() == []


def test_starting_is_a_change_that_a_person_can_read(kitchen: Kitchen) -> None:
    change = kitchen.ask("HassStartTimer", {"hours": 1, "minutes": 5, "name": "bread"}).changes[0]
    assert (change.name, change.before, change.after) == ("bread timer", "idle", "active, 1:05:00 left")
    unnamed = kitchen.ask("HassStartTimer", {"seconds": 7}).changes[0]
    assert (unnamed.name, unnamed.after) == ("timer", "active, 0:00:07 left")


def test_a_cancelled_timer_does_not_ring(kitchen: Kitchen) -> None:
    kitchen.start(minutes=1)
    change = kitchen.ask("HassCancelTimer").changes[0]
    kitchen.clock.advance(100)
    assert (change.before, change.after) == ("active, 0:01:00 left", "idle")
    assert kitchen.finished == []


def test_time_is_added_and_taken_away(kitchen: Kitchen) -> None:
    kitchen.start(minutes=5)
    kitchen.clock.advance(60)
    kitchen.ask("HassIncreaseTimer", {"minutes": 2})
    assert kitchen.left() == [360]
    kitchen.ask("HassDecreaseTimer", {"minutes": 5, "seconds": 30})
    assert kitchen.left() == [30]
    kitchen.clock.advance(30)
    assert [one.duration_s for one in kitchen.finished] == [360]


def test_taking_away_more_than_is_left_lets_it_ring_now(kitchen: Kitchen) -> None:
    kitchen.start(minutes=1)
    kitchen.ask("HassDecreaseTimer", {"hours": 1})
    kitchen.clock.advance(0)
    assert len(kitchen.finished) == 1


def test_a_paused_timer_stands_still_until_it_is_resumed(kitchen: Kitchen) -> None:
    kitchen.start(minutes=5)
    kitchen.clock.advance(60)
    paused = kitchen.ask("HassPauseTimer").changes[0]
    kitchen.clock.advance(3600)
    assert paused.after == "paused, 0:04:00 left"
    assert kitchen.left() == [240]
    kitchen.ask("HassUnpauseTimer")
    kitchen.clock.advance(239)
    assert kitchen.finished == []
    kitchen.clock.advance(1)
    assert len(kitchen.finished) == 1


def test_a_paused_timer_can_be_changed_without_going_on(kitchen: Kitchen) -> None:
    kitchen.start(minutes=5)
    kitchen.ask("HassPauseTimer")
    kitchen.ask("HassIncreaseTimer", {"minutes": 1})
    kitchen.clock.advance(1000)
    assert kitchen.left() == [360]
    assert kitchen.finished == []


@pytest.mark.parametrize(
    "intent", ["HassCancelTimer", "HassIncreaseTimer", "HassDecreaseTimer", "HassPauseTimer", "HassUnpauseTimer"]
)
def test_without_a_timer_there_is_none_to_find(kitchen: Kitchen, intent: str) -> None:
    assert kitchen.ask(intent, {"minutes": 1}).error == "timer_not_found"


def test_a_running_timer_cannot_be_resumed_nor_a_paused_one_paused(kitchen: Kitchen) -> None:
    kitchen.start(minutes=5)
    assert kitchen.ask("HassUnpauseTimer").error == "timer_not_found"
    kitchen.ask("HassPauseTimer")
    assert kitchen.ask("HassPauseTimer").error == "timer_not_found"


def test_a_timer_is_found_by_its_name_its_area_or_how_long_it_was_set_for(kitchen: Kitchen) -> None:
    kitchen.start("Egg", minutes=5, area_id="kitchen")
    kitchen.start("bread", hours=1, area_id="bedroom")
    kitchen.start(minutes=30)
    assert kitchen.left({"name": " egg "}) == [300]
    assert kitchen.left({"area": "bedroom"}) == [3600]
    assert kitchen.left({"start_minutes": 30}) == [1800]
    assert kitchen.ask("HassCancelTimer", {"name": "egg"}).error is None
    assert kitchen.ask("HassCancelTimer", {"start_hours": 1}).error is None
    assert kitchen.left() == [1800]


def test_a_room_is_meant_by_each_of_its_names(kitchen: Kitchen) -> None:
    kitchen.start(minutes=5, area_id="kitchen")
    kitchen.start(minutes=6, area_id="bedroom")
    assert [kitchen.left({"area": name}) for name in ("Galley", "kitchen", "KITCHEN ")] == [[300]] * 3
    assert kitchen.ask("HassCancelAllTimers", {"area": "galley"}).speech_slots["canceled"] == 1
    assert kitchen.left() == [360]


@pytest.mark.parametrize("slots", [{"name": "egg"}, {"area": "bedroom"}, {"start_minutes": 29}])
def test_that_one_is_not_there_is_not_that_none_is(kitchen: Kitchen, slots: dict[str, AttributeValue]) -> None:
    assert kitchen.ask("HassTimerStatus", slots).error == "timer_not_found"
    assert kitchen.left() == []
    kitchen.start("bread", hours=1, area_id="kitchen")
    assert kitchen.ask("HassTimerStatus", slots).error == "timer_not_found"


def test_of_several_timers_the_one_of_this_satellite_is_meant(kitchen: Kitchen) -> None:
    kitchen.start(minutes=5, satellite_id="one")
    kitchen.start(minutes=6, satellite_id="two")
    kitchen.ask("HassCancelTimer", satellite_id="two")
    assert kitchen.left() == [300]


@pytest.mark.parametrize(("area_id", "left"), [("kitchen", [360]), ("attic", [300])])
def test_of_several_timers_the_one_of_this_area_or_floor_is_meant(
    kitchen: Kitchen, area_id: str, left: list[int]
) -> None:
    kitchen.start(minutes=5, area_id="kitchen", satellite_id="one")
    kitchen.start(minutes=6, area_id="bedroom", satellite_id="two")
    kitchen.ask("HassCancelTimer", area_id=area_id, satellite_id="three")
    assert kitchen.left() == left


def test_several_timers_without_a_difference_are_an_error(kitchen: Kitchen) -> None:
    kitchen.start(minutes=5)
    kitchen.start(minutes=6)
    assert kitchen.ask("HassPauseTimer").error == "multiple_timers_matched"


def test_the_status_names_the_nearest_timer_first(kitchen: Kitchen) -> None:
    kitchen.start(minutes=1, area_id="kitchen")
    kitchen.start(minutes=2, area_id="attic")
    kitchen.start(minutes=3, area_id="bedroom")
    assert kitchen.left(area_id="bedroom") == [180, 120, 60]


def test_all_timers_or_an_area_s_are_cancelled_and_counted(kitchen: Kitchen) -> None:
    kitchen.start(minutes=1, area_id="kitchen")
    kitchen.start(minutes=2, area_id="kitchen")
    kitchen.start(minutes=3)
    of_kitchen = kitchen.ask("HassCancelAllTimers", {"area": "Kitchen"})
    assert of_kitchen.speech_slots == {"canceled": 2, "area": "Kitchen"}
    assert len(of_kitchen.changes) == 2
    assert kitchen.ask("HassCancelAllTimers").speech_slots == {"canceled": 1}
    assert kitchen.ask("HassCancelAllTimers").speech_slots == {"canceled": 0}


def test_a_delayed_command_comes_back_when_its_time_has_come_and_is_no_timer(kitchen: Kitchen) -> None:
    slots: dict[str, AttributeValue] = {"minutes": 10, "conversation_command": "turn off the lights "}
    kitchen.ask("HassStartTimer", slots, area_id="kitchen")
    assert kitchen.left() == []
    assert kitchen.ask("HassCancelTimer").error == "timer_not_found"
    kitchen.clock.advance(600)
    assert [(one.command, one.area_id) for one in kitchen.finished] == [("turn off the lights", "kitchen")]


def test_a_delayed_command_that_nobody_would_carry_out_is_refused() -> None:
    timers = Timers(ManualClock())
    delayed = request("HassStartTimer", {"minutes": 1, "conversation_command": "turn off the lights"})
    assert timers.perform(delayed, HOUSE).error == "no_timer_support"


def test_a_timer_that_nobody_listens_to_runs_out_all_the_same() -> None:
    clock = ManualClock()
    timers = Timers(clock)
    timers.perform(request("HassStartTimer", {"seconds": 5}), HOUSE)
    clock.advance(5)
    assert timers.perform(request("HassTimerStatus"), HOUSE).speech_slots == {"timers": []}


def test_there_is_an_end_to_how_many_timers_there_may_be(kitchen: Kitchen) -> None:
    for _ in range(MOST_TIMERS):
        kitchen.start(hours=1)
    assert kitchen.ask("HassStartTimer", {"hours": 1}).error == "too_many_timers"


def running(kitchen: Kitchen) -> list[tuple[int, int, bool]]:
    """Return number, seconds left and whether it counts down, of all that run."""
    return [(timer.number, timer.left_s, timer.is_active) for timer in kitchen.timers.running()]


def test_what_runs_is_told_as_it_is_now_delayed_commands_too(kitchen: Kitchen) -> None:
    kitchen.start("egg", minutes=5, area_id="kitchen", satellite_id="shelf")
    kitchen.ask("HassStartTimer", {"minutes": 1, "conversation_command": "turn off the lights"})
    kitchen.clock.advance(20)
    assert kitchen.timers.running() == (
        RunningTimer(
            number=1,
            name="egg",
            command=None,
            satellite_id="shelf",
            area_id="kitchen",
            duration_s=300,
            left_s=280,
            is_active=True,
        ),
        RunningTimer(
            number=2,
            name=None,
            command="turn off the lights",
            satellite_id="one",
            area_id=None,
            duration_s=60,
            left_s=40,
            is_active=True,
        ),
    )
    kitchen.ask("HassPauseTimer", {"name": "egg"})
    kitchen.clock.advance(40)
    assert running(kitchen) == [(1, 280, False)]


def test_timers_and_delayed_commands_are_cancelled_by_their_number(kitchen: Kitchen) -> None:
    kitchen.start(minutes=5)
    kitchen.ask("HassStartTimer", {"minutes": 1, "conversation_command": "turn off the lights"})
    kitchen.start(minutes=6)
    kitchen.ask("HassPauseTimer", {"start_minutes": 6})
    assert [kitchen.timers.cancel(number) for number in (2, 2, 0, 3)] == [True, False, False, True]
    assert running(kitchen) == [(1, 300, True)]
    kitchen.clock.advance(600)
    assert [one.command for one in kitchen.finished] == [None]


def test_who_listens_is_told_once_whenever_something_else_runs_and_not_because_time_passes(kitchen: Kitchen) -> None:
    told: list[list[tuple[int, int, bool]]] = []
    kitchen.timers.on_change(lambda: told.append(running(kitchen)))
    kitchen.start(minutes=5)
    kitchen.clock.advance(60)
    kitchen.ask("HassTimerStatus")
    kitchen.ask("HassCancelTimer", {"name": "none of this name"})
    kitchen.ask("HassIncreaseTimer", {"minutes": 1})
    kitchen.ask("HassPauseTimer")
    kitchen.start(minutes=2)
    kitchen.clock.advance(120)
    kitchen.timers.cancel(2)
    kitchen.start(minutes=1)
    kitchen.start(minutes=1)
    kitchen.ask("HassCancelAllTimers")
    kitchen.start(minutes=1)
    kitchen.timers.cancel(5)
    kitchen.timers.cancel(5)
    assert told == [
        [(1, 300, True)],
        [(1, 300, True)],
        [(1, 300, False)],
        [(1, 300, False), (2, 120, True)],
        [(1, 300, False)],
        [(1, 300, False), (3, 60, True)],
        [(1, 300, False), (3, 60, True), (4, 60, True)],
        [],
        [(5, 60, True)],
        [],
    ]
    assert len(kitchen.finished) == 1


def test_what_is_up_rings_before_anybody_is_told_that_it_runs_no_more(kitchen: Kitchen) -> None:
    told: list[int] = []
    kitchen.start(minutes=5)
    kitchen.timers.on_change(lambda: told.append(len(kitchen.finished)))
    kitchen.clock.advance(300)
    assert told == [1]


def outlasting(kitchen: Kitchen, off_s: float) -> Kitchen:
    """Return the timers of a program that began `off_s` after this one had ended."""
    kept = [replace(one, left_s=one.left_s - off_s) if one.is_active else one for one in kitchen.timers.lasting()]
    after = Kitchen()
    after.timers.restore(kept)
    return after


def test_timers_go_on_when_the_program_begins_anew_each_as_it_was(kitchen: Kitchen) -> None:
    kitchen.start("egg", minutes=5, area_id="kitchen", satellite_id="shelf")
    kitchen.start("bread", hours=1)
    kitchen.ask("HassPauseTimer", {"name": "bread"})
    kitchen.ask("HassStartTimer", {"minutes": 9, "conversation_command": "turn off the lights"}, area_id="bedroom")
    kitchen.clock.advance(60)
    after = outlasting(kitchen, 60)
    assert running(after) == [(1, 180, True), (2, 3_600, False), (3, 420, True)]
    assert after.ask("HassCancelTimer", {"start_minutes": 5, "area": "kitchen"}).error is None
    after.ask("HassUnpauseTimer", {"name": "bread"})
    after.clock.advance(420)
    assert [(one.command, one.area_id, one.late_s) for one in after.finished] == [("turn off the lights", "bedroom", 0)]
    after.start(minutes=1)
    assert [number for number, *_ in running(after)] == [2, 4], "no number comes twice"


def test_what_was_up_while_nobody_ran_is_up_at_once_and_late_or_missed(kitchen: Kitchen) -> None:
    kitchen.start("egg", minutes=5)
    kitchen.start("bread", minutes=5)
    kitchen.ask("HassDecreaseTimer", {"seconds": 2, "name": "bread"})
    kitchen.start("cake", hours=1)
    kitchen.ask("HassPauseTimer", {"name": "cake"})
    after = outlasting(kitchen, 300 + LATE_S - 1)
    assert [(one.name, one.late_s, one.is_missed) for one in after.finished] == [
        ("egg", LATE_S - 1, False),
        ("bread", LATE_S + 1, True),
    ]
    assert running(after) == [(3, 3_600, False)]


def test_what_was_to_be_done_in_another_language_is_missed_at_once(kitchen: Kitchen) -> None:
    kitchen.ask("HassStartTimer", {"minutes": 5, "conversation_command": "turn off the lights"})
    (one,) = kitchen.timers.lasting()
    after = Kitchen()
    after.timers.restore([replace(one, language="de")])
    assert [(finished.is_missed, finished.late_s) for finished in after.finished] == [(True, -300)]
    assert running(after) == []


def test_what_was_set_before_the_others_came_back_has_its_number_and_they_have_others(kitchen: Kitchen) -> None:
    kitchen.start(minutes=1)
    kitchen.timers.restore(LastingTimer(number=number, left_s=60 * number, duration_s=600) for number in (1, 2))
    assert running(kitchen) == [(1, 60, True), (2, 120, True), (3, 60, True)]


def test_no_more_come_back_than_there_may_be(kitchen: Kitchen) -> None:
    kitchen.start(hours=1)
    kitchen.timers.restore(LastingTimer(number=n, left_s=60, duration_s=60) for n in range(1, MOST_TIMERS + 1))
    assert len(running(kitchen)) == MOST_TIMERS


def test_all_are_forgotten_at_once_and_who_listens_is_told(kitchen: Kitchen) -> None:
    told: list[int] = []
    kitchen.start(minutes=1)
    kitchen.start(minutes=2)
    kitchen.timers.on_change(lambda: told.append(len(kitchen.timers.running())))
    kitchen.timers.forget()
    kitchen.clock.advance(600)
    assert (told, kitchen.finished) == ([0], [])


def test_closing_silences_all_timers(kitchen: Kitchen) -> None:
    kitchen.start(minutes=1)
    kitchen.timers.close()
    kitchen.clock.advance(60)
    assert kitchen.finished == []
    assert kitchen.left() == []


async def test_an_event_loop_is_a_clock() -> None:
    up = asyncio.Event()
    timers = Timers(asyncio.get_running_loop(), lambda _: up.set())
    timers.perform(request("HassStartTimer", {"seconds": 0}), HOUSE)
    async with asyncio.timeout(5):
        await up.wait()


def test_a_timer_keeps_the_language_that_it_was_set_in(kitchen: Kitchen) -> None:
    later: dict[str, AttributeValue] = {"minutes": 5, "conversation_command": "mach das Licht aus"}
    kitchen.timers.perform(replace(request("HassStartTimer", later), language="de"), HOUSE)
    kitchen.start(minutes=5)
    kitchen.clock.advance(300)
    assert [timer.language for timer in kitchen.finished] == ["de", "en"]


def test_what_was_to_be_done_in_the_second_language_is_not_missed(kitchen: Kitchen) -> None:
    later: dict[str, AttributeValue] = {"minutes": 5, "conversation_command": "mach das Licht aus"}
    kitchen.timers.perform(replace(request("HassStartTimer", later), language="de"), HOUSE)
    after = Timers(ManualClock(), kitchen.finished.append, languages=("en", "de-AT"))
    after.restore(kitchen.timers.lasting())
    assert kitchen.finished == []
    assert len(after.running()) == 1
