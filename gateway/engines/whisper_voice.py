"""A sound like a voice that says nothing: vowels of one pitch, in syllables. Arithmetic only.

The encoder notes all over its window that somebody speaks, in silence as well. So silence that stands for the rest of a
window must come from one in which something like a voice was heard, or larger models doubt what they read.
"""

import numpy as np

from gateway.audio import RATE_HZ

SYLLABLES = 12
"""As many as a command has."""
SYLLABLE_MS = 200
"""Five syllables a second, as people speak."""
PITCH_HZ, PITCH_SWING_HZ, SWINGS_PER_S = 120.0, 20.0, 0.6
"""A low voice, and how it rises and falls."""
HARMONICS = 33
"""As far as telephones carried."""
VOWELS_HZ = (
    (700, 1200, 2500),
    (300, 2200, 2900),
    (500, 900, 2400),
    (400, 1900, 2550),
    (650, 1700, 2450),
    (320, 800, 2250),
)
"""The first three formants of each."""
FORMANT_WIDTHS_HZ = (80, 100, 150)
FORMANT_LEVELS = (1.0, 0.6, 0.3)
PEAK = 0.4
"""Of full scale."""
BREATH = 0.001
"""The hiss of a microphone, of full scale."""

type _Floats = np.ndarray[tuple[int], np.dtype[np.float64]]


def voice() -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Return 2.4 s of it, 16 kHz mono, full scale 1; always the same."""
    seconds = np.arange(SYLLABLES * SYLLABLE_MS * RATE_HZ // 1000) / RATE_HZ
    pitch_hz = PITCH_HZ + PITCH_SWING_HZ * np.sin(2 * np.pi * SWINGS_PER_S * seconds)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    buzz = np.sum([np.cos(harmonic * phase) for harmonic in range(1, HARMONICS + 1)], axis=0)
    said = np.concatenate(
        [_syllable(part, VOWELS_HZ[number % len(VOWELS_HZ)]) for number, part in enumerate(np.split(buzz, SYLLABLES))]
    )
    breath = np.random.default_rng(1).standard_normal(said.size) * BREATH
    return np.asarray(said / np.abs(said).max() * PEAK + breath, dtype=np.float32)


def _syllable(buzz: _Floats, formants_hz: tuple[int, int, int]) -> _Floats:
    """Return `buzz` with the formants of a vowel; it swells and dies away."""
    frequencies_hz = np.fft.rfftfreq(buzz.size, 1 / RATE_HZ)
    gain = np.sum(
        [
            level / (1 + ((frequencies_hz - formant_hz) / width_hz) ** 2)
            for formant_hz, width_hz, level in zip(formants_hz, FORMANT_WIDTHS_HZ, FORMANT_LEVELS, strict=True)
        ],
        axis=0,
    )
    swell = np.sqrt(np.hanning(buzz.size))
    shaped: _Floats = np.fft.irfft(np.fft.rfft(buzz) * gain, buzz.size) * swell
    return shaped
