"""What openWakeWord's models see, at once and piece by piece."""

from pathlib import Path

import numpy as np
import pytest
from pyopen_wakeword import OpenWakeWordFeatures

from gateway.engines.embedding import (
    CHUNK_SAMPLES,
    DIMENSIONS,
    NEEDED_SAMPLES,
    EmbeddingModels,
    Floats,
    SpeechEmbedding,
)
from gateway.errors import EngineError, ModelError
from gateway.models import ModelStore
from gateway.paths import models_dir
from tests.voices import Voices, hiss, mixed, silence

CHUNK_BYTES = 2560


@pytest.fixture(scope="module")
def directory() -> Path:
    return ModelStore(models_dir()).find("alexa-second").main.parent


@pytest.fixture(scope="module")
def embedding(directory: Path) -> SpeechEmbedding:
    return SpeechEmbedding(EmbeddingModels(directory))


def at_once(embedding: SpeechEmbedding, pcm: bytes) -> Floats:
    embedding.reset()
    return embedding.push(pcm)


@pytest.mark.models
def test_a_stretch_at_once_is_what_the_library_makes_of_it_piece_by_piece(
    directory: Path, embedding: SpeechEmbedding, voices: Voices
) -> None:
    pcm = voices.piper("Alexa.") + silence(0.5)
    pcm = pcm[: len(pcm) // CHUNK_BYTES * CHUNK_BYTES]
    library = OpenWakeWordFeatures.from_builtin(models_dir=directory)
    library.new_audio_samples = 0
    pieces = (pcm[start : start + CHUNK_BYTES] for start in range(0, len(pcm), CHUNK_BYTES))
    expected = np.concatenate([found[0, 0] for piece in pieces for found in library.process_streaming(piece)])
    found = at_once(embedding, pcm)
    np.testing.assert_allclose(found[::2][: len(expected)], expected, atol=0.01)
    embedding.reset()
    half = [embedding.push(piece) for piece in (pcm[:20_000], pcm[20_000:50_002], b"", pcm[50_002:])]
    np.testing.assert_allclose(np.concatenate(half), found, atol=0.01)


@pytest.mark.models
def test_between_two_looks_of_the_library_lies_one_more(embedding: SpeechEmbedding, voices: Voices) -> None:
    pcm = mixed(silence(0.5) + voices.piper("Alexa.") + silence(0.5), hiss(2.0), snr_db=20)
    half_a_step_later = at_once(embedding, pcm[CHUNK_BYTES // 2 :])
    found = at_once(embedding, pcm)[1::2]
    count = min(len(found), len(half_a_step_later) // 2)
    difference = np.abs(found[:count] - half_a_step_later[::2][:count])
    assert np.median(difference) < 0.1


@pytest.mark.models
@pytest.mark.parametrize(
    ("count", "embeddings"),
    [
        (0, 0), (NEEDED_SAMPLES - 1, 0), (NEEDED_SAMPLES, 2), (NEEDED_SAMPLES + CHUNK_SAMPLES - 1, 2),
        (NEEDED_SAMPLES + CHUNK_SAMPLES, 4), (32_000, 30),
    ],
)  # fmt: skip
def test_every_80_ms_complete_two_embeddings(embedding: SpeechEmbedding, count: int, embeddings: int) -> None:
    assert at_once(embedding, bytes(count * 2)).shape == (embeddings, DIMENSIONS)


def test_models_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"melspectrogram\.tflite: cannot be read"):
        EmbeddingModels(tmp_path)


@pytest.mark.models
def test_a_model_that_takes_no_such_sound_is_an_error_and_no_crash(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "melspectrogram.tflite").write_bytes((directory / "alexa.tflite").read_bytes())
    (tmp_path / "embedding_model.tflite").write_bytes((directory / "embedding_model.tflite").read_bytes())
    with pytest.raises(EngineError, match="run `local-voice models verify`"):
        SpeechEmbedding(EmbeddingModels(tmp_path)).push(bytes(64_000))
