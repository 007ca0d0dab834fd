from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.audio import level_dbfs
from gateway.engines.tts import PiperTextToSpeech
from gateway.engines.worker import Worker
from gateway.errors import ModelError
from gateway.models import ModelStore
from gateway.paths import models_dir


@pytest.fixture(scope="module")
def voice() -> Iterator[PiperTextToSpeech]:
    worker = Worker("tts")
    yield PiperTextToSpeech(ModelStore(models_dir()).find("en_US-joe-medium").main, worker)
    worker.close()


@pytest.mark.models
async def test_a_reply_is_spoken_clause_by_clause(voice: PiperTextToSpeech) -> None:
    sounds = [sound async for sound in voice.speak("The light in the kitchen is on. The garage door is closed.")]
    assert len(sounds) == 2
    assert {sound.rate_hz for sound in sounds} == {22_050}
    assert all(sound.duration_ms > 800 and level_dbfs(sound.pcm) > -40 for sound in sounds)


@pytest.mark.models
async def test_nothing_to_say_is_silence(voice: PiperTextToSpeech) -> None:
    assert [sound async for sound in voice.speak("  ")] == []


@pytest.mark.models
async def test_what_has_no_sound_is_silence(voice: PiperTextToSpeech) -> None:
    assert sum([sound.duration_ms async for sound in voice.speak("…")]) < 1_000


def test_a_file_that_is_no_voice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "voice.onnx"
    path.write_bytes(b"not a voice")
    worker = Worker("tts")
    with pytest.raises(ModelError, match=r"voice\.onnx: not a Piper voice"):
        PiperTextToSpeech(path, worker)
    worker.close()
