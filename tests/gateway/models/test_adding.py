import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import ModelError
from gateway.models import Addition, Kind, ModelStore, add, make_models_folder
from gateway.models.sources import MAX_FILES
from tests.gateway.models.conftest import EARS, LETTERS, VOICE


def nobody(_: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def own_voice(tmp_path: Path) -> Path:
    folder = tmp_path / "own voice"
    folder.mkdir()
    (folder / "gran.onnx.json").write_bytes(LETTERS)
    (folder / "gran.onnx").write_bytes(VOICE)
    (folder / ".cache").write_bytes(b"")
    return folder


def test_the_parts_of_a_model_are_joined(store: ModelStore) -> None:
    written: list[int] = []
    found = add(store, Addition(name="ears"), written.append)
    assert found.main.read_bytes() == EARS
    assert sum(written) == len(EARS)
    assert store.find("ears") == found


def test_a_model_is_copied_from_its_package(store: ModelStore) -> None:
    found = add(store, Addition(name="voice"), nobody)
    assert sorted(path.name for path in found.path.iterdir()) == ["voice.onnx", "voice.onnx.json"]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def closed_by_default() -> Iterator[None]:
    """What is made is closed to all other users, as in the systemd unit."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("closed_by_default")
def test_what_is_added_can_be_read_by_the_process_that_hears_which_is_another_user(
    store: ModelStore, own_voice: Path
) -> None:
    added = [
        add(store, Addition(name="voice"), nobody),
        add(store, Addition(name="gran", kind=Kind.TTS, sources=(str(own_voice),)), nobody),
    ]
    assert [mode(folder) for folder in (store.folder, *(model.path for model in added))] == [0o755] * 3
    files = [file for model in added for file in model.path.iterdir()]
    assert {mode(file) for file in files} == {0o644}
    assert len(files) == 5


def test_a_models_folder_that_was_closed_to_others_is_opened(store: ModelStore) -> None:
    store.folder.mkdir(mode=0o700, parents=True)
    make_models_folder(store.folder)
    assert mode(store.folder) == 0o755


def test_adding_again_puts_a_damaged_model_right(store: ModelStore) -> None:
    (add(store, Addition(name="voice"), nobody).main).write_bytes(b"damaged")
    add(store, Addition(name="voice"), nobody)
    assert store.find("voice").main.read_bytes() == VOICE


def test_a_package_that_is_not_installed_is_named_as_our_extra(store: ModelStore, package: Path) -> None:
    (package / "ears.2").unlink()
    with pytest.raises(
        ModelError, match=r"install it: uv pip install 'local-voice\[more-models\]', or .* add ears --from"
    ):
        add(store, Addition(name="ears"), nobody)
    assert not store.folder.exists()


def test_a_package_without_an_extra_is_named_itself(store: ModelStore, package: Path) -> None:
    (package / "voice.onnx").unlink()
    with pytest.raises(ModelError, match="uv pip install 'some-models'"):
        add(store, Addition(name="voice"), nobody)


@pytest.mark.parametrize("content", [EARS[:-1], EARS[:-1] + b"?"])
def test_a_registered_model_from_elsewhere_must_be_the_same(store: ModelStore, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.bin").write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.bin: it.* should be|should have.*nothing was added"):
        add(store, Addition(name="ears", sources=(str(tmp_path / "model.bin"),)), nobody)
    assert list(store.folder.iterdir()) == []


def test_a_file_larger_than_the_registered_one_is_not_read_to_its_end(store: ModelStore, tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(EARS * 1000)
    with pytest.raises(ModelError, match=f"larger than {len(EARS)} bytes"):
        add(store, Addition(name="ears", sources=(str(tmp_path / "model.bin"),)), nobody)


def test_a_failed_addition_leaves_the_old_model_in_place(store: ModelStore, tmp_path: Path) -> None:
    add(store, Addition(name="ears"), nobody)
    (tmp_path / "model.bin").write_bytes(b"something else")
    with pytest.raises(ModelError):
        add(store, Addition(name="ears", sources=(str(tmp_path / "model.bin"),)), nobody)
    assert store.find("ears").main.read_bytes() == EARS


def test_an_interrupted_addition_leaves_nothing(store: ModelStore) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add(store, Addition(name="ears"), interrupted)
    assert list(store.folder.iterdir()) == []


def test_what_a_killed_program_left_is_cleared_away(store: ModelStore) -> None:
    leftover = store.folder / ".adding-killed" / "new"
    leftover.mkdir(parents=True)
    add(store, Addition(name="ears"), nobody)
    assert not leftover.parent.exists()


def test_a_file_that_a_source_lacks_is_named(store: ModelStore, own_voice: Path) -> None:
    with pytest.raises(ModelError, match=r"voice needs voice\.onnx, and it is not in"):
        add(store, Addition(name="voice", sources=(str(own_voice),)), nobody)


def test_a_source_that_does_not_exist_is_named(store: ModelStore) -> None:
    with pytest.raises(ModelError, match="/nowhere: there is no such file or folder"):
        add(store, Addition(name="voice", sources=("/nowhere",)), nobody)


def test_two_programs_do_not_add_at_once(store: ModelStore) -> None:
    store.folder.mkdir(parents=True)
    lock = os.open(store.folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        with pytest.raises(ModelError, match="another program is adding a model"):
            add(store, Addition(name="ears"), nobody)
    finally:
        os.close(lock)


def test_a_folder_that_cannot_be_made_is_named(store: ModelStore) -> None:
    store.folder.parent.parent.joinpath("data").write_bytes(b"a file is in the way")
    with pytest.raises(ModelError, match="no models can be kept there"):
        add(store, Addition(name="ears"), nobody)


def test_a_file_in_the_models_place_is_replaced(store: ModelStore) -> None:
    store.folder.mkdir(parents=True)
    (store.folder / "ears").write_bytes(b"in the way")
    assert add(store, Addition(name="ears"), nobody).main.read_bytes() == EARS


def test_a_disk_that_fails_is_named(store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ModelError, match="cannot be written \\(No space left on device"):
        add(store, Addition(name="ears"), nobody)


def test_a_voice_of_ones_own_is_found_like_any_other(store: ModelStore, own_voice: Path) -> None:
    addition = Addition(
        name="gran", kind=Kind.TTS, sources=(str(own_voice),), languages=("en",), licence="for the family"
    )
    added = add(store, addition, nobody)
    again = ModelStore(store.folder, store.registry)
    assert again.find("gran").main == added.main == store.folder / "gran" / "gran.onnx"
    assert [model.name for model in again.models(Kind.TTS)] == ["voice", "gran"]
    assert again.model("gran").licence == "for the family"


def test_a_model_of_ones_own_needs_a_source(store: ModelStore, own_voice: Path) -> None:
    with pytest.raises(ModelError, match="there is no model 'gran'; known are"):
        add(store, Addition(name="gran"), nobody)
    add(store, Addition(name="gran", kind=Kind.TTS, sources=(str(own_voice),)), nobody)
    with pytest.raises(ModelError, match="say where to take it from"):
        add(store, Addition(name="gran"), nobody)


def test_a_model_of_ones_own_needs_a_kind(store: ModelStore, own_voice: Path) -> None:
    with pytest.raises(ModelError, match="--kind, one of stt, tts, wake, wake-second, vad"):
        add(store, Addition(name="gran", sources=(str(own_voice),)), nobody)


@pytest.mark.parametrize(
    ("kind", "names", "missing"),
    [
        (Kind.STT, ["model.bin", "config.json", "vocabulary.txt"], r"tokenizer\.json"),
        (Kind.TTS, ["a.onnx"], r"NAME\.onnx\.json; found: a\.onnx"),
        (Kind.TTS, ["a.onnx", "b.onnx", "a.onnx.json"], "one Piper voice"),
        (Kind.WAKE, ["a.tflite"], r"NAME\.json"),
        (Kind.WAKE_SECOND, ["melspectrogram.tflite", "embedding_model.tflite"], "one openWakeWord"),
        (Kind.VAD, [], "found: nothing"),
    ],
)
def test_a_model_that_its_library_could_not_use_is_refused(
    store: ModelStore, tmp_path: Path, kind: Kind, names: list[str], missing: str
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"x")
    with pytest.raises(ModelError, match=missing):
        add(store, Addition(name="own", kind=kind, sources=(str(folder),)), nobody)


def test_a_folder_full_of_other_things_is_no_model(store: ModelStore, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(MAX_FILES + 1):
        (folder / f"{number}.jpg").write_bytes(b"")
    with pytest.raises(ModelError, match="33 files, and a model has at most 32"):
        add(store, Addition(name="own", kind=Kind.VAD, sources=(str(folder),)), nobody)


@pytest.mark.parametrize(
    ("sources", "sha256"),
    [(("https://localhost/vad.bin",), ()), (("https://localhost/",), ()), (("https://localhost/vad.bin",), ("0", "1"))],
)
def test_an_address_that_the_registry_does_not_know_needs_a_hash(
    store: ModelStore, sources: tuple[str, ...], sha256: tuple[str, ...]
) -> None:
    with pytest.raises(ModelError, match="each address must be of one file and have its --sha256"):
        add(store, Addition(name="own", kind=Kind.VAD, sources=sources, sha256=sha256), nobody)


def test_an_address_cannot_name_a_file_outside_the_models_folder(store: ModelStore) -> None:
    addition = Addition(name="own", kind=Kind.VAD, sources=("https://localhost/..%2f..%2fvad.bin",), sha256=("0",))
    with pytest.raises(ModelError, match="cannot be the name of a model or of its file"):
        add(store, addition, nobody)


@pytest.mark.models
def test_whisper_base_is_joined_from_its_two_packages(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    add(store, Addition(name="base"), nobody)
    assert store.find("base").path == tmp_path / "base"
