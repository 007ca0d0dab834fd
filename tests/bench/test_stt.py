import csv
from pathlib import Path

import pytest

from bench import stt
from bench.findings import Plot, Section
from bench.manifest import COLUMNS, Recording
from bench.options import Options
from bench.peers.client import Heard
from bench.stt import Clip, Pair
from gateway.errors import ConfigError
from gateway.events import Sound
from gateway.recordings import write_wav


def clip(name: str, kind: str = "command", said: str = "turn on the light") -> Clip:
    recording = Recording(
        path=Path(name), name=name, kind=kind, language="en", label="", transcript=said, is_human=True
    )
    return Clip(recording=recording, pcm=bytes(32_000), end_s=0.9)


def pair(
    name: str, ours: str, theirs: str, *, kind: str = "command", took_s: float = 0.2, is_paced: bool = True
) -> Pair:
    return Pair(
        clip=clip(name, kind),
        ours=Heard(text=ours, took_s=took_s),
        theirs=Heard(text=theirs, took_s=3 * took_s),
        is_paced=is_paced,
    )


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    monkeypatch.setattr("bench.stt.version_of", lambda _: "3.8.1")
    return Options(
        manifest=tmp_path / "manifest.csv", house=tmp_path / "house", pictures=tmp_path / "out", drafts=tmp_path / "out"
    )


def figures(section: Section) -> dict[str, float]:
    return {finding.key: finding.value for finding in section.findings}


RIGHT, WRONG = "Turn on the light.", "Turn off the light."


def test_times_are_of_what_was_sent_at_real_time_pace_and_words_of_everything(
    options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stt, "_plot", lambda *_: Plot(name="stt", path=options.pictures, caption=""))
    pairs = [
        pair("a", RIGHT, RIGHT, took_s=0.1),
        pair("b", RIGHT, WRONG, took_s=0.3),
        pair("c", WRONG, WRONG, took_s=9.0, is_paced=False, kind="speech"),
    ]
    found = figures(stt.section({"tiny.en": pairs}, options))
    assert found["median_s"] == pytest.approx(0.2)
    assert found["peer_median_s"] == pytest.approx(0.6)
    assert found["p95_s"] == 0.3
    assert found["speedup"] == pytest.approx(3.0)
    assert found["wer"] == pytest.approx(100 / 12)
    assert found["peer_wer"] == pytest.approx(200 / 12)
    assert found["wer_difference_upper"] <= 0
    assert (found["clips"], found["paced_clips"]) == (3, 2)


def test_the_second_models_figures_have_its_name_before_their_keys_and_each_group_has_a_row(options: Options) -> None:
    pairs = [pair("a", RIGHT, RIGHT), pair("b", WRONG, RIGHT, kind="speaker")]
    section = stt.section({"tiny.en": pairs, "base": pairs[:1]}, options)
    assert {"speedup", "wer_difference_upper", "base_speedup", "base_wer"} <= figures(section).keys()
    assert [row[:3] for row in section.tables[0].rows] == [
        ("tiny.en", "commands", "1"),
        ("tiny.en", "sentences", "1"),
        ("base", "commands", "1"),
    ]
    assert any("heard “Turn off the light.”" in line for line in section.listing)
    assert section.plots[0].path.exists()


@pytest.mark.parametrize(("share", "value"), [(0.95, 19), (1.0, 20), (0.0, 1), (0.05, 1), (0.06, 2)])
def test_a_percentile_is_one_of_the_figures(share: float, value: int) -> None:
    assert stt.percentile(range(1, 21), share) == value


def test_of_each_group_its_share_is_drawn_and_always_the_same_ones() -> None:
    clips = [clip(f"c{number}") for number in range(30)] + [clip(f"s{number}", "speech") for number in range(10)]
    drawn = stt.paced(clips, 8)
    assert drawn == stt.paced(clips, 8)
    assert sum(name.startswith("c") for name in drawn) == 6
    assert len(drawn) == 8
    assert len(stt.paced(clips, 1000)) == 40


def manifest(options: Options, *rows: dict[str, str]) -> None:
    with options.manifest.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)


def test_recordings_without_transcript_of_other_languages_and_too_long_ones_are_left_out(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Silero:
        def seconds(self, pcm: bytes) -> float | None:
            return None if len(pcm) > 64_000 else 0.5

    monkeypatch.setattr("bench.stt.SpeechEnd", Silero)
    write_wav(tmp_path / "one.wav", Sound(pcm=bytes(32_000), rate_hz=16_000))
    write_wav(tmp_path / "long.wav", Sound(pcm=bytes(31 * 32_000), rate_hz=16_000))
    usable = {"path": "one.wav", "kind": "command", "lang": "en", "transcript": "stop", "human": "human"}
    manifest(
        options,
        usable,
        {**usable, "transcript": " "},
        {**usable, "lang": "fr"},
        {**usable, "kind": "wake_positive"},
        {**usable, "path": "long.wav"},
        {**usable, "path": "gone.wav"},
    )
    clips = stt.read_clips(options)
    assert [(clip.recording.name, len(clip.pcm), clip.end_s) for clip in clips] == [("one.wav", 19_200, 0.5)]
    left_out = capsys.readouterr().out
    assert "long.wav is longer than 30 s" in left_out
    assert "gone.wav" in left_out
    assert (tmp_path / "out" / "speech-ends.json").exists()


def test_a_manifest_with_nothing_to_recognise_is_an_error_that_says_what_is_needed(options: Options) -> None:
    manifest(options, {"path": "a.wav", "kind": "noise", "lang": "", "human": "no"})
    with pytest.raises(ConfigError, match="no English recording with a transcript"):
        stt.read_clips(options)
