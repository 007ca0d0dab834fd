"""A clock that stands until it is told to go on."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Call:
    """A call that is still to come."""

    at_s: float
    callback: Callable[[], object]
    is_cancelled: bool = False

    def cancel(self) -> None:
        """Never make it."""
        self.is_cancelled = True


@dataclass
class ManualClock:
    """What timers need of an event loop."""

    now_s: float = 1000.0
    calls: list[Call] = field(default_factory=list)

    def time(self) -> float:
        """Return the time that was last set."""
        return self.now_s

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Call:
        """Note the call."""
        call = Call(self.now_s + delay, callback)
        self.calls.append(call)
        return call

    def advance(self, seconds: float) -> None:
        """Let time pass, making the calls that fall due."""
        self.now_s += seconds
        due = [call for call in self.calls if call.at_s <= self.now_s]
        self.calls = [call for call in self.calls if call.at_s > self.now_s]
        for call in sorted(due, key=lambda one: one.at_s):
            if not call.is_cancelled:
                call.callback()
