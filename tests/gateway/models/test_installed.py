import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.models import ModelStore
from gateway.models.adding import Addition, add
from gateway.models.installed import UNKNOWN, piper_voices, stt_models, wake_words
from gateway.models.registry import MANIFEST, Kind
from gateway.offer import Voice, WakeWordModel


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models", registry=())


def install(store: ModelStore, name: str, kind: Kind, files: Mapping[str, object], *languages: str) -> None:
    """Add a model of one's own with these files."""
    sources = store.folder.parent / f"{name}-files"
    sources.mkdir()
    for file, content in files.items():
        (sources / file).write_text(json.dumps(content), encoding="utf-8")
    paths = tuple(str(sources / file) for file in files)
    add(store, Addition(name=name, kind=kind, sources=paths, languages=languages), lambda *_: None)


def whisper(store: ModelStore, name: str, *languages: str) -> None:
    files = dict.fromkeys(("model.bin", "config.json", "tokenizer.json", "vocabulary.json"), "")
    install(store, name, Kind.STT, files, *languages)


def test_whisper_models_are_those_that_hear_the_language(store: ModelStore) -> None:
    whisper(store, "english", "en")
    whisper(store, "many", "*")
    whisper(store, "swiss", "de-CH", "fr")
    whisper(store, "silent-about-it")
    assert stt_models(store, "en") == ("english", "many", "silent-about-it")
    assert stt_models(store, "de") == ("many", "silent-about-it", "swiss")


def test_what_comes_with_the_program_is_offered_and_what_is_not_installed_is_not(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    assert stt_models(store, "en") == ("tiny.en",), "base must be joined first"
    assert stt_models(store, "de") == ()
    assert piper_voices(store) == (Voice(id="en_US-joe-medium", name="Joe (medium)", language="en-US"),)
    assert WakeWordModel(id="okay_nabu", phrase="Okay Nabu") in wake_words(store)
    assert len(wake_words(store)) == 4


def test_a_voice_says_itself_who_speaks_which_language(store: ModelStore) -> None:
    described = {"dataset": "thorsten_emotional", "audio": {"quality": "high"}, "language": {"code": "de_DE"}}
    install(store, "my-voice", Kind.TTS, {"v.onnx": 0, "v.onnx.json": described})
    assert piper_voices(store) == (Voice(id="my-voice", name="Thorsten Emotional (high)", language="de-DE"),)


@pytest.mark.parametrize("described", [[], {}, {"language": 3, "dataset": None, "audio": []}])
def test_a_voice_that_says_nothing_is_called_as_it_was_added(store: ModelStore, described: object) -> None:
    install(store, "anna", Kind.TTS, {"v.onnx": 0, "v.onnx.json": described}, "sv")
    install(store, "nobody", Kind.TTS, {"v.onnx": 0, "v.onnx.json": described})
    assert piper_voices(store) == (
        Voice(id="anna", name="anna", language="sv"),
        Voice(id="nobody", name="nobody", language=UNKNOWN),
    )


def test_a_wake_word_is_known_by_its_name_and_says_its_phrase(store: ModelStore) -> None:
    install(store, "my_word", Kind.WAKE, {"w.json": {"wake_word": "Hallo Haus"}, "w.tflite": 0})
    install(store, "hey_house", Kind.WAKE, {"w.json": "no description", "w.tflite": 0})
    assert wake_words(store) == (
        WakeWordModel(id="hey_house", phrase="Hey House"),
        WakeWordModel(id="my_word", phrase="Hallo Haus"),
    )
    (store.folder / "my_word" / "w.json").unlink()
    assert wake_words(store)[1].phrase == "My Word"


def test_a_damaged_model_of_ones_own_does_not_take_away_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = ModelStore(tmp_path)
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / MANIFEST).write_text("{", encoding="utf-8")
    assert stt_models(store, "en") == ("tiny.en",)
    assert "models of your own are not offered" in caplog.text


def test_where_two_languages_are_spoken_a_whisper_model_hears_both(store: ModelStore) -> None:
    whisper(store, "english", "en")
    whisper(store, "many", "*")
    whisper(store, "swiss", "de-CH", "fr")
    assert stt_models(store, "en", "de") == ("many",)
    assert stt_models(store, "fr", "de") == ("many", "swiss")
