import json
import re
from pathlib import Path

import pytest

from gateway.errors import ModelError
from gateway.models import Kind, Model, ModelFile, ModelStore, registered_models
from gateway.models.registry import MANIFEST, read_manifest, write_manifest

FILE = ModelFile(name="vad.bin", bytes=3, sha256="0" * 64)


def test_every_registered_model_says_what_it_is_and_whose() -> None:
    for model in registered_models():
        assert model.languages, model.name
        assert model.licence != "unknown", model.name
        assert model.upstream, model.name
        assert model.distributions, model.name
        assert all(re.fullmatch(r"[0-9a-f]{64}", file.sha256) and file.bytes > 0 for file in model.files), model.name


def test_names_are_unique() -> None:
    names = [model.name for model in registered_models()]
    assert len(set(names)) == len(names)


def test_there_is_a_model_for_every_stage() -> None:
    assert {model.kind for model in registered_models()} == set(Kind)


def test_every_wake_word_has_its_second_opinion() -> None:
    names = {model.name for model in registered_models()}
    assert {model.name for model in registered_models() if f"{model.name}-second" in names} == {
        model.name for model in registered_models() if model.kind is Kind.WAKE
    }


def test_a_whisper_folder_is_complete_so_that_its_library_need_not_ask_a_hub() -> None:
    for model in registered_models():
        if model.kind is Kind.STT:
            names = {file.name for file in model.files}
            assert names == {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"}


def test_the_installed_packages_hold_exactly_the_registered_files(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    whole = [store.find(model.name).model.name for model in store.models() if not model.is_in_parts]
    assert len(whole) == len(registered_models()) - 1


@pytest.mark.parametrize("name", ["", ".hidden", "../up", "a/b", "a b", "x" * 101, "a\n"])
def test_a_name_that_is_no_good_as_a_folder_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="cannot be the name of a model"):
        Model(name=name, kind=Kind.VAD, files=(FILE,))


def test_a_model_without_files_is_refused() -> None:
    with pytest.raises(ModelError, match="mine has no files"):
        Model(name="mine", kind=Kind.VAD, files=())


def test_a_manifest_says_again_what_was_written_down(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    model = Model(name="mine", kind=Kind.VAD, files=(FILE,), languages=("de", "fr"), licence="MIT")
    write_manifest(folder, model)
    assert read_manifest(folder) == model


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        json.dumps({"kind": "nose", "files": []}),
        json.dumps({"kind": "vad", "files": [{"name": "a"}]}),
        json.dumps({"kind": "vad", "files": [], "surprise": 1}),
        " " * 70_000 + "{}",
    ],
)
def test_a_manifest_that_makes_no_sense_is_named_with_the_way_out(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(ModelError, match=r"manifest.*delete the folder"):
        read_manifest(tmp_path)
