"""Who answers where several satellites hear the same wake word: the one that heard it first. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

WINDOW_MS: Final = 700
"""Rooms are some metres apart, and the same model decides within 0.6 s of itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """Why a satellite stays silent."""

    satellite_id: str
    """Who heard the wake word before."""
    before_ms: int


class Arbiter:
    """Remembers who heard each wake word last, and answers it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds, and never goes back."""
        self._clock = clock
        self._first: dict[str, tuple[str, float]] = {}

    def heard(self, satellite_id: str, wake_word: str) -> Earlier | None:
        """Return whom a satellite that heard a wake word just now leaves the answer to; None where it is its own."""
        now_s = self._clock()
        first_id, first_s = self._first.get(wake_word, (satellite_id, now_s))
        before_ms = round((now_s - first_s) * 1000)
        if first_id != satellite_id and before_ms <= WINDOW_MS:
            return Earlier(satellite_id=first_id, before_ms=before_ms)
        self._first[wake_word] = (satellite_id, now_s)
        return None
