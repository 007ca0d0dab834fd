from dataclasses import replace
from pathlib import Path

import pytest

from bench import understand_report
from bench.options import Options
from bench.understand_clips import Group, Noise
from bench.understand_report import Found, percentile, section
from bench.understand_turns import Ending, Turn
from bench.understand_verdicts import Missing, Other
from tests.bench.test_understand_verdicts import OFF, ON, SORRY, SPELLING, case, clip, understood


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    monkeypatch.setattr(understand_report, "version_of", lambda _: "3.8.1")
    return Options(manifest=tmp_path / "mine.csv", house=tmp_path / "mine.yaml", pictures=tmp_path)


FOUND = Found(
    cases=(
        case(understood(ON), OFF),
        case(understood(OFF), None, text="off", group=Group.NEAR),
        case(Turn(ending=Ending.ASKED, heard="un"), ON, text="un", group=Group.ACROSS),
        case(SORRY, None, text="lamp", group=Group.SYNTHETIC),
    ),
    left_out=("what is love",),
    missing=(
        Missing(clip=clip("on"), name="lamp", meant=None, turn=understood(OFF), spelling=SPELLING),
        Missing(clip=clip("on"), name="lamp", meant=None, turn=SORRY, spelling=SPELLING),
    ),
    others=(
        Other(name="rain.wav", kind="negative_noise", turn=Turn(ending=Ending.SILENT)),
        Other(name="hum.wav", kind="negative_noise", turn=SORRY),
        Other(name="coffee.wav", kind="command_oov", turn=Turn(ending=Ending.SILENT)),
        Other(name="book.wav", kind="speech", turn=understood(ON)),
    ),
    added_ms=(1.0, 2.0, 90.0),
)


def test_every_figure_of_the_table_is_there(options: Options) -> None:
    figures = {finding.key: finding.value for finding in section(FOUND, options).findings}
    assert figures == {
        "clips": 4,
        "left_out": 1,
        "right_rate": 25,
        "wrong_action_rate": 25,
        "question_rate": 25,
        "refused_rate": 25,
        "peer_right_rate": 25,
        "peer_wrong_rate": 25,
        "errors_share": 1,
        "ten_best_right_rate": 0,
        "ten_best_errors_share": 0.75,
        "sentence_right_rate": 25,
        "sentences": 4,
        "human_right_rate": 100,
        "synthetic_right_rate": 0,
        "piper_right_rate": 0,
        "missing_clips": 2,
        "missing_wrong": 1,
        "missing_asked": 0,
        "missing_right": 0,
        "other_sounds": 4,
        "other_actions": 1,
        "negative_answered_rate": 50,
        "command_oov_answered_rate": 0,
        "speech_answered_rate": 100,
        "added_median_ms": 2,
        "added_p95_ms": 90,
    }


def test_what_went_wrong_is_listed(options: Options) -> None:
    groups, kinds, confused, missing, others = section(FOUND, options).tables
    assert [row[0] for row in groups.rows] == ["people", "synthetic recordings", "Piper, near", "Piper, across a room"]
    assert [row[:2] for row in kinds.rows] == [("negative_noise", "2"), ("command_oov", "1"), ("speech", "1")]
    assert [row[0] for row in confused.rows] == ["off", "un", "lamp"]
    assert confused.rows[0][2:5] == ("on: HassTurnOff(name=lamp)", "HassTurnOn(name=lamp)", "wrong")
    assert len(missing.rows) == 1
    assert [row[0] for row in others.rows] == ["hum.wav", "coffee.wav", "book.wav"]


def test_each_group_has_a_picture(options: Options) -> None:
    plots = section(FOUND, options).plots
    assert [plot.name for plot in plots] == ["understand-people", "understand-synthetic", "understand-piper"]
    assert all(plot.path.read_bytes().startswith(b"\x89PNG") for plot in plots)


def test_with_noise_only_commands_are_told_and_what_is_below_them(options: Options) -> None:
    cases = [
        replace(one, clip=replace(one.clip, noise=noise))
        for one, noise in zip(FOUND.cases, (Noise.NOISE, Noise.TALK, Noise.TALK, Noise.TALK), strict=True)
    ]
    found = Found(cases=tuple(cases), left_out=(), missing=(), others=(), added_ms=())
    noisy = section(found, replace(options, noise_db=10.0))
    figures = {finding.key: finding.value for finding in noisy.findings}
    assert figures["noise_right_rate"] == 100
    assert figures["talk_right_rate"] == 0
    assert figures["peer_talk_right_rate"] == pytest.approx(33.3)
    assert not {"missing_wrong", "other_actions", "added_median_ms"} & figures.keys()
    assert noisy.title == "Understanding from speech, tiny.en, noise at 10 dB"
    assert {plot.name for plot in noisy.plots} >= {"understand-10db-people"}


def test_other_languages_have_targets_of_their_own(options: Options) -> None:
    english, german = (section(FOUND, replace(options, language=language)) for language in ("en", "de"))
    targets = [
        {finding.key: finding.target.value for finding in one.findings if finding.target is not None}
        for one in (english, german)
    ]
    assert (targets[0]["right_rate"], targets[0]["wrong_action_rate"]) == (97, 0.5)
    assert (targets[1]["ten_best_errors_share"], targets[1]["wrong_action_rate"]) == (0.5, 1)
    assert "right_rate" not in targets[1]
    assert german.title == "Understanding from speech, tiny.en, de"


def test_enough_clips_are_only_wanted_of_the_usual_ones(options: Options) -> None:
    (clips, *_) = section(FOUND, options).findings
    assert clips.target is None


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.95) == 3
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2
