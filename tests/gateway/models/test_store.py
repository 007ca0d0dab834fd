from pathlib import Path

import pytest

from gateway.errors import ModelError
from gateway.models import Addition, Kind, ModelStore, add
from gateway.models.registry import MANIFEST
from gateway.models.store import packaged_path
from tests.gateway.models.conftest import VOICE


def flip_a_bit(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position // 8] ^= 1 << position % 8
    path.write_bytes(content)


def test_a_model_is_found_where_its_package_has_it(store: ModelStore, package: Path) -> None:
    found = store.find("voice")
    assert found.path == package
    assert found.main == package / "voice.onnx"
    assert found.model.kind is Kind.TTS


def test_the_persons_own_folder_comes_before_the_package(store: ModelStore) -> None:
    add(store, Addition(name="voice"), lambda _: None)
    assert store.find("voice").path == store.folder / "voice"


def test_looking_makes_no_folder(store: ModelStore) -> None:
    store.find("voice")
    assert store.locate(store.model("ears")) is None
    assert not store.folder.parent.exists()


def test_an_unknown_name_is_answered_with_the_known_ones(store: ModelStore) -> None:
    with pytest.raises(ModelError, match="there is no model 'nose'; known are: voice, ears"):
        store.find("nose")


def test_a_model_that_is_not_installed_says_how_to_get_it(store: ModelStore) -> None:
    with pytest.raises(ModelError, match="the model ears is not installed; add it: local-voice models add ears"):
        store.find("ears")


@pytest.mark.parametrize("position", [0, 7, 8, 2801, len(VOICE) * 8 - 1])
def test_one_flipped_bit_is_found(store: ModelStore, package: Path, position: int) -> None:
    flip_a_bit(package / "voice.onnx", position)
    with pytest.raises(ModelError, match=r"voice\.onnx: damaged: its SHA-256 .*reinstall its package: some-models"):
        store.find("voice")


def test_a_file_that_was_cut_short_is_found_by_its_size(store: ModelStore, package: Path) -> None:
    (package / "voice.onnx").write_bytes(VOICE[:-1])
    with pytest.raises(ModelError, match="damaged: it has 699 bytes and should have 700"):
        store.find("voice")


def test_a_missing_file_is_named(store: ModelStore, package: Path) -> None:
    (package / "voice.onnx.json").unlink()
    with pytest.raises(ModelError, match=r"voice\.onnx\.json: cannot be read \(No such file"):
        store.find("voice")


def test_a_damaged_copy_of_the_persons_own_is_not_silently_passed_over(store: ModelStore) -> None:
    add(store, Addition(name="voice"), lambda _: None)
    flip_a_bit(store.folder / "voice" / "voice.onnx", 0)
    with pytest.raises(ModelError, match=r"get it anew: local-voice models add voice$"):
        store.find("voice")


def test_a_damaged_model_of_ones_own_is_got_anew_from_where_it_came(store: ModelStore, tmp_path: Path) -> None:
    (tmp_path / "mine.bin").write_bytes(b"mine")
    add(store, Addition(name="mine", kind=Kind.VAD, sources=(str(tmp_path / "mine.bin"),)), lambda _: None)
    flip_a_bit(store.folder / "mine" / "mine.bin", 3)
    with pytest.raises(ModelError, match="get it anew: local-voice models add mine --from …"):
        store.find("mine")


def test_a_bad_manifest_does_not_keep_other_models_from_being_found(store: ModelStore) -> None:
    (store.folder / "mine").mkdir(parents=True)
    (store.folder / "mine" / MANIFEST).write_text("{")
    assert store.find("voice").model.name == "voice"
    with pytest.raises(ModelError, match="delete the folder"):
        store.models()


def test_models_can_be_asked_for_by_kind(store: ModelStore) -> None:
    assert [model.name for model in store.models()] == ["voice", "ears"]
    assert [model.name for model in store.models(Kind.STT)] == ["ears"]


def test_a_package_that_is_not_installed_has_no_path() -> None:
    assert packaged_path("no_such_package/data") is None
    assert packaged_path("") is None
    assert packaged_path("json") is not None
    assert packaged_path("bisect/data") is None, "a module is no folder"
