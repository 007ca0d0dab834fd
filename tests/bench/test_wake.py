"""What the wake benchmark counts, and of what it speaks where there is little to count."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.manifest import Recording
from bench.options import Options
from bench.wake import CHOICES, SETTINGS, chosen_setting, cross_validated, negatives, positives, recall, section
from bench.wake_noise import Surroundings, loudness
from bench.wake_runs import LEVELS, Counts
from bench.wake_scores import Heard, Setting, wakes
from gateway.audio import FRAME_MS
from gateway.turn.wake import COOLDOWN_MS, Thresholds
from tests.fakes import ScriptedOpinion

SECOND_FRAMES = 1000 // FRAME_MS
STRICTEST, EAGEREST = len(SETTINGS) - 1, len(SETTINGS) - len(CHOICES)


def recording(kind: str, label: str = "", transcript: str = "") -> Recording:
    return Recording(
        path=Path("x"),
        name=f"{kind}/{label}",
        kind=kind,
        language="en",
        label=label,
        transcript=transcript,
        is_human=True,
    )


def counts(kind: str, name: str, **more: object) -> Counts:
    none = (0,) * len(LEVELS)
    usual = Counts(
        name=name, kind=kind, label="", word="alexa", snr_db=None, seconds=60.0, first=0, second=0, both=0,
        first_at=none, second_at=none, both_at=none, ours=(0,) * len(SETTINGS),
    )  # fmt: skip
    return replace(usual, **more)  # type: ignore[arg-type] # tests name fields


def heard(first: dict[int, float], second: dict[int, float], frames: int = 10 * SECOND_FRAMES) -> Heard:
    scores = np.zeros((2, frames), np.float32)
    for row, given in enumerate((first, second)):
        for frame, score in given.items():
            scores[row, frame] = score
    return Heard(frames=(bytes(1024),) * frames, begins=0, first=scores[0], second=scores[1])


def test_recordings_are_sorted_by_what_is_said_in_them() -> None:
    said = [
        recording("wake_positive", "OK Nabu"),
        recording("wake_positive", "alexa"),
        recording("wake_positive", "computer"),
    ]
    assert [word for _, word in positives(said)] == ["okay_nabu", "alexa"]
    others = [
        recording("wake_other", "jarvis"),
        recording("wake_other", "hey jarvis"),
        recording("speech", "", "Alexa, no"),
    ]
    assert [r.label for r in negatives(others)] == ["jarvis"]


def test_an_engine_that_fires_on_and_on_wakes_once_in_two_seconds() -> None:
    rest = COOLDOWN_MS // FRAME_MS
    stretch = heard(dict.fromkeys(range(10, 10 + rest + 1), 0.9), {})
    assert (stretch.wakes_first(0.9), stretch.wakes_first(0.95), stretch.wakes_second(0.1)) == (2, 0, 0)


def test_both_wake_only_within_a_second() -> None:
    assert heard({50: 0.9}, {70: 0.6}).wakes_both(0.9, 0.5) == 1
    assert heard({50: 0.9}, {90: 0.6}).wakes_both(0.9, 0.5) == 0


async def test_every_setting_hears_the_same_and_the_second_model_is_asked_once() -> None:
    plain = {"alexa": Thresholds(first=0.3, second=0.4)}
    strict = {"alexa": Thresholds(first=0.3, second=0.8)}
    deaf = {"alexa": Thresholds(first=0.95, second=0.1)}
    opinion = ScriptedOpinion(0.1, 0.5, 0.6)
    settings = [Setting(thresholds=thresholds) for thresholds in (plain, strict, deaf)]
    assert await wakes("alexa", heard({60: 0.7}, {}), opinion, settings) == [1, 0, 0]
    assert opinion.asked == ["alexa"]
    assert await wakes("alexa", heard({60: 0.05}, {}), ScriptedOpinion(), settings) == [0, 0, 0]


@pytest.mark.parametrize("snr_db", [20, 5])
def test_noise_is_as_loud_as_it_is_said_to_be_and_an_echo_changes_no_loudness(snr_db: int) -> None:
    generator = np.random.default_rng(1)
    voice = (generator.standard_normal(16_000) * 2_000).astype("<i2")
    around = Surroundings(noises=(generator.standard_normal(40_000),), echoes=(np.array([1.0, 0.0, 0.4, 0.2]),))
    near, across = around.around("x", voice.tobytes(), snr_db=snr_db, before_s=1.0, after_s=0.5)
    for mixed in (near, across):
        samples = np.frombuffer(mixed, "<i2").astype(float)
        assert 40_000 <= len(samples) <= 40_003
        beneath, both = np.mean(samples[:16_000] ** 2), np.mean(samples[16_000:32_000] ** 2)
        assert 10 * np.log10((both - beneath) / beneath) == pytest.approx(snr_db, abs=0.6)


def test_silence_in_a_recording_does_not_count_as_soft_speech() -> None:
    voice = np.concatenate((np.zeros(32_000), np.full(16_000, 1_000.0)))
    assert loudness(voice) == pytest.approx(1_000, rel=0.05)
    assert loudness(np.zeros(0)) == 0


def test_without_noise_there_is_nothing_to_mix() -> None:
    assert Surroundings(noises=(), echoes=()).around("x", bytes(3_200), snr_db=5, before_s=1, after_s=1) == []


def test_the_setting_with_most_recall_within_the_false_wakes_allowed_is_chosen() -> None:
    eager = tuple(int(index < STRICTEST) for index in range(len(SETTINGS)))
    said = [counts("wake_positive", str(number), ours=eager) for number in range(10)]
    harmless = [counts("speech", str(number), first=1, second=1) for number in range(10)]
    assert chosen_setting([*said, *harmless]) == STRICTEST - 1, "the strictest of those that miss nobody"
    harmful = [counts("speech", str(number), first=1, second=1, ours=eager) for number in range(10)]
    assert chosen_setting([*said, *harmful]) == STRICTEST


def test_each_recording_is_judged_once_and_one_other_wake_word_in_one_fold() -> None:
    others = [counts("wake_other", str(number), label="jarvis") for number in range(20)]
    said = [counts("wake_positive", str(number)) for number in range(20)]
    folds = [held_out for _, held_out in cross_validated(said, others)]
    assert sum(map(len, folds)) == 40
    assert sorted(sum(c.label == "jarvis" for c in fold) for fold in folds) == [0, 0, 0, 0, 20]
    assert recall(said, lambda c: c.first) == 0.0


@pytest.mark.parametrize("kinds", [(), ("wake_positive",), ("speech",), ("wake_positive", "speech")])
def test_kinds_that_are_missing_leave_figures_without_targets(kinds: tuple[str, ...], tmp_path: Path) -> None:
    options = Options(manifest=tmp_path, house=tmp_path, pictures=tmp_path)
    found = section(options, [counts(kind, "x", second=1) for kind in kinds])
    keys = {finding.key: finding for finding in found.findings}
    wanted = ["recall", "false_wakes", "recall_20db", "recall_10db", "recall_5db"]
    assert {f"{who}{key}" for key in wanted for who in ("", "mww_", "oww_", "both_")} <= set(keys)
    assert {"positives", "negative_hours", "cross_validated_recall", "cross_validated_false_wakes"} <= set(keys)
    assert (keys["recall"].target is None) == ("wake_positive" not in kinds)
    assert (keys["false_wakes"].target is None) == ("speech" not in kinds)
    assert len(list(tmp_path.glob("*.png"))) == len(found.plots) == int(len(kinds) == 2)
