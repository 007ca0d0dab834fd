"""How well it does: turns a day, how many of them were understood, false wakes, and how long each stage took.

Pure. Counted are numbers alone, a day at a time, so that they can be kept for longer than what was said.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import accumulate
from types import MappingProxyType
from typing import Annotated, Final

import msgspec

from gateway.events import Outcome
from gateway.ledger.rows import TurnRow

MOST_DAYS: Final = 366
"""Counts are kept for no longer."""
MOST_STAGES: Final = 32
"""A turn has seven."""
UNDERSTOOD: Final = frozenset(
    {Outcome.ACTION, Outcome.ANSWER, Outcome.NEVER_MIND, Outcome.NOT_CONFIRMED, Outcome.FORGOTTEN}
)
"""What was said meant something here."""
NOT_UNDERSTOOD: Final = frozenset({Outcome.NOT_UNDERSTOOD, Outcome.ERROR})
"""Somebody said something and got nothing for it. What the cloud is to be asked is neither: it was not meant for us, or
nobody at home could know; and of what was cut short nobody can tell."""
BUCKETS_PER_OCTAVE: Final = 8
"""Times are counted in steps of nine percent."""
LAST_BUCKET: Final = 17 * BUCKETS_PER_OCTAVE
"""Two minutes, and all that took longer."""
_STAGE: Final = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
"""What a stage is called; nothing else is counted, as it might be something that was said."""
REPLY: Final = "first_sound"
"""The stage at which somebody who spoke hears the answer."""
_EMPTY: Final[Mapping[str, StageTimes]] = MappingProxyType({})
_NO_REPLIES: Final[Mapping[date, float]] = MappingProxyType({})

type _Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What happened in some time."""

    turns: int = 0
    """Without false wakes."""
    understood: int = 0
    not_understood: int = 0
    """`ERROR` among them: for who spoke it is the same."""
    cloud: int = 0
    """A person was asked whether the cloud may be."""
    failed: int = 0
    false_wakes: int = 0
    corrected: int = 0
    """Turns of this time that somebody corrected, at whatever time."""

    @property
    def understood_share(self) -> float | None:
        """Of those turns in which it can be told, how many were understood, 0 to 1; None where there are none."""
        told = self.understood + self.not_understood
        return self.understood / told if told else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTimes:
    """How long after the end of speech a stage was done, in milliseconds, to five percent."""

    turns: int
    median_ms: float
    p95_ms: float
    """Of twenty turns, one took longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """How well it did."""

    total: Counts
    days: Mapping[date, Counts]
    """Every day that was asked about, oldest first, those without a turn as well."""
    reply_ms: Mapping[date, float] = field(default=_NO_REPLIES)
    """From the end of speech to the answer's first sound: the middle of a day's turns, where there were any."""
    stages: Mapping[str, StageTimes] = field(default=_EMPTY)


class Tally(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A day's counts, which grow."""

    outcomes: dict[str, _Number] = msgspec.field(default_factory=dict)
    """Turns by their outcome; an empty one for any that is unknown."""
    false_wakes: _Number = 0
    corrected: _Number = 0
    stages: dict[str, dict[int, _Number]] = msgspec.field(default_factory=dict)
    """Of each stage, how many turns took about as long: `_bucket`."""

    def add(self, row: TurnRow) -> None:
        """Count a turn, or a false wake."""
        if row.kind == "false_wake":
            self.false_wakes += 1
            return
        outcome = row.outcome if row.outcome in Outcome else ""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        for stage, ms in row.stages_ms.items():
            is_known = stage in self.stages or (len(self.stages) < MOST_STAGES and _STAGE.fullmatch(stage))
            if is_known and math.isfinite(ms):
                times = self.stages.setdefault(stage, {})
                times[_bucket(ms)] = times.get(_bucket(ms), 0) + 1

    def merge(self, other: Tally) -> None:
        """Count what another one has counted."""
        self.false_wakes += other.false_wakes
        self.corrected += other.corrected
        for outcome, number in other.outcomes.items():
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + number
        for stage, others in other.stages.items():
            times = self.stages.setdefault(stage, {})
            for bucket, number in others.items():
                times[bucket] = times.get(bucket, 0) + number

    def counts(self) -> Counts:
        """Return what it comes to."""
        return Counts(
            turns=sum(self.outcomes.values()),
            understood=self._of(UNDERSTOOD),
            not_understood=self._of(NOT_UNDERSTOOD),
            cloud=self._of({Outcome.CONSENT_ASKED}),
            failed=self._of({Outcome.ERROR}),
            false_wakes=self.false_wakes,
            corrected=self.corrected,
        )

    def _of(self, outcomes: Iterable[str]) -> int:
        return sum(self.outcomes.get(outcome, 0) for outcome in outcomes)


def days_until(today: date, days: int) -> list[date]:
    """Return the last `days` days, the oldest first, today among them."""
    first = max(1, min(days, MOST_DAYS)) - 1
    return [today - timedelta(days=number) for number in range(first, -1, -1)]


def day_of(moment: datetime, zone: tzinfo = UTC) -> date:
    """Return the day of a moment, as the clocks in `zone` show it."""
    return moment.astimezone(zone).date()


def stats_of(tallies: Mapping[date, Tally], days: Iterable[date]) -> Stats:
    """Return what happened on `days`."""
    total = Tally()
    by_day, reply_ms = {}, {}
    for day in days:
        tally = tallies.get(day, Tally())
        total.merge(tally)
        by_day[day] = tally.counts()
        if replies := tally.stages.get(REPLY):
            reply_ms[day] = _times(replies).median_ms
    return Stats(
        total=total.counts(),
        days=by_day,
        reply_ms=reply_ms,
        stages={stage: _times(times) for stage, times in list(total.stages.items())[:MOST_STAGES] if times},
    )


def _bucket(ms: float) -> int:
    """Return about how long that is, on a scale that doubles every `BUCKETS_PER_OCTAVE` steps."""
    return min(round(BUCKETS_PER_OCTAVE * math.log2(max(ms, 1.0))), LAST_BUCKET)


def _times(times: Mapping[int, int]) -> StageTimes:
    """Return the middle and the 95th of a hundred; there is at least one."""
    turns = sum(times.values())
    return StageTimes(turns=turns, median_ms=_ms_at(times, 0.5 * turns), p95_ms=_ms_at(times, 0.95 * turns))


def _ms_at(times: Mapping[int, int], rank: float) -> float:
    """Return what so many turns needed at most."""
    buckets = sorted(times)
    bucket = buckets[bisect_left(list(accumulate(times[bucket] for bucket in buckets)), rank)]
    return float(f"{2 ** (bucket / BUCKETS_PER_OCTAVE):.2g}")
