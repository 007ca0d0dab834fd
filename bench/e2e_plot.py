"""The picture of `bench e2e`: how long people wait on either side, every clip a dot, the medians in figures."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from bench.findings import Plot
from bench.plots import COLOURS, INCH_PX, PIXELS_PER_PX, WIDTH_PX

HEIGHT_PX: Final = 250
NAMES: Final = ("Local Voice", "Home Assistant Assist\nwith Whisper and Piper")
SPREAD: Final = 0.17
"""How far dots are from their row's middle, of a row's height."""
GREY: Final = "#555555"
CAPTION: Final = (
    "Seconds from the end of speech until the house has acted: every dot is a command, the line is the median. "
    "Same machine, same Home Assistant, same Whisper model."
)


def draw(path: Path, ours: Sequence[float], theirs: Sequence[float]) -> Plot:
    """Draw two rows of dots, in seconds, neither of them empty; ours on top."""
    drawing = Figure(
        figsize=(WIDTH_PX / INCH_PX, HEIGHT_PX / INCH_PX), dpi=INCH_PX * PIXELS_PER_PX, layout="constrained"
    )
    axes = drawing.subplots()
    chance = np.random.default_rng(1)  # the same figures make the same picture
    for row, (values, colour) in enumerate(zip((ours, theirs), COLOURS, strict=False)):
        middle = median(values)
        heights = row + chance.uniform(-SPREAD, SPREAD, len(values))
        axes.barh(row, middle, height=0.62, color=colour, alpha=0.16)
        axes.plot((middle, middle), (row - 0.31, row + 0.31), color=colour, linewidth=2.5)
        axes.scatter(values, heights, s=20, color=colour, alpha=0.75, linewidths=0)
        axes.annotate(
            f"{middle:.2f} s", (middle, row - 0.31), xytext=(0, 3), textcoords="offset points", ha="center",
            fontsize=12, fontweight="bold", color=colour,
        )  # fmt: skip
    axes.set_yticks((0, 1), NAMES, fontsize=11)
    axes.set_ylim(1.45, -0.62)
    axes.set_xlim(left=0, right=max(*ours, *theirs) * 1.04)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", colors=GREY)
    axes.set_xlabel("seconds from the end of speech until the house has acted", fontsize=10, color=GREY)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color("#cccccc")
    path.parent.mkdir(parents=True, exist_ok=True)
    drawing.savefig(path, format="png", metadata={"Software": None})
    return Plot(name=path.stem, path=path, caption=CAPTION)
