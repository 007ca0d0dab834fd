"""Our way through microWakeWord beside its own library: the same numbers."""

import json
from pathlib import Path

import pymicro_wakeword
import pytest
from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures

from gateway.audio import FRAME_BYTES, frames
from gateway.engines.micro_model import MicroFeatures, MicroModel
from tests.voices import Voices, hiss, silence

MODELS = Path(pymicro_wakeword.__file__).parent / "models"
PIECES = (FRAME_BYTES, 8 * FRAME_BYTES, 2, 640, 1000)
"""Sound comes in frames, several frames at once, and in sizes that fit nothing."""

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def said(voices: Voices) -> bytes:
    return silence(0.3) + voices.piper("Okay Nabu.") + hiss(1.0) + voices.piper("Alexa. Hey Jarvis.") + silence(0.5)


def as_the_library_has_it(config: Path, pcm: bytes) -> list[float]:
    """Return the mean after each step."""
    model, features = MicroWakeWord.from_config(config), MicroWakeWordFeatures()
    means = [model.process_streaming_prob(one) for frame in frames(pcm) for one in features.process_streaming(frame)]
    return [mean or 0.0 for mean in means]


@pytest.mark.parametrize("word", ["okay_nabu", "alexa"])
def test_the_best_of_each_piece_is_what_the_library_says(word: str, said: bytes) -> None:
    config = MODELS / f"{word}.json"
    expected = as_the_library_has_it(config, said)
    assert max(expected) > json.loads(config.read_bytes())["micro"]["probability_cutoff"], "the word is in it"
    model, features = MicroModel(config), MicroFeatures()
    bests: list[float] = []
    numbers: list[int] = []
    for frame in frames(said):
        rows = features.push(frame)
        assert rows is not None or not numbers, "every frame has a row, once the first 30 ms are heard"
        if rows is not None:
            bests.append(model.best(rows))
            numbers.append(len(rows))
    start = 0
    for best, number in zip(bests, numbers, strict=True):
        assert best == pytest.approx(max(expected[start : start + number]), abs=1e-6)
        start += number
    assert start == len(expected)


@pytest.mark.parametrize("size", PIECES)
def test_in_whatever_pieces_sound_comes_the_best_of_all_is_the_same(size: int, said: bytes) -> None:
    pcm = said[:64_000] if size == min(PIECES) else said
    expected = max(as_the_library_has_it(MODELS / "okay_nabu.json", pcm))
    model, features = MicroModel(MODELS / "okay_nabu.json"), MicroFeatures()
    best = 0.0
    for start in range(0, len(pcm), size):
        rows = features.push(pcm[start : start + size])
        best = best if rows is None else max(best, model.best(rows))
    assert best == pytest.approx(expected, abs=1e-6)


def test_after_a_reset_it_hears_as_if_for_the_first_time(said: bytes) -> None:
    model, features = MicroModel(MODELS / "okay_nabu.json"), MicroFeatures()

    def heard() -> list[float]:
        rows = [features.push(frame) for frame in frames(said)]
        return [model.best(one) for one in rows if one is not None]

    first = heard()
    model.reset()
    features.reset()
    assert heard() == first
