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
    assert [timer.name for timer in kept.take()] == ["eggs"]
    assert kept.take() == []


def test_the_newest_are_kept_where_there_are_too_many() -> None:
    kept = UnheardTimers(lambda: 0.0)
    for number in range(MOST_KEPT + 5):
        kept.keep(timer(str(number)))
    taken = kept.take()
    assert len(taken) == MOST_KEPT
    assert taken[-1].name == str(MOST_KEPT + 4)
