"""What a benchmark found: figures with their targets, tables, plots, and how it was measured. Measures nothing."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Bound(StrEnum):
    """Which side of its target a figure must be on."""

    AT_MOST = "≤"
    AT_LEAST = "≥"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a figure should be."""

    bound: Bound
    value: float

    def is_met_by(self, value: float) -> bool:
        """Tell whether `value` is on the right side, or exactly there."""
        return value <= self.value if self.bound is Bound.AT_MOST else value >= self.value


def at_most(value: float) -> Target:
    """Return a target that smaller figures meet."""
    return Target(bound=Bound.AT_MOST, value=value)


def at_least(value: float) -> Target:
    """Return a target that larger figures meet."""
    return Target(bound=Bound.AT_LEAST, value=value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One figure."""

    key: str
    """Its name in the JSON object, unit included."""
    what: str
    """Its name for people."""
    value: float
    unit: str = ""
    target: Target | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        return None if self.target is None else self.target.is_met_by(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of text below a caption."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A picture that was drawn: `bench.plots` makes them."""

    name: str
    """What it is called among the plots, and its file without the ending."""
    path: Path
    """A PNG, twice as many pixels as it is wide on a page."""
    caption: str
    """What is to be seen in it, for who cannot see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Everything that one benchmark found."""

    title: str
    method: str
    """How it was measured, and what it cannot tell."""
    findings: tuple[Finding, ...]
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()
    listing: tuple[str, ...] = ()
    """Lines for the terminal only: every single case."""


def figure(value: float) -> str:
    """Return `value` with as many digits as mean something."""
    if value == int(value):
        return str(int(value))
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def percent(share: float) -> float:
    """Return `share`, 0 to 1, in percent, one digit after the point."""
    return round(share * 100, 1)
