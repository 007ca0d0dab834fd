"""Draws what was found: bars, boxes and lines as PNG, readable in a README and by who cannot tell red from green."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from bench.findings import Plot, figure

WIDTH_PX: Final = 640
"""How wide a plot is on a page; it has twice as many pixels, for screens that show them."""
INCH_PX: Final = 100
PIXELS_PER_PX: Final = 2
HEIGHT_PX: Final = 340
BAR_PX, AROUND_BARS_PX = 46, 90
LEGEND_COLUMNS, LEGEND_ROW_PX = 2, 20
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's, which differ in brightness too; the first is ours, the second a peer's."""
DASHES: Final = ("-", "--", "-.", ":")
MARKERS: Final = ("o", "s", "^", "D")
"""Lines differ by more than their colour."""
FONT_PT: Final = 11
GRID: Final = "#cccccc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One figure."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    """What else it may be: drawn as a whisker where both are known."""
    colour: int | None = None
    """Which of `COLOURS`: what belongs together has the same one. By its row where none is chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Many figures of one thing; drawn as median, quartiles, and 5th and 95th percentile."""

    name: str
    values: Sequence[float]
    colour: int | None = None
    """As of `Bar`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Points that belong together, in their order."""

    name: str
    points: Sequence[tuple[float, float]]
    """x and y."""
    is_stepped: bool = False
    """A figure holds until the next point, as a rate over a threshold does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A single point among lines, such as where defaults are."""

    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """What is counted along an axis."""

    name: str
    """With its unit."""
    is_logarithmic: bool = False
    low: float | None = None
    high: float | None = None
    """Where it ends; by what is drawn where none is named."""


def bars(path: Path, values: Sequence[Bar], *, axis: Axis, caption: str) -> Plot:
    """Draw one horizontal bar for each figure, the first on top, with the figure at its end."""
    drawing, axes = _drawing(AROUND_BARS_PX + BAR_PX * max(len(values), 1))
    for row, bar in enumerate(values):
        axes.barh(row, bar.value, height=0.6, color=_colour(row if bar.colour is None else bar.colour))
        end = bar.value
        if bar.low is not None and bar.high is not None:
            axes.plot((bar.low, bar.high), (row, row), color="#000000", linewidth=1.2)
            end = max(end, bar.high)
        axes.annotate(
            figure(bar.value), (end, row), xytext=(6, 0), textcoords="offset points", va="center", fontsize=FONT_PT
        )
    _name_rows(axes, [bar.name for bar in values])
    axes.margins(x=0.14)  # room for the figures
    _label(axes, x=axis)
    return _written(drawing, path, caption)


def boxes(path: Path, values: Sequence[Box], *, axis: Axis, caption: str) -> Plot:
    """Draw one horizontal box for each set of figures, the first on top; what has no figure is left out."""
    shown = [box for box in values if box.values]
    drawing, axes = _drawing(AROUND_BARS_PX + BAR_PX * max(len(shown), 1))
    for row, box in enumerate(shown):
        colour = _colour(row if box.colour is None else box.colour)
        axes.boxplot(
            [list(box.values)], positions=[row], orientation="horizontal", widths=0.6, whis=(5, 95), showfliers=False,
            patch_artist=True, manage_ticks=False, boxprops={"facecolor": colour, "alpha": 0.35, "edgecolor": colour},
            medianprops={"color": "#000000", "linewidth": 1.6},
        )  # fmt: skip
    _name_rows(axes, [box.name for box in shown])
    _label(axes, x=axis)
    return _written(drawing, path, caption)


def lines(path: Path, values: Sequence[Line], *, x: Axis, y: Axis, caption: str, marks: Sequence[Mark] = ()) -> Plot:
    """Draw lines over one another, and single points; what is nowhere on a logarithmic axis is left out."""
    legend_rows = ceil((len(values) + len(marks)) / LEGEND_COLUMNS)
    drawing, axes = _drawing(HEIGHT_PX + LEGEND_ROW_PX * legend_rows)
    for number, line in enumerate(values):
        points = [point for point in line.points if _is_on(x, point[0]) and _is_on(y, point[1])]
        axes.plot(
            [point[0] for point in points], [point[1] for point in points], label=line.name, color=_colour(number),
            linestyle=DASHES[number % len(DASHES)], linewidth=1.8, drawstyle="steps-post" if line.is_stepped else None,
        )  # fmt: skip
    for number, mark in enumerate(marks):
        if _is_on(x, mark.x) and _is_on(y, mark.y):
            axes.plot(
                mark.x, mark.y, label=mark.name, color=_colour(number), marker=MARKERS[number % len(MARKERS)],
                markersize=7, linestyle="none", markeredgecolor="#000000",
            )  # fmt: skip
    _label(axes, x=x, y=y)
    if values or marks:
        drawing.legend(loc="outside lower center", ncols=LEGEND_COLUMNS, frameon=False, fontsize=10)  # hides no line
    return _written(drawing, path, caption)


def _drawing(height_px: int) -> tuple[Figure, Axes]:
    drawing = Figure(
        figsize=(WIDTH_PX / INCH_PX, height_px / INCH_PX), dpi=INCH_PX * PIXELS_PER_PX, layout="constrained"
    )
    axes = drawing.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    return drawing, axes


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=FONT_PT)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _label(axes: Axes, *, x: Axis, y: Axis | None = None) -> None:
    axes.set_xlabel(x.name, fontsize=FONT_PT)
    if x.is_logarithmic:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(_plain))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(left=x.low if x.low is not None or x.is_logarithmic or y else 0, right=x.high)
    axes.grid(visible=True, axis="x" if y is None else "both", color=GRID, linewidth=0.6)
    if y is None:
        return
    axes.set_ylabel(y.name, fontsize=FONT_PT)
    if y.is_logarithmic:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(_plain))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(bottom=y.low, top=y.high)


def _written(drawing: Figure, path: Path, caption: str) -> Plot:
    path.parent.mkdir(parents=True, exist_ok=True)
    drawing.savefig(path, format="png", metadata={"Software": None})  # the same figures make the same file
    return Plot(name=path.stem, path=path, caption=caption)


def _plain(value: float, _: int) -> str:
    return figure(value)


def _is_on(axis: Axis, value: float) -> bool:
    return value > 0 or not axis.is_logarithmic


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]
