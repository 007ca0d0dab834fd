"""Timers and delayed commands that run at the gateway, as a home is told of them; cancelling one; and ringing there.

They outlast the gateway, each with its number; numbers begin anew where there were none when it began.
"""

from typing import Annotated, Final

import msgspec

from gateway.timers import MOST_TIMERS
from gateway.wire.messages import Count, Message, Name, Text
from gateway.wire.request_words import RequestId

LONGEST_COMMAND_CHARS: Final = 200
"""Of what is told of a delayed command; nobody says more in a breath, and a hundred of them are to fit a message."""

type Command = Annotated[str, msgspec.Meta(max_length=LONGEST_COMMAND_CHARS)]


class TimerWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A timer when it was told (`events.RunningTimer`)."""

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


class TimersRunning(Message, frozen=True, tag="timers_running"):
    """To `home`, unasked: these run and no others. Sent at the beginning, and when that is different.

    What is up soonest comes first. That time passes is no difference. What does not fit the message is left out: that
    with the most time left.
    """

    timers: Annotated[tuple[TimerWords, ...], msgspec.Meta(max_length=MOST_TIMERS)] = ()


class CancelTimer(Message, frozen=True, tag="cancel_timer"):
    """Forget this timer or delayed command. Answered with `timer_cancelled`; `timers_running` comes before."""

    id: RequestId
    timer_id: Count


class TimerCancelled(Message, frozen=True, tag="timer_cancelled"):
    """The answer to `cancel_timer`: it is gone, or why not (`unknown_timer`)."""

    id: RequestId
    error: Name = ""
    message: Text = ""


class RingTimer(Message, frozen=True, tag="ring_timer"):
    """To `home`: a timer is up. Have `text` heard, and answer with `timer_rung` before the deadline."""

    id: Count
    text: Text
    satellite_id: Name = ""
    """The home's own id of the satellite; empty: at all of the room that are not ours."""
    area_id: Name = ""
    deadline_ms: Count = 0


class TimerRung(Message, frozen=True, tag="timer_rung"):
    """The answer to `ring_timer`: it was heard to its end, or nobody is there to hear it."""

    id: Count
    is_heard: bool = False


class TimerUnheard(Message, frozen=True, tag="timer_unheard"):
    """To `home`, unasked: a timer was up, or something was to be done, and nobody could. Show `text` to people."""

    text: Text
