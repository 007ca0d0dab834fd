"""A small package with models in it, and the registry that describes it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.models import Kind, Model, ModelFile, ModelStore

VOICE = b"a voice" * 100
LETTERS = b'{"sample_rate": 22050}'
EARS = b"ears, in two parts"


def described(name: str, content: bytes, *parts: str) -> ModelFile:
    return ModelFile(name=name, bytes=len(content), sha256=hashlib.sha256(content).hexdigest(), parts=parts)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an installed package `some_models`."""
    folder = tmp_path / "site-packages" / "some_models"
    folder.mkdir(parents=True)
    (folder / "voice.onnx").write_bytes(VOICE)
    (folder / "voice.onnx.json").write_bytes(LETTERS)
    (folder / "ears.1").write_bytes(EARS[:7])
    (folder / "ears.2").write_bytes(EARS[7:])
    monkeypatch.syspath_prepend(folder.parent)
    return folder


@pytest.fixture
def store(tmp_path: Path, package: Path) -> Iterator[ModelStore]:
    voice = Model(
        name="voice",
        kind=Kind.TTS,
        files=(described("voice.onnx", VOICE), described("voice.onnx.json", LETTERS)),
        languages=("en",),
        package="some_models",
        distributions=("some-models",),
    )
    ears = Model(
        name="ears",
        kind=Kind.STT,
        files=(described("model.bin", EARS, "some_models/ears.1", "some_models/ears.2"),),
        package="some_models",
        distributions=("some-models",),
        extra="more-models",
    )
    folder = tmp_path / "data" / "models"
    yield ModelStore(folder, (voice, ears))
    assert not folder.exists() or not list(folder.glob(".adding-*")), "half-made things were left behind"
