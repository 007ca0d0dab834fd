"""The ledger's own time, by which everything in it is kept and has to go. It never goes back.

The rule:

- While the machine is on, its boot-time clock counts, and nothing else. It runs evenly, also while the machine sleeps,
  and nobody sets it. A wall clock that jumps, forward or back, by an hour or by ten years, changes nothing.
- For how long the machine was off, only the wall clock can tell. It is read once more after each boot, compared with
  how it stood before, and the difference is counted. That it is wrong does no harm as long as it is as wrong as before.
  Wherever it jumped, how it stood before the jump is remembered, too: of all the ways in which it was read, the one by
  which the machine was off for the shortest time counts.
- A clock without a battery begins in the past, and is put right later, over the network. So a clock that does not say
  after a boot that time went by is listened to for another day: the first jump forward is the time that was missing.
  What was remembered since the boot must not pay for that: its times are moved by as much (`leap`).
- A clock that says that more than `LONGEST_OFF_S` went by would empty the ledger. It is believed where it has said so
  for half a day and until the first day is over: a machine that was in a cupboard for years forgets what it knew, and
  a clock that is put right before then costs nothing.

What cannot be known, and what happens then:

- The machine was off, and the wall clock stood still or ran back meanwhile, and is not put right within a day: what is
  kept is deleted late, by the time that the machine was off. It is never kept for longer than was promised of the time
  that the machine is on.
- The wall clock ran ahead while the machine was off, by less than `LONGEST_OFF_S`: what is kept is deleted early, by as
  much as the clock is ahead. A clock that lost its time begins in the past, so this is rare; and to go on showing what
  may well be past its date would break what was promised more often than it would save anything.
- The wall clock was set right at the very time when it was off by as much as the machine was off: late, by as much.

So an error is one of the wall clock's while the machine was off, and never more than that.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from gateway.errors import LedgerError

LATEST_S: Final = 221_845_392_000.0
"""The year 9000: a later time could not be added to."""
SAME_S: Final = 120.0
"""Two readings of the wall clock that are no further apart agree: it is put right by little steps all the time, and how
it stands is written down once a minute."""
OPEN_S: Final = 24 * 3_600.0
"""How long after a boot the wall clock may still tell for how long the machine was off: after a storm the network may
be away for as long."""
LONGEST_OFF_S: Final = 400 * 24 * 3_600.0
"""More than anything is kept for."""
WATCHED_S: Final = 12 * 3_600.0
"""How long the wall clock must have told of more than that."""
TICK_S: Final = 0.001
"""Goes by at each boot, so that what was made before it and what was made after it are never of the same moment."""
MOST_OFFSETS: Final = 4
"""How many ways to read the wall clock are remembered, the latest first."""
LARGEST_STAMP_BYTES: Final = 1_024
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")

type _Seconds = Annotated[float, msgspec.Meta(ge=0, le=LATEST_S)]


def system_boottime() -> float:
    """Return the seconds since the machine was switched on, asleep or not."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def system_boot_id() -> str:
    """Return what is different after each boot; empty where the system does not tell."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leap:
    """Time that was missing and is counted now: what was made at `since` or later keeps its age by going `by` later."""

    since: datetime
    by: timedelta


class _Stamp(msgspec.Struct, kw_only=True):
    """How the clocks stood."""

    version: Literal[1] = 1
    time_s: _Seconds
    """The ledger's time, as seconds since 1970 by the wall clock when the ledger was begun."""
    boot_id: Annotated[str, msgspec.Meta(max_length=64)]
    boottime_s: _Seconds
    offsets_s: Annotated[tuple[float, ...], msgspec.Meta(min_length=1, max_length=MOST_OFFSETS)] = (0.0,)
    """By how much the wall clock was ahead of the ledger's time."""
    is_open: bool = False
    """The wall clock may still tell for how long the machine was off."""
    opened_s: _Seconds = 0.0
    """The ledger's time when this boot was first seen."""
    opened_boottime_s: _Seconds = 0.0


