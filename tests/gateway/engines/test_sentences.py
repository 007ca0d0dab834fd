from pathlib import Path

import home_assistant_intents
import pytest

from gateway.engines.sentences import load_sentences, supported_language
from gateway.errors import ConfigError, EngineError


@pytest.mark.parametrize(("asked", "found"), [("en", "en"), ("en-GB", "en"), ("PT_br", "pt-BR"), ("de-CH", "de-CH")])
def test_a_language_is_found_in_any_spelling_and_for_any_country(asked: str, found: str) -> None:
    assert supported_language(asked) == found


def test_an_unknown_language_is_refused_naming_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"no sentences for language 'tlh'; there are: af, ar, .*, en, "):
        load_sentences("tlh")


def test_a_language_brings_sentences_answers_and_errors() -> None:
    sentences = load_sentences("en")
    assert "HassTurnOn" in sentences.intents.intents
    assert sentences.answers["HassTurnOn"]["scene"] == "Activated"
    assert "no_intent" in sentences.errors


@pytest.mark.parametrize("content", [None, "{not json", "{}"], ids=["missing", "not JSON", "no sentences"])
def test_a_damaged_package_is_named_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "en.json").write_text(content, encoding="utf-8")
    monkeypatch.setattr(home_assistant_intents, "_DATA_DIR", tmp_path)
    with pytest.raises(EngineError, match="install the package again"):
        load_sentences("en")
