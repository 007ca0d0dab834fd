"""How well it does: turns a day, how many of them were understood, false wakes, and how long each stage took.

Pure: it counts the rows that it is given. What is past its date is not among them, and is not counted.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from statistics import median
from types import MappingProxyType
from typing import Final

from gateway.events import Outcome
from gateway.ledger.rows import TurnRow

MOST_DAYS: Final = 366
"""Transcripts are kept for no longer."""
MOST_STAGES: Final = 32
"""A turn has seven."""
UNDERSTOOD: Final = frozenset({Outcome.ACTION, Outcome.ANSWER, Outcome.NEVER_MIND, Outcome.NOT_CONFIRMED})
"""What was said meant something here."""
NOT_UNDERSTOOD: Final = frozenset({Outcome.NOT_UNDERSTOOD, Outcome.ERROR})
"""Somebody said something and got nothing for it. What the cloud is to be asked is neither: it was not meant for us, or
nobody at home could know; and of what was cut short nobody can tell."""
_EMPTY: Final[Mapping[str, StageTimes]] = MappingProxyType({})


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

    @property
    def understood_share(self) -> float | None:
        """Of those turns in which it can be told, how many were understood, 0 to 1; None where there are none."""
        told = self.understood + self.not_understood
        return self.understood / told if told else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTimes:
    """How long after the end of speech a stage was done, in milliseconds."""

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
    stages: Mapping[str, StageTimes] = field(default=_EMPTY)


def since(days: int, now: datetime, zone: tzinfo = UTC) -> datetime:
    """Return when the first of the last `days` days began, today among them."""
    first = now.astimezone(zone).date() - timedelta(days=max(1, min(days, MOST_DAYS)) - 1)
    return datetime(first.year, first.month, first.day, tzinfo=zone)


def stats_of(rows: Iterable[TurnRow], days: int, now: datetime, zone: tzinfo = UTC) -> Stats:
    """Count what happened in the last `days` days, as the clocks in `zone` show them; other rows do not count."""
    today = now.astimezone(zone).date()
    first = since(days, now, zone).date()
    by_day: dict[date, _Tally] = {
        first + timedelta(days=number): _Tally() for number in range((today - first).days + 1)
    }
    total = _Tally()
    took_ms: dict[str, list[float]] = {}
    for row in rows:
        tally = by_day.get(row.at.astimezone(zone).date())
        if tally is None:
            continue
        tally.add(row)
        total.add(row)
        if row.kind == "turn":
            _collect(row.stages_ms, took_ms)
    return Stats(
        total=total.counts(),
        days={day: tally.counts() for day, tally in by_day.items()},
        stages={stage: _times(sorted(times_ms)) for stage, times_ms in took_ms.items()},
    )


@dataclass(slots=True)
class _Tally:
    """Counts that grow."""

    outcomes: dict[str, int] = field(default_factory=dict)
    false_wakes: int = 0

    def add(self, row: TurnRow) -> None:
        if row.kind == "false_wake":
            self.false_wakes += 1
        else:
            self.outcomes[row.outcome] = self.outcomes.get(row.outcome, 0) + 1

    def counts(self) -> Counts:
        return Counts(
            turns=sum(self.outcomes.values()),
            understood=self._of(UNDERSTOOD),
            not_understood=self._of(NOT_UNDERSTOOD),
            cloud=self._of({Outcome.CONSENT_ASKED}),
            failed=self._of({Outcome.ERROR}),
            false_wakes=self.false_wakes,
        )

    def _of(self, outcomes: Iterable[str]) -> int:
        return sum(self.outcomes.get(outcome, 0) for outcome in outcomes)


def _collect(stages_ms: Mapping[str, float], took_ms: dict[str, list[float]]) -> None:
    for stage, ms in stages_ms.items():
        if math.isfinite(ms) and (stage in took_ms or len(took_ms) < MOST_STAGES):
            took_ms.setdefault(stage, []).append(ms)


def _times(times_ms: Sequence[float]) -> StageTimes:
    """Return the middle and the 95th of a hundred; `times_ms` are sorted, and at least one."""
    p95_ms = times_ms[math.ceil(0.95 * len(times_ms)) - 1]
    return StageTimes(turns=len(times_ms), median_ms=median(times_ms), p95_ms=p95_ms)
