"""What `doctor` says of the Whisper model that is set for a language."""

from pathlib import Path

import pytest

from gateway.commands.recognition_checks import AT_LEAST_BASE, LABEL, LARGER, recognition_findings
from gateway.commands.service_checks import Level
from gateway.config import Config, SttConfig
from gateway.models import ModelStore
from gateway.models.adding import Addition, add
from gateway.models.registry import Kind
from gateway.paths import models_dir


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def found(model: str, language: str) -> list[tuple[Level, str]]:
    findings = recognition_findings(Config(stt=SttConfig(model=model, language=language)))
    assert {finding.label for finding in findings} <= {LABEL}
    return [(finding.level, finding.text) for finding in findings]


def add_own(folder: Path, name: str) -> None:
    (folder / "files").mkdir()
    for file in ("model.bin", "config.json", "tokenizer.json", "vocabulary.json"):
        (folder / "files" / file).write_text(file, encoding="utf-8")
    store = ModelStore(models_dir())
    add(store, Addition(name=name, kind=Kind.STT, sources=(str(folder / "files"),)), lambda *_: None)


def test_what_is_good_is_said_with_its_figure() -> None:
    assert found("tiny.en", "en") == [(Level.GOOD, "tiny.en for English: good (97 % commands right)")]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "base for German: weak (10 of 14 commands right)"),
        ("fr", "base for French: fair (61 of 68 commands right)"),
    ],
)
def test_where_it_is_not_good_a_larger_one_is_named(language: str, said: str) -> None:
    assert found("base", language) == [(Level.NOTE, f"{said}; {LARGER}")]


def test_each_of_two_languages_is_told_of() -> None:
    findings = recognition_findings(Config(stt=SttConfig(model="base", language="en", second_language="es")))
    assert [finding.text.partition(":")[0] for finding in findings] == ["base for English", "base for Spanish"]


def test_an_english_model_does_not_hear_german() -> None:
    assert found("tiny.en", "de") == [(Level.PROBLEM, f"tiny.en does not hear German; {AT_LEAST_BASE}")]


def test_the_larger_model_that_is_named_can_be_added_so_and_is_said_not_to_be_measured(tmp_path: Path) -> None:
    add_own(tmp_path, "small")
    assert found("small", "de") == [(Level.GOOD, "small for German: not measured")]


def test_a_tiny_model_that_was_not_measured_is_no_recommendation(tmp_path: Path) -> None:
    add_own(tmp_path, "tiny")
    assert found("tiny", "de") == [(Level.NOTE, f"tiny for German: not measured; {AT_LEAST_BASE}")]


def test_of_a_model_that_there_is_not_nothing_is_said_twice() -> None:
    assert found("unknown", "de") == []
