from pathlib import Path

import pytest

from bench.findings import Finding, Section
from bench.report import write_again, write_report
from gateway.errors import ConfigError


def section(title: str, value: float) -> Section:
    return Section(
        title=title, method=f"How {title} was measured.", findings=(Finding(key="a", what="a", value=value),)
    )


def test_a_part_that_is_measured_again_takes_the_place_of_its_own(tmp_path: Path) -> None:
    report = tmp_path / "benchmarks.md"
    write_report(report, [section("Waking", 1), section("Speech", 2), section("Memory", 3)], load=0.5)
    before = report.read_text(encoding="utf-8").split("\n## ")
    write_again(report, section("Speech", 7))
    after = report.read_text(encoding="utf-8").split("\n## ")
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, True, True, False, True]
    assert "| a | 7 |" in after[3]
    assert "Measured by itself on " in after[3]
    write_again(report, section("Speech", 8))
    assert report.read_text(encoding="utf-8").count("Measured by itself") == 1


def test_a_part_that_was_not_there_comes_last(tmp_path: Path) -> None:
    report = tmp_path / "benchmarks.md"
    write_report(report, [section("Waking", 1)], load=0.5)
    write_again(report, section("Memory", 3))
    titles = [part.partition("\n")[0] for part in report.read_text(encoding="utf-8").split("\n## ")]
    assert titles == ["# Benchmarks", "The machine", "Waking", "Memory"]


def test_a_report_that_is_not_there_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="bench all --write"):
        write_again(tmp_path / "benchmarks.md", section("Memory", 3))
