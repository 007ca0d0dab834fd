"""Recordings that tests make themselves, all 16 kHz mono s16le.

Sentences by Piper and espeak-ng at several speeds, with noise under them, and sounds that are no speech.
"""

import io
import subprocess
from functools import cache

import numpy as np
import pytest
import soundfile
from piper import PiperVoice, SynthesisConfig

from gateway.audio import FULL_SCALE, RATE_HZ, resample
from gateway.models import ModelStore
from gateway.paths import models_dir

ESPEAK_DEADLINE_S = 20.0
LONGER_A_TAKE = 1.03


class Voices:
    """Speaks the same text the same way every time, whatever was said before."""

    def __init__(self) -> None:
        self._piper = PiperVoice.load(ModelStore(models_dir()).find("en_US-joe-medium").main)
        self.piper = cache(self._speak)

    def _speak(self, text: str, pace: float = 1.0, take: int = 0) -> bytes:
        """Speak with Piper; `pace` 2 takes twice as long, and each further `take` a little longer than the one before.

        Without Piper's chance variations: those depend on everything that was spoken before.
        """
        settings = SynthesisConfig(length_scale=pace * LONGER_A_TAKE**take, noise_scale=0.0, noise_w_scale=0.0)
        pieces = self._piper.synthesize(text, settings)
        pcm = b"".join(piece.audio_int16_bytes for piece in pieces)
        return resample(pcm, self._piper.config.sample_rate, RATE_HZ)

    @staticmethod
    @cache
    def espeak(text: str, voice: str = "en-us", words_per_minute: int = 160) -> bytes:
        """Speak with espeak-ng; the test is skipped where that is not installed."""
        try:
            wav = subprocess.run(
                ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "--stdout", text],
                capture_output=True,
                check=True,
                timeout=ESPEAK_DEADLINE_S,
            ).stdout
        except FileNotFoundError:
            pytest.skip("espeak-ng is not installed: sudo apt-get install espeak-ng")
        values, rate_hz = soundfile.read(io.BytesIO(wav), dtype="int16")
        return resample(values.tobytes(), rate_hz, RATE_HZ)


def silence(seconds: float) -> bytes:
    """Return digital silence."""
    return bytes(int(seconds * RATE_HZ) * 2)


def hiss(seconds: float, level_dbfs: float = -35.0) -> bytes:
    """Return white noise, the same every time."""
    return _pcm(np.random.default_rng(7).standard_normal(int(seconds * RATE_HZ)), level_dbfs)


def hum(seconds: float, level_dbfs: float = -20.0) -> bytes:
    """Return a transformer: 50 Hz and its harmonics."""
    times_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    harmonics = [np.sin(2 * np.pi * 50 * number * times_s) / number for number in range(1, 8)]
    return _pcm(np.sum(harmonics, axis=0), level_dbfs)


def music(seconds: float, level_dbfs: float = -20.0) -> bytes:
    """Return chords of plucked strings, four a second."""
    count = int(seconds * RATE_HZ)
    times_s = np.arange(count) / RATE_HZ
    values = np.zeros(count)
    for beat, chord in enumerate(((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)) * (count // RATE_HZ + 1)):
        start = beat * RATE_HZ // 4
        if start >= count:
            break
        left_s = times_s[: count - start]
        for step in chord:
            hz = 220 * 2 ** (step / 12)
            tone = sum(np.sin(2 * np.pi * hz * n * left_s) / n**1.5 for n in range(1, 6))
            values[start:] += tone * np.exp(-left_s * 4)
    return _pcm(values, level_dbfs)


def babble(pieces: list[bytes], seconds: float, level_dbfs: float = -25.0) -> bytes:
    """Return many people talking at once: `pieces` of speech, each repeated and shifted."""
    count = int(seconds * RATE_HZ)
    values = np.zeros(count)
    for number, piece in enumerate(pieces):
        speech = np.frombuffer(piece, dtype="<i2").astype(np.float64)
        values += np.roll(np.resize(speech, count), number * RATE_HZ // 3)
    return _pcm(values, level_dbfs)


def mixed(pcm: bytes, noise: bytes, snr_db: float) -> bytes:
    """Return speech with noise under it, `snr_db` quieter than the speech on average."""
    speech = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    other = np.resize(np.frombuffer(noise, dtype="<i2").astype(np.float64), len(speech))
    factor = np.sqrt(np.mean(speech**2) / max(np.mean(other**2), 1e-9)) * 10 ** (-snr_db / 20)
    return bytes(np.clip(speech + other * factor, -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes())


def louder(pcm: bytes, factor: float) -> bytes:
    """Return `pcm` at another loudness."""
    values = np.frombuffer(pcm, dtype="<i2").astype(np.float64) * factor
    return bytes(np.clip(values, -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes())


def _pcm(values: np.ndarray, level_dbfs: float) -> bytes:
    scaled = values * (FULL_SCALE * 10 ** (level_dbfs / 20) / np.sqrt(np.mean(values**2)))
    return bytes(np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes())
