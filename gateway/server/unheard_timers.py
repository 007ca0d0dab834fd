"""Timers that were up when no satellite was there to ring: they wait a while for the first that comes. Pure."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from gateway.timers import TimerFinished

KEPT_S: Final = 600.0
"""Later nobody knows any more what it was for."""
MOST_KEPT: Final = 100
"""A home keeps as many timers."""


class UnheardTimers:
    """Keeps each for ten minutes, the newest if they are too many."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds, and never goes back."""
        self._clock = clock
        self._kept: deque[tuple[float, TimerFinished]] = deque(maxlen=MOST_KEPT)

    def keep(self, timer: TimerFinished) -> None:
        """Keep a timer from now."""
        self._kept.append((self._clock(), timer))

    def take(self, is_wanted: Callable[[TimerFinished], bool] = lambda _: True) -> list[TimerFinished]:
        """Return what is wanted and still worth ringing for, oldest first, as late as it is by now; keep it no more."""
        now_s = self._clock()
        kept = [(since_s, timer) for since_s, timer in self._kept if now_s - since_s < KEPT_S]
        self._kept.clear()
        self._kept.extend((since_s, timer) for since_s, timer in kept if not is_wanted(timer))
        return [
            replace(timer, late_s=timer.late_s + round(now_s - since_s)) for since_s, timer in kept if is_wanted(timer)
        ]
