"""The sounds that are no speech. All of them are computed: sums of a few pure tones with soft edges."""

import numpy as np

from gateway.audio import FULL_SCALE, RATE_HZ
from gateway.events import Sound

CHIME_HZ = (880.0, 1320.0)
"""A fifth, rising: A5 and E6."""
CHIME_MS = 150
PEAK = 0.2
"""Of full scale (-14 dB): heard across a room, and no fright at night."""


def wake_chime() -> Sound:
    """Return what says "I am listening": two short notes, rising, `CHIME_MS` long."""
    return _sound([(0, 100, CHIME_HZ[0]), (50, 100, CHIME_HZ[1])], length_ms=CHIME_MS)


def error_sound() -> Sound:
    """Return what says "that went wrong": two low notes, falling."""
    return _sound([(0, 180, 392.0), (160, 240, 294.0)], length_ms=400)


def timer_ring() -> Sound:
    """Return one round of a timer's ring, two seconds with their pause; repeat it until somebody stops it."""
    starts = ((0, 660.0), (180, 880.0), (500, 660.0), (680, 880.0))
    return _sound([(start_ms, 220, hz) for start_ms, hz in starts], length_ms=2_000)


def _sound(notes: list[tuple[int, int, float]], *, length_ms: int) -> Sound:
    """Mix notes, each with its start and length in ms and its pitch in Hz; each swells and fades as a Hann bell."""
    mixed = np.zeros(length_ms * RATE_HZ // 1000)
    for start_ms, duration_ms, hz in notes:
        start, count = start_ms * RATE_HZ // 1000, duration_ms * RATE_HZ // 1000
        mixed[start : start + count] += np.hanning(count) * np.sin(2 * np.pi * hz * np.arange(count) / RATE_HZ)
    return Sound(rate_hz=RATE_HZ, pcm=np.rint(mixed * PEAK * FULL_SCALE / np.abs(mixed).max()).astype("<i2").tobytes())
