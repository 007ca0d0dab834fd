"""Timers that nobody could hear."""

from gateway.server.unheard_timers import KEPT_S, MOST_KEPT, UnheardTimers
from gateway.timers import TimerFinished


def timer(name: str) -> TimerFinished:
    return TimerFinished(name=name, command=None, satellite_id="kitchen", area_id=None, duration_s=5)


def test_they_are_kept_for_ten_minutes_and_given_once() -> None:
    now_s = 0.0
    kept = UnheardTimers(lambda: now_s)
    kept.keep(timer("tea"))
    now_s = 300.0
    kept.keep(timer("eggs"))
    now_s = KEPT_S
    assert [(timer.name, timer.late_s) for timer in kept.take()] == [("eggs", KEPT_S - 300)]
    assert kept.take() == []


def test_only_those_that_are_wanted_are_given_and_the_others_kept_as_long() -> None:
    now_s = 0.0
    kept = UnheardTimers(lambda: now_s)
    for name in ("tea", "eggs"):
        kept.keep(timer(name))
    now_s = 100.0
    assert [(one.name, one.late_s) for one in kept.take(lambda one: one.name == "tea")] == [("tea", 100)]
    assert [(one.name, one.late_s) for one in kept.take()] == [("eggs", 100)]


def test_the_newest_are_kept_where_there_are_too_many() -> None:
    kept = UnheardTimers(lambda: 0.0)
    for number in range(MOST_KEPT + 5):
        kept.keep(timer(str(number)))
    taken = kept.take()
    assert len(taken) == MOST_KEPT
    assert taken[-1].name == str(MOST_KEPT + 4)
