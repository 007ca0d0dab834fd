"""Timers, as the parts of the gateway speak of them: one that runs, one that is up, one that outlasts the program."""

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec

MOST_TIMERS: Final = 100
"""More than anybody keeps in mind; what runs away must fill neither memory nor disk."""
LONGEST_S: Final = 366 * 24 * 3_600
"""Nobody waits longer for a kitchen timer; what would be up later is kept as if it was up then."""
LONGEST_NAME_CHARS: Final = 255
"""Home Assistant's own limit for the ids of its things; names are shorter."""
LONGEST_COMMAND_CHARS: Final = 500
"""Half a minute of fast speech. A hundred such timers fit into one message between processes."""
LARGEST_TIMER_BYTES: Final = 16 * 1024
"""One as JSON: the longest texts there may be, in any script."""

type _Number = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
type _Name = Annotated[str, msgspec.Meta(max_length=LONGEST_NAME_CHARS)]
type _Command = Annotated[str, msgspec.Meta(max_length=LONGEST_COMMAND_CHARS)]
type _Said = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastingTimer:
    """A timer, or a delayed command, as voice hands it to the ledger, and gets it back when it begins anew."""

    number: _Number
    left_s: Annotated[float, msgspec.Meta(ge=-1e12, le=LONGEST_S)]
    """What is left of it; less than nothing where it was up while nobody ran. Paused, it stays as it is."""
    is_active: bool = True
    """Not paused."""
    name: _Name | None = None
    command: _Command | None = None
    satellite_id: _Name = ""
    """Where it was set: a satellite of ours, or Home Assistant's own id of one of its own."""
    area_id: _Name | None = None
    area_name: _Name | None = None
    floor_id: _Name | None = None
    start: tuple[_Said | None, _Said | None, _Said | None] = (None, None, None)
    """Hours, minutes and seconds, as they were said."""
    duration_s: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_S)]
    """As it was set, with what was added since."""
    is_confirmed: bool = False
    """Somebody said yes to the command."""
    language: _Name = ""
    """In which it was set, or the command said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFinished:
    """A timer is up. It rings at the satellite where it was set; a `command` is to be carried out as if said there."""

    name: str | None
    command: str | None
    satellite_id: str
    area_id: str | None
    duration_s: int
    """As it was set, with what was added since."""
    is_confirmed: bool = False
    """Somebody said yes to the `command` when it was asked for."""
    late_s: int = 0
    """It was up so long ago, when nobody ran, or nobody was there to ring."""
    is_missed: bool = False
    """Too late, or not to be done any more: people are told of it, and nothing rings."""
    language: str = ""
    """In which it was set, or the command said; empty for the household's first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningTimer:
    """A timer that has not run out yet, at one moment; or a `command` that waits for its time."""

    number: int
    name: str | None
    command: str | None
    satellite_id: str
    area_id: str | None
    duration_s: int
    """As it was set, with what was added since."""
    left_s: int
    is_active: bool
    """Not paused."""
