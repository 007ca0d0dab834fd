import numpy as np

from gateway.audio import RATE_HZ
from gateway.engines.whisper_model import FRAMES_PER_S, PADDING_FRAMES
from gateway.engines.whisper_voice import PEAK, voice


def test_it_is_always_the_same_and_as_loud_as_a_voice() -> None:
    said = voice()
    assert np.array_equal(said, voice())
    assert said.dtype == np.float32
    assert PEAK * 0.95 < np.abs(said).max() < PEAK * 1.05


def test_it_is_over_before_the_silence_that_is_used_begins() -> None:
    assert len(voice()) / RATE_HZ < PADDING_FRAMES / FRAMES_PER_S - 0.3


def test_its_sound_is_where_voices_are() -> None:
    power = np.abs(np.fft.rfft(voice())) ** 2
    hz = np.fft.rfftfreq(len(voice()), 1 / RATE_HZ)
    assert power[(hz > 100) & (hz < 3_500)].sum() > 0.95 * power.sum()
