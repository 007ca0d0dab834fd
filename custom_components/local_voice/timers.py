"""The timers and delayed commands that a gateway keeps, as it tells of them; and cancelling one.

Those that another assistant set at a satellite of Home Assistant's are Home Assistant's, and not among them.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .errors import RefusedError
from .listeners import Listeners
from .wire.timer_messages import CancelTimer, TimerCancelled, TimersRunning, TimerUnheard, TimerWords

if TYPE_CHECKING:
    from .wire.client import Client

CANCELLED_S: Final = 10.0
"""For an answer: the gateway looks at nothing but its memory."""
SAME: Final = timedelta(seconds=2)
"""A gateway tells whole seconds, and takes some time to tell: an end that differs by less has not changed."""


class Timers:
    """One gateway's; none while it is away, and of one that is too old to tell."""

    def __init__(self, connected: Callable[[], Client]) -> None:
        """`connected` returns the connection, or raises NotConnectedError."""
        self.running: tuple[TimerWords, ...] = ()
        """What is up soonest first, by what was left when it was told."""
        self.told_s = monotonic()
        """When that was, by the clock of `time.monotonic`."""
        self._connected = connected
        self._ends: dict[int, datetime] = {}
        self._on_change: Listeners[()] = Listeners()
        self._on_unheard: Listeners[str] = Listeners()

    @property
    def next(self) -> TimerWords | None:
        """The timer that will be up soonest; no delayed command, and none that is paused."""
        return next((timer for timer in self.running if timer.is_active and not timer.is_command), None)

    def ends_at(self, timer: TimerWords) -> datetime | None:
        """Return when one of `running` is up, UTC; None while it is paused."""
        return self._ends.get(timer.timer_id)

    def on_change(self, cb: Callable[[], None]) -> Callable[[], None]:
        """Have `cb` called whenever `running` is different; return what ends it."""
        return self._on_change.add(cb)

    def on_unheard(self, cb: Callable[[str], None]) -> Callable[[], None]:
        """Have `cb` called with what is to be shown of a timer that nobody could ring for; return what ends it."""
        return self._on_unheard.add(cb)

    @callback
    def told(self, heard: TimersRunning | TimerUnheard) -> None:
        """Take what the gateway says."""
        if isinstance(heard, TimerUnheard):
            self._on_unheard.tell(heard.text)
            return
        self.told_s = monotonic()
        self._run(heard.timers)

    @callback
    def lost(self) -> None:
        """Know nothing any more: the connection has ended."""
        self._run(())

    async def cancel(self, timer_id: int) -> None:
        """Have a timer or delayed command forgotten; return when it is, and `running` is without it.

        Raises NotConnectedError, RefusedError `unknown_timer`.
        """
        client = self._connected()
        if all(timer.timer_id != timer_id for timer in self.running):
            raise RefusedError("unknown_timer")
        await client.ask(lambda id_: CancelTimer(id=id_, timer_id=timer_id), TimerCancelled, answer_s=CANCELLED_S)

    def _run(self, timers: tuple[TimerWords, ...]) -> None:
        before, self.running = self.running, timers
        ends, now = self._ends, dt_util.utcnow().replace(microsecond=0)
        self._ends = {}
        for timer in timers:
            if timer.is_active:
                end = now + timedelta(seconds=timer.left_s)
                known = ends.get(timer.timer_id, end)
                self._ends[timer.timer_id] = known if abs(known - end) < SAME else end
        if timers != before:
            self._on_change.tell()
