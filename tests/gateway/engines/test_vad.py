from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.audio import frames
from gateway.engines.vad import SileroVad
from gateway.engines.worker import Worker
from gateway.errors import ModelError
from gateway.models import ModelStore
from gateway.paths import models_dir
from tests.voices import Voices, hiss, hum, music, silence

pytestmark = pytest.mark.models


@pytest.fixture
def vad() -> Iterator[SileroVad]:
    worker = Worker("vad")
    yield SileroVad(ModelStore(models_dir()).find("silero-v6").main, worker)
    worker.close()


async def speech_share(vad: SileroVad, pcm: bytes) -> float:
    scores = [await vad.speech_probability(frame) for frame in frames(pcm)]
    return sum(score >= 0.5 for score in scores) / len(scores)


async def test_speech_is_speech(vad: SileroVad, voices: Voices) -> None:
    assert await speech_share(vad, voices.piper("Turn on the lights in the living room.")) > 0.7
    await vad.reset()
    assert await speech_share(vad, voices.espeak("Turn on the lights in the living room.")) > 0.7


@pytest.mark.parametrize("sound", [silence, hiss, hum, music])
async def test_other_sounds_are_not(vad: SileroVad, sound: object) -> None:
    assert await speech_share(vad, sound(3.0)) < 0.1  # type: ignore[operator]


async def test_after_a_reset_the_same_sound_scores_the_same(vad: SileroVad, voices: Voices) -> None:
    pcm = voices.piper("What time is it?")
    first = [await vad.speech_probability(frame) for frame in frames(pcm)]
    await vad.reset()
    assert [await vad.speech_probability(frame) for frame in frames(pcm)] == first


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vad.bin"
    path.write_bytes(b"not a model")
    worker = Worker("vad")
    with pytest.raises(ModelError, match=r"vad\.bin: not a Silero model"):
        SileroVad(path, worker)
    worker.close()
