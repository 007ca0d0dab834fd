"""Timers that were up when no satellite was there to ring: they wait a while for the first that comes. Pure."""

from collections import deque
from collections.abc import Callable
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
        self._kept.append((self._clock() + KEPT_S, timer))

    def take(self) -> list[TimerFinished]:
        """Return what is still worth ringing for, oldest first, and keep it no more."""
        now_s = self._clock()
        taken = [timer for until_s, timer in self._kept if until_s > now_s]
        self._kept.clear()
        return taken
