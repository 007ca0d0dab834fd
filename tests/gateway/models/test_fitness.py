"""Which Whisper models are good enough for which language: the table, its words, and the same table in the docs."""

from pathlib import Path

import pytest

from gateway.languages import called
from gateway.models import fitness, registered_models
from gateway.models.fitness import MEASURED, Measured
from gateway.models.registry import Kind
from gateway.offer import Fitness

DOCS = Path(__file__).parents[3] / "docs" / "configuration.md"


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        (100, Fitness.GOOD),
        (95, Fitness.GOOD),
        (94, Fitness.FAIR),
        (80, Fitness.FAIR),
        (79, Fitness.WEAK),
        (0, Fitness.WEAK),
    ],
)
def test_a_word_stands_for_a_share(percent: int, expected: Fitness) -> None:
    assert Measured(model="base", language="de", percent=percent).fitness is expected


def test_each_share_is_that_of_the_recordings_that_were_counted() -> None:
    for one in MEASURED:
        if one.right is not None and one.commands is not None:
            assert one.percent == round(100 * one.right / one.commands)


def test_what_was_measured_is_a_model_that_comes_along_and_each_language_once() -> None:
    known = {model.name for model in registered_models() if model.kind is Kind.STT}
    assert {one.model for one in MEASURED} == known
    assert len({(one.model, one.language) for one in MEASURED}) == len(MEASURED)
    assert [*MEASURED] == sorted(MEASURED, key=lambda one: (one.model != "tiny.en", -(one.percent), one.language))


@pytest.mark.parametrize(
    ("model", "language", "expected"),
    [
        ("tiny.en", "en", Fitness.GOOD),
        ("base", "en-GB", Fitness.GOOD),
        ("base", "es", Fitness.GOOD),
        ("base", "fr", Fitness.FAIR),
        ("base", "it", Fitness.FAIR),
        ("base", "nl", Fitness.WEAK),
        ("base", "de_CH", Fitness.WEAK),
        ("base", "sv", Fitness.UNMEASURED),
        ("tiny", "de", Fitness.UNMEASURED),
        ("small", "de", Fitness.UNMEASURED),
    ],
)
def test_a_model_is_as_good_as_it_was_measured_to_be_and_the_country_does_not_matter(
    model: str, language: str, expected: Fitness
) -> None:
    assert fitness.of(model, language) is expected


def test_it_is_told_with_the_figure() -> None:
    assert fitness.told("base", "de-DE") == "base for German: weak (10 of 14 commands right)"
    assert fitness.told("tiny.en", "en") == "tiny.en for English: good (97 % commands right)"
    assert fitness.told("large-v3-turbo", "sv") == "large-v3-turbo for sv: not measured"


def test_a_model_s_languages_are_told_by_how_well_it_hears_them() -> None:
    assert fitness.summary("tiny.en") == "good in English"
    expected = "good in Spanish, English; fair in French, Italian; weak in German, Dutch"
    assert fitness.summary("base") == expected
    assert fitness.summary("small") == ""


def test_the_docs_have_the_same_table() -> None:
    lines = DOCS.read_text(encoding="utf-8").splitlines()
    rows = [f"| {one.model} | {called(one.language)} | {one.counted} | {one.fitness} |" for one in MEASURED]
    begin = lines.index(rows[0])
    assert lines[begin : begin + len(rows)] == rows
    assert not lines[begin + len(rows)].startswith("|"), "a row more than was measured"