class LedgerClock:
    """The ledger's time."""

    def __init__(
        self,
        stored: bytes | None,
        *,
        wall: Callable[[], float] = time.time,
        boottime: Callable[[], float] = system_boottime,
        boot_id: Callable[[], str] = system_boot_id,
    ) -> None:
        """Go on from what `stored()` said last; None for a new ledger.

        `wall` and `boottime` are in seconds. Raises LedgerError where `stored` is nothing of ours.
        """
        self._wall = wall
        self._boottime = boottime
        self._long_since_s: float | None = None
        self._leap: Leap | None = None
        boot = boot_id()
        boottime_s = _bounded(boottime())
        if stored is None:
            self._stamp = _Stamp(time_s=self._wall_s(), boot_id=boot, boottime_s=boottime_s)
            return
        self._stamp = stamp = _stamp(stored)
        if not boot or stamp.boot_id != boot or boottime_s < stamp.boottime_s:
            stamp.boot_id, stamp.boottime_s = boot, boottime_s
            stamp.time_s = _bounded(stamp.time_s + TICK_S)
            stamp.is_open, stamp.opened_s, stamp.opened_boottime_s = True, stamp.time_s, boottime_s
            self._begin()

    def now(self) -> datetime:
        """Return the ledger's time, which never goes back. Look at `leap` after it."""
        stamp = self._stamp
        boottime_s = max(_bounded(self._boottime()), stamp.boottime_s)
        stamp.time_s = _bounded(stamp.time_s + boottime_s - stamp.boottime_s)
        stamp.boottime_s = boottime_s
        if stamp.is_open:
            self._look()
        if not stamp.is_open:
            self._remember(self._wall_s() - stamp.time_s)
        return _moment(stamp.time_s)

    @property
    def leap(self) -> Leap | None:
        """What has to be moved in the ledger, in the transaction that stores `stored()`; then call `leap_is_done`.

        Until then nothing that was made at its `since` or later may be taken for past its date.
        """
        return self._leap

    def leap_is_done(self) -> None:
        """Know that everything was moved, and that it is on disk."""
        self._leap = None

    def stored(self) -> bytes:
        """Return what the next `LedgerClock` is to go on from: to be on disk with each row, and each minute.

        To be asked for after `now()` has told when the row was made, so that it is not older than the row.
        """
        self.now()
        return msgspec.json.encode(self._stamp)

    def on_the_wall(self, moment: datetime) -> datetime:
        """Return what a moment of the ledger's time is for people, by the wall clock as it stands now."""
        ahead_s = self._wall_s() - self.now().timestamp()
        return _moment(_bounded(moment.timestamp() + ahead_s))

    def _begin(self) -> None:
        """Count at once what the wall clock says after a boot. Nothing was made since, so nothing has to be moved."""
        off_s = self._off_s()
        if off_s is not None and 0 < off_s <= LONGEST_OFF_S:
            self._stamp.time_s = _bounded(self._stamp.time_s + off_s)
            self._stamp.opened_s = self._stamp.time_s
            self._stamp.is_open = off_s <= SAME_S

    def _look(self) -> None:
        """Listen to the wall clock after a boot."""
        stamp = self._stamp
        off_s = self._off_s()
        is_over = stamp.boottime_s - stamp.opened_boottime_s >= OPEN_S
        if off_s is None or off_s <= LONGEST_OFF_S:
            self._long_since_s = None
            is_believed = off_s is not None and off_s > SAME_S
        else:
            if self._long_since_s is None:
                self._long_since_s = stamp.boottime_s
            is_believed = is_over and stamp.boottime_s - self._long_since_s >= WATCHED_S
        if is_believed and off_s is not None:
            self._count(off_s)
        if is_over or is_believed:
            stamp.is_open = False

    def _count(self, off_s: float) -> None:
        """Count time that was missing; after this none is, until the next boot."""
        stamp = self._stamp
        before_s, stamp.time_s = stamp.time_s, _bounded(stamp.time_s + off_s)
        self._leap = Leap(since=_moment(stamp.opened_s), by=timedelta(seconds=stamp.time_s - before_s))

    def _off_s(self) -> float | None:
        """Return for how long the machine was off, by the wall clock; None where it says less than nothing.

        Where one way to read it says a little less than nothing, ways that make ages of it are no better.
        """
        wall_s = self._wall_s()
        read = [wall_s - offset_s - self._stamp.time_s for offset_s in self._stamp.offsets_s]
        told = [max(off_s, 0.0) for off_s in read if off_s >= -SAME_S]
        off_s = min(told, default=None)
        if off_s is not None and off_s > LONGEST_OFF_S and any(-LONGEST_OFF_S <= behind_s < 0 for behind_s in read):
            return None
        return off_s

    def _remember(self, offset_s: float) -> None:
        others = [other for other in self._stamp.offsets_s if abs(other - offset_s) > SAME_S]
        self._stamp.offsets_s = (offset_s, *others[: MOST_OFFSETS - 1])

    def _wall_s(self) -> float:
        return _bounded(self._wall())


def _stamp(stored: bytes) -> _Stamp:
    try:
        if len(stored) > LARGEST_STAMP_BYTES:
            raise LedgerError(f"the time that the ledger has stored has more than {LARGEST_STAMP_BYTES} bytes")
        return msgspec.json.decode(stored, type=_Stamp)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise LedgerError("the time that the ledger has stored is not one of its own") from error


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LATEST_S) if math.isfinite(seconds) else 0.0


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
