"""Pauses at words' ends, and what is counted of them."""

import numpy as np
import pytest

from bench.cutoff import Case, _section
from bench.cutoff_clips import Clip, Split, _heard_split, _noise_of, _quiet_places, _spread, _trimmed, splits
from bench.options import Options, shared_folder
from gateway.audio import RATE_HZ
from gateway.events import Intent
from tests.fakes import LIGHT_ON
from tests.voices import hiss, hum, silence

HERE = Intent(name="HassTurnOn", slots={"area": "Office"})
THERE = Intent(name="HassTurnOn", slots={"area": "Kitchen"})
KNOWN = {"turn on the lights": HERE, "turn on the lights in the Kitchen": THERE, "lights on please": HERE}
SPLIT = Split(first="turn on the", rest="lamp", meant=LIGHT_ON, is_complete=False)


async def match(text: str) -> Intent | None:
    return KNOWN.get(text)


async def test_sentences_are_split_at_words_and_go_on_where_that_means_something_else() -> None:
    parts = await splits(["turn on the lights", "stop"], ["Kitchen"], match, 10)
    assert [(part.first, part.rest, part.is_complete) for part in parts] == [
        ("turn", "on the lights", False),
        ("turn on the lights", "in the Kitchen", True),
    ]


async def test_a_recording_counts_where_its_first_part_is_heard_as_the_text_begins() -> None:
    split = await _heard_split("Turn on the...", "turn on the lights", HERE, match)
    assert split == Split(first="turn on the", rest="lights", meant=HERE, is_complete=False)
    for heard in ("", "Turn on the lights.", "turn of"):
        assert await _heard_split(heard, "turn on the lights", HERE, match) is None


def test_a_few_of_many_come_from_all_over() -> None:
    parts = [SPLIT] * 10
    assert len(list(_spread(parts, 3))) == 3
    assert len(list(_spread(parts, 20))) == 10
    assert list(_spread([], 3)) == []


def test_a_recording_is_opened_where_it_is_quiet_and_filled_with_its_own_noise() -> None:
    pcm = silence(0.2) + hum(0.6) + hiss(0.1, -50) + hum(0.6) + silence(0.2)
    assert abs(_quiet_places(pcm)[0] / 2 / RATE_HZ - 0.85) < 0.06
    assert len(_trimmed(pcm)) / 2 / RATE_HZ == pytest.approx(1.3, abs=0.05)
    noise = _noise_of(hum(0.5) + hiss(0.5, -50), 16_000)
    assert len(noise) == 16_000
    assert np.abs(np.frombuffer(noise, dtype="<i2")).max() < 1_000
    assert _quiet_places(hum(0.2)) == []


def case(*, is_complete: bool, is_cut: bool = False, was_early: bool = False, intent: Intent | None = LIGHT_ON) -> Case:
    split = Split(first="a", rest="b", meant=LIGHT_ON, is_complete=is_complete)
    clip = Clip(split=split, pause_s=0.3, pcm=b"", rest_end_ms=1_000, is_recorded=False)
    return Case(clip=clip, is_cut=is_cut, was_early=was_early, intent=intent)


def figures(*cases: Case) -> dict[str, float]:
    options = Options(manifest=shared_folder(), house=shared_folder())
    return {finding.key: finding.value for finding in _section(cases, options).findings}


def test_what_is_cut_off_and_what_is_corrected_is_counted() -> None:
    found = figures(
        case(is_complete=False, is_cut=True),
        case(is_complete=False, intent=None),
        case(is_complete=True, is_cut=True),
        case(is_complete=True, was_early=True),
        case(is_complete=True, was_early=True, intent=HERE),
        case(is_complete=True),
    )
    assert (found["clips"], found["cut_incomplete"], found["cut_complete_percent"]) == (6, 1, 25.0)
    assert (found["early"], found["corrected_percent"]) == (2, 50.0)


def test_nothing_is_cut_off_where_there_is_nothing() -> None:
    found = figures()
    assert (found["clips"], found["cut_complete_percent"], found["corrected_percent"]) == (0, 0, 100)
