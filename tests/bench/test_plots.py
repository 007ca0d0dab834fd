from pathlib import Path

import pytest
from PIL import Image

from bench import plots
from bench.findings import Plot, Section
from bench.plots import Axis, Bar, Box, Line, Mark
from bench.report import shown, write_report

X, Y = Axis(name="false wakes an hour", is_logarithmic=True), Axis(name="recall, %")


def size(plot: Plot) -> tuple[int, int]:
    with Image.open(plot.path) as picture:
        assert picture.format == "PNG"
        return picture.size


def test_bars_are_drawn_twice_as_large_as_they_are_shown_and_higher_the_more_there_are(tmp_path: Path) -> None:
    few = plots.bars(tmp_path / "few.png", [Bar(name="we", value=0.4, low=0.3, high=0.5)], axis=Y, caption="One bar")
    more = plots.bars(tmp_path / "more.png", [Bar(name="we", value=1), Bar(name="they", value=2)], axis=Y, caption="")
    assert (few.name, few.caption) == ("few", "One bar")
    assert size(few)[0] == size(more)[0] == 2 * plots.WIDTH_PX
    assert size(few)[1] < size(more)[1]


def test_the_folder_is_made_and_the_same_figures_make_the_same_file(tmp_path: Path) -> None:
    boxes = [Box(name="we", values=[0.1, 0.2, 0.3]), Box(name="nobody", values=[])]
    one = plots.boxes(tmp_path / "a" / "one.png", boxes, axis=Y, caption="")
    again = plots.boxes(tmp_path / "b" / "one.png", boxes, axis=Y, caption="")
    assert one.path.read_bytes() == again.path.read_bytes()


def test_a_line_may_have_points_that_a_logarithmic_axis_cannot_show(tmp_path: Path) -> None:
    values = [Line(name="both", points=[(0, 97), (0.5, 98), (2, 99)], is_stepped=True), Line(name="none", points=[])]
    marks = [Mark(name="default", x=0.5, y=98), Mark(name="never", x=0, y=97)]
    assert size(plots.lines(tmp_path / "det.png", values, x=X, y=Y, caption="", marks=marks))[0] == 2 * plots.WIDTH_PX


@pytest.mark.filterwarnings("error")
def test_nothing_to_draw_is_an_empty_plot(tmp_path: Path) -> None:
    assert size(plots.bars(tmp_path / "bars.png", [], axis=Y, caption=""))[1] > 0
    assert size(plots.boxes(tmp_path / "boxes.png", [], axis=Y, caption=""))[1] > 0
    assert size(plots.lines(tmp_path / "lines.png", [], x=Y, y=Y, caption=""))[1] > 0


def test_the_report_shows_a_plot_with_what_is_to_be_seen_in_it_and_a_terminal_where_it_lies(tmp_path: Path) -> None:
    plot = Plot(name="stt", path=tmp_path / "docs" / "pictures" / "stt.png", caption='How long "each" takes')
    section = Section(title="Recognition", method="By hand.", findings=(), plots=(plot,))
    write_report(tmp_path / "docs" / "benchmarks.md", [section], load=0.0)
    page = (tmp_path / "docs" / "benchmarks.md").read_text()
    assert '<img src="pictures/stt.png" alt="How long &quot;each&quot; takes" width="640">' in page
    assert f'How long "each" takes: {plot.path}' in shown(section)
