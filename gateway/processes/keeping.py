"""Keeping a process alive: it is started again when it ends, at once the first time, then after longer and longer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

from gateway.errors import ProcessError, VoiceError

QUICK_PAUSE_S: Final = 0.1
"""Begun again within half a second."""
MOST_QUICK: Final = 5
"""This often in a row; a process that is in pieces is not started a thousand times a minute."""
LONGEST_PAUSE_S: Final = 60.0
HEALTHY_S: Final = 60.0
"""Who has served for this long was well: its next end is the first in a row."""

_LOG = logging.getLogger("gateway.launcher")


class Lives:
    """The lives of one process: how it ended each time, and when the next begins."""

    def __init__(self, name: str, *, is_needed: bool = True) -> None:
        """One that is not needed may fail for ever: how it does is logged once, and it is tried again and again."""
        self.name: Final = name
        self._is_needed = is_needed
        self._last_told = ""
        self.has_served: Final = asyncio.Event()
        """Set once it has served for the first time."""
        self._in_a_row = 0
        self._ended_s = 0.0
        self._serving_since_s: float | None = None

    def serving(self) -> None:
        """Take it that it serves, from now on."""
        if self._ended_s:
            _LOG.info("%s: serving again after %.1f s", self.name, monotonic() - self._ended_s)
        self._serving_since_s = monotonic()
        self._last_told = ""
        self.has_served.set()

    async def keep(self, live: Callable[[], Awaitable[str]]) -> None:
        """Have it live, again and again, until cancelled; `live` returns how it ended.

        Raises the VoiceError of `live` where it has never served, or ProcessError where it ended a few times before: a
        person has to help. Afterwards, or where it is not needed, that is only logged.
        """
        while True:
            self._serving_since_s = None
            try:
                how = await live()
            except VoiceError as error:
                if self._is_needed and not self.has_served.is_set():
                    raise
                how = str(error)
            if self._is_needed and not self.has_served.is_set() and self._in_a_row >= MOST_QUICK:
                raise ProcessError(f"{self.name}: {how}, again and again; it has never served")
            await self._rest(how)

    async def _rest(self, how: str) -> None:
        now_s = monotonic()
        if self._serving_since_s is not None and now_s - self._serving_since_s >= HEALTHY_S:
            self._in_a_row = 0
        self._in_a_row += 1
        self._ended_s = now_s
        over = self._in_a_row - MOST_QUICK
        pause_s = QUICK_PAUSE_S if over <= 0 else min(2.0**over, LONGEST_PAUSE_S)
        again = "it is started again" if over <= 0 else f"it is started again in {pause_s:.0f} s"
        if self._is_needed or how != self._last_told:
            _LOG.warning("%s: %s; %s", self.name, how, again)
        self._last_told = how
        await asyncio.sleep(pause_s)
