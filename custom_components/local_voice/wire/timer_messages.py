"""Timers and delayed commands that run at the gateway, as it tells of them; cancelling one; and ringing here.

As on the gateway's side (`gateway/wire/timer_words.py`).
"""

from typing import Annotated, Final

from .codec import Between, Message, Words
from .wire_types import Count, Name, RequestId, Text

MOST_TIMERS: Final = 100
LONGEST_COMMAND_CHARS: Final = 200

type Command = Annotated[str, Between(0, LONGEST_COMMAND_CHARS)]


class TimerWords(Words):
    """A timer when it was told."""

    timer_id: Count
    name: Name = ""
    satellite_id: Name = ""
    """Where it was set."""
    area_id: Name = ""
    duration_s: Count
    """As it was set, with what was added since."""
    left_s: Count
    is_active: bool = True
    """Not paused: it counts down."""
    is_command: bool = False
    """It does something when it is up, and rings nowhere."""
    command: Command = ""


class TimersRunning(Message):
    """These run and no others, what is up soonest first."""

    timers: Annotated[tuple[TimerWords, ...], Between(0, MOST_TIMERS)] = ()


class CancelTimer(Message):
    """Forget this timer or delayed command. Answered with `timer_cancelled`; `timers_running` comes before."""

    id: RequestId
    timer_id: Count


class TimerCancelled(Message):
    """The answer to `cancel_timer`: it is gone, or why not (`unknown_timer`)."""

    id: RequestId
    error: Name = ""
    message: Text = ""


class RingTimer(Message):
    """A timer is up: have `text` heard, and answer with `timer_rung` before the deadline."""

    id: Count
    text: Text
    satellite_id: Name = ""
    """Our own id of the satellite; empty: at all of the room that are not the gateway's."""
    area_id: Name = ""
    deadline_ms: Count = 0


class TimerRung(Message):
    """The answer to `ring_timer`: it was heard to its end, or nobody is there to hear it."""

    id: Count
    is_heard: bool = False


class TimerUnheard(Message):
    """A timer was up, or something was to be done, and nobody could: `text` is to be shown to people."""

    text: Text
