import numpy as np
import pytest

from gateway.errors import ProtocolError
from gateway.wyoming.requests import Format
from gateway.wyoming.sound_input import SoundInput


def tone(rate_hz: int, channels: int, seconds: float = 1.0) -> bytes:
    """Return 440 Hz at half of full scale on the first channel, silence on the others."""
    values = 16_000 * np.sin(2 * np.pi * 440 * np.arange(int(rate_hz * seconds)) / rate_hz)
    both = np.zeros((len(values), channels))
    both[:, 0] = values
    return bytes(both.astype("<i2").tobytes())


@pytest.mark.parametrize(("rate_hz", "channels"), [(8_000, 1), (16_000, 1), (22_050, 1), (44_100, 2), (48_000, 2)])
def test_every_format_becomes_16_khz_mono(rate_hz: int, channels: int) -> None:
    sound = SoundInput(Format(rate=rate_hz, width=2, channels=channels))
    pcm = tone(rate_hz, channels)
    piece = 400 * 2 * channels
    heard = b"".join(sound.feed(pcm[start : start + piece]) for start in range(0, len(pcm), piece)) + sound.finish()
    values = np.frombuffer(heard, "<i2").astype(float)
    assert abs(len(values) - 16_000) <= 1
    assert np.argmax(np.abs(np.fft.rfft(values))) in (439, 440, 441)
    assert np.max(np.abs(values)) == pytest.approx(16_000 / channels, rel=0.05)


@pytest.mark.parametrize(
    ("rate", "width", "channels"),
    [(7_999, 2, 1), (48_001, 2, 1), (16_000, 1, 1), (16_000, 4, 1), (16_000, 2, 0), (16_000, 2, 3), (-16_000, 2, 1)],
)
def test_other_formats_are_refused(rate: int, width: int, channels: int) -> None:
    with pytest.raises(ProtocolError, match="8000 to 48000 Hz") as refusal:
        SoundInput(Format(rate=rate, width=width, channels=channels))
    assert refusal.value.refusal == "unsupported_format"


@pytest.mark.parametrize(("channels", "count"), [(1, 3), (2, 2), (2, 6)])
def test_half_a_sample_is_refused(channels: int, count: int) -> None:
    with pytest.raises(ProtocolError, match="whole sample"):
        SoundInput(Format(rate=16_000, width=2, channels=channels)).feed(bytes(count))


def test_a_stream_without_sound_ends_without_sound() -> None:
    assert SoundInput(Format(rate=48_000, width=2, channels=2)).finish() == b""
