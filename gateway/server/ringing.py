"""Where a timer that is up is heard: at its own satellite, ours or a home's; else at others; else people are told.

What was to be done later is done once, and answered at one place; where no satellite is there, it is done all the same.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from gateway.errors import EngineError
from gateway.server.delayed import answer_to
from gateway.server.timer_phrases import is_missed, is_up
from gateway.server.unheard_timers import MOST_KEPT, UnheardTimers
from gateway.timers import TimerFinished
from gateway.turn.stages import Stages
from gateway.turn.tasks import drop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.server.services import Equipment

RETURN_S: Final = 10.0
"""How long a timer waits for its own satellite, or for its home, before it rings elsewhere: one whose connection was
lost, or whose gateway began anew, is back by then."""
HOME_ROUNDS: Final = 3
"""How often it is announced at a home's satellite, unless somebody says something there."""
HOME_PAUSE_S: Final = 8.0
"""Between two of them: time to say "stop"."""

_LOG = logging.getLogger(__name__)


class HomeBell(Protocol):
    """A home that is connected, whose satellites can be rung at."""

    async def ring(self, text: str, *, satellite_id: str, area_id: str | None) -> bool:
        """Have a text heard at a satellite of the home's, or at all in a room; return whether it was."""

    def tell_of_timer(self, text: str) -> None:
        """Show this to people: nobody could ring."""


class Ear(Protocol):
    """A satellite of ours that is there."""

    def timer_finished(self, timer: TimerFinished) -> None:
        """Ring, or do what was asked for later."""


@dataclass(frozen=True, slots=True, eq=False)
class _Round:
    """A home's satellite that a timer is being announced at, again and again."""

    satellite_id: str
    area_id: str | None
    """None where it is a satellite of no room; without a satellite, all of the room's."""
    hushed: asyncio.Event = field(default_factory=asyncio.Event)

    def is_at(self, satellite_id: str, area_id: str | None) -> bool:
        """Tell whether it is heard there."""
        return self.satellite_id == satellite_id if self.satellite_id else self.area_id == area_id


class Ringing:
    """Of one gateway. Belongs to the event loop that is running when it is made."""

    def __init__(
        self,
        equipment: Equipment,
        ears: Callable[[], Mapping[str, Ear]],
        is_ours: Callable[[str], bool],
        *,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        """`ears` returns the satellites that are there, `is_ours` tells whether one is paired; `now` is local time."""
        self._equipment = equipment
        self._ears = ears
        self._is_ours = is_ours
        self._now = now
        self._unheard = UnheardTimers(asyncio.get_running_loop().time)
        self._untold: deque[str] = deque(maxlen=MOST_KEPT)
        """What no home was there to show."""
        self._homes: list[HomeBell] = []
        self._rounds: set[_Round] = set()
        self._came = asyncio.Event()
        self._looking: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Ring nowhere any more."""
        await drop(*self._looking)

    def up(self, timer: TimerFinished) -> None:
        """Have a timer ring, or a command done, wherever that can be; return at once."""
        own = self._ears().get(timer.satellite_id)
        if timer.is_missed:
            self._tell(timer)
        elif own is not None:
            own.timer_finished(timer)
        elif len(self._looking) >= MOST_KEPT:
            _LOG.warning("timer of %s: too many are up at once", timer.satellite_id)
        else:
            looking = asyncio.create_task(self._look(timer))
            self._looking.add(looking)
            looking.add_done_callback(self._looking.discard)

    def ear_came(self, ear: Ear) -> None:
        """Know that a satellite of ours is there, and have it ring for what nobody heard."""
        self._came.set()
        for timer in self._unheard.take():
            ear.timer_finished(timer)

    def home_came(self, home: HomeBell) -> None:
        """Ring at this home's satellites from now on, and have it show what could not be shown."""
        self._homes.append(home)
        self._came.set()
        while self._untold:
            home.tell_of_timer(self._untold.popleft())
        for timer in self._unheard.take(lambda one: not self._is_ours(one.satellite_id)):
            self.up(timer)

    def home_went(self, home: HomeBell) -> None:
        """Ring there no more."""
        if home in self._homes:
            self._homes.remove(home)

    def hush(self, satellite_id: str, area_id: str | None) -> bool:
        """Announce no more where somebody says something; return whether there was anything to be silenced."""
        there = [one for one in self._rounds if one.is_at(satellite_id, area_id)]
        for one in there:
            one.hushed.set()
        return bool(there)

    async def _look(self, timer: TimerFinished) -> None:
        """Find somebody who hears a timer whose own satellite is not ours, or not there."""
        if self._is_ours(timer.satellite_id):
            await self._wait_for(lambda: timer.satellite_id in self._ears())
            if (own := self._ears().get(timer.satellite_id)) is not None:
                own.timer_finished(timer)
                return
        else:
            await self._wait_for(lambda: bool(self._homes))
            if await self._announced(timer, satellite_id=timer.satellite_id):
                return
        ears = list(self._ears().values())
        if ears:
            for ear in ears[:1] if timer.command else ears:
                ear.timer_finished(timer)
        elif timer.command:
            await self._do(timer, timer.command)
        elif not (timer.area_id and await self._announced(timer)):
            self._unheard.keep(timer)
            self._tell(timer)

    async def _wait_for(self, is_there: Callable[[], bool]) -> None:
        """Return when somebody is there who may be on the way back, and at the latest after a moment."""
        with suppress(TimeoutError):
            async with asyncio.timeout(RETURN_S):
                while not is_there():
                    self._came.clear()
                    await self._came.wait()

    async def _announced(self, timer: TimerFinished, *, satellite_id: str = "") -> bool:
        """Have it announced at a home's satellite, or at all of its room's, a few times; return whether it was."""
        text = is_up(timer, self._stages(timer).understanding.language)
        for home in reversed(self._homes):
            if await home.ring(text, satellite_id=satellite_id, area_id=timer.area_id):
                with self._round(satellite_id, timer.area_id) as hushed:
                    await self._announce_again(home, text, satellite_id, timer.area_id, hushed)
                return True
        return False

    @contextmanager
    def _round(self, satellite_id: str, area_id: str | None) -> Iterator[asyncio.Event]:
        one = _Round(satellite_id, area_id)
        self._rounds.add(one)
        try:
            yield one.hushed
        finally:
            self._rounds.discard(one)

    async def _announce_again(
        self, home: HomeBell, text: str, satellite_id: str, area_id: str | None, hushed: asyncio.Event
    ) -> None:
        for _ in range(HOME_ROUNDS - 1):
            try:
                async with asyncio.timeout(HOME_PAUSE_S):
                    await hushed.wait()
            except TimeoutError:
                await home.ring(text, satellite_id=satellite_id, area_id=area_id)
            else:
                return

    async def _do(self, timer: TimerFinished, command: str) -> None:
        """Do what was asked for later; nobody is there to hear an answer."""

        def failed(code: str) -> None:
            _LOG.error("what was asked for later at %s is not done: %s", timer.satellite_id, code)

        try:
            await answer_to(timer, command, self._stages(timer), failed)
        except EngineError as error:
            failed(error.code)

    def _stages(self, timer: TimerFinished) -> Stages:
        """Return the stages of the language in which a timer was set."""
        return self._equipment.shared.in_language(timer.language)

    def _tell(self, timer: TimerFinished) -> None:
        text = is_missed(timer, self._stages(timer).understanding.language, now=self._now())
        _LOG.warning("timer of %s: nobody could ring", timer.satellite_id)
        if not self._homes:
            self._untold.append(text)
        for home in self._homes:
            home.tell_of_timer(text)
