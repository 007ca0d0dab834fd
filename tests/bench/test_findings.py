import pytest

from bench.findings import Finding, Section, Table, at_least, at_most, figure, percent
from bench.report import shown


@pytest.mark.parametrize(("value", "is_met"), [(5.9, True), (6.0, True), (6.1, False)])
def test_a_figure_meets_its_target_up_to_the_very_value(value: float, is_met: bool) -> None:
    assert Finding(key="s", what="ready", value=value, target=at_most(6.0)).is_met is is_met


@pytest.mark.parametrize(("value", "is_met"), [(94.9, False), (95.0, True), (99.0, True)])
def test_a_rate_meets_its_target_from_the_very_value_on(value: float, is_met: bool) -> None:
    assert Finding(key="recall", what="wake", value=value, target=at_least(95.0)).is_met is is_met


def test_a_figure_without_target_is_neither_met_nor_missed() -> None:
    assert Finding(key="n", what="clips", value=3).is_met is None


@pytest.mark.parametrize(
    ("value", "text"), [(500, "500"), (432.4, "432"), (12.34, "12.3"), (0.806, "0.81"), (0.0, "0"), (-3.21, "-3.21")]
)
def test_figures_have_as_many_digits_as_mean_something(value: float, text: str) -> None:
    assert figure(value) == text


def test_a_share_is_shown_in_percent() -> None:
    assert percent(163 / 165) == 98.8


def test_a_missed_target_stands_out_and_every_row_is_a_table_row() -> None:
    section = Section(
        title="Starting",
        method="By hand.",
        findings=(
            Finding(key="a", what="ready", value=7.0, unit="s", target=at_most(6)),
            Finding(key="b", what="stopped", value=0.1, unit="s", target=at_most(1)),
            Finding(key="c", what="rounds", value=5),
        ),
        tables=(Table(caption="Cases", headings=("said",), rows=(("a|b",),)),),
        listing=("one case",),
    )
    lines = shown(section).splitlines()
    assert lines[0] == "one case"
    assert "| ready | 7 s | ≤ 6 s | **missed** |" in lines
    assert "| stopped | 0.10 s | ≤ 1 s | met |" in lines
    assert "| rounds | 5 |  |  |" in lines
    assert "| a/b |" in lines
