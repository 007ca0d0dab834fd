import json
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench.findings import Finding, Section, at_least
from bench.options import DRAFTS, USUAL_CLIPS, Options
from gateway.errors import ConfigError


def measured(options: Options) -> Section:
    return Section(
        title="Recognition",
        method=f"With {', '.join(options.models)}, drawn into {options.pictures.name}.",
        findings=(Finding(key="speedup", what="faster", value=float(options.clips), target=at_least(2.5)),),
    )


def impossible(options: Options) -> Section:
    raise ConfigError(f"{options.manifest}: there is no such manifest")


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bench, "BENCHMARKS", {"stt": measured, "tts": impossible, "e2e": measured})
    monkeypatch.setattr(bench, "alone", lambda measure, options: measure(options))
    monkeypatch.setattr(bench, "REPORT", tmp_path / "docs" / "benchmarks.md")


def last_line(capsys: pytest.CaptureFixture[str]) -> object:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.mark.parametrize(("clips", "code"), [("3", 0), ("2", bench.MISSED)])
def test_a_part_ends_with_its_figures_and_tells_whether_a_target_was_missed(
    clips: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.main(["stt", "--clips", clips, "--json"]) == code
    assert last_line(capsys) == {"speedup": float(clips)}


def test_a_part_that_cannot_be_measured_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["tts", "--manifest", "gone.csv"]) == bench.BAD_INPUT
    assert "bench: tts: gone.csv: there is no such manifest" in capsys.readouterr().err


def test_of_everything_what_can_be_measured_is_reported_by_part_and_the_rest_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert bench.main(["all", "--clips", "3", "--json", "--write"]) == bench.BAD_INPUT
    assert last_line(capsys) == {"stt": {"speedup": 3.0}, "tts": {}, "e2e": {"speedup": 3.0}}
    report = bench.REPORT.read_text(encoding="utf-8")
    assert report.count("| faster | 3 | ≥ 2.50 | met |") == 2
    assert "Could not be measured" in report
    assert "drawn into benchmarks." in report, "the report's plots lie beside it"


def test_without_a_model_both_are_compared_and_what_is_no_report_draws_elsewhere(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bench.main(["stt"])
    assert f"With tiny.en, base, drawn into {DRAFTS.name}." in capsys.readouterr().out
    bench.main(["stt", "--model", "base"])
    assert "With base, drawn" in capsys.readouterr().out
    assert not bench.REPORT.exists()


def test_how_much_is_heard_and_in_which_noise_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int | None, float | None]] = []

    def part(options: Options) -> Section:
        seen.append((options.clips, options.most_clips, options.noise_db))
        return measured(options)

    monkeypatch.setattr(bench, "BENCHMARKS", {"understand": part})
    bench.main(["understand"])
    bench.main(["understand", "--clips", "3", "--noise-db", "10"])
    assert seen == [(USUAL_CLIPS, None, None), (3, 3, 10.0)]
    with pytest.raises(SystemExit):
        bench.main(["understand", "--noise-db", "inf"])


def test_a_part_that_is_measured_again_is_written_into_the_report_and_needs_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert bench.main(["stt", "--clips", "3", "--write", "--json"]) == bench.BAD_INPUT
    told = capsys.readouterr()
    assert "write it with: ./scripts/bench all --write" in told.err
    assert "| faster | 3 | ≥ 2.50 | met |" in told.out, "what took minutes to measure is not lost"
    assert json.loads(told.out.splitlines()[-1]) == {"speedup": 3.0}
    bench.main(["all", "--clips", "3", "--write"])
    assert bench.main(["stt", "--clips", "4", "--write"]) == 0
    assert "| faster | 4 | ≥ 2.50 | met |" in bench.REPORT.read_text(encoding="utf-8")
