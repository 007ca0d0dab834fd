"""How the wake chime is taken out of what the microphone hears: it is a sum of pure tones that we know."""

import math

import numpy as np

from gateway.audio import FRAME_MS, FRAME_SAMPLES, FULL_SCALE, RATE_HZ, samples
from gateway.chimes import CHIME_HZ, CHIME_MS

ECHO_MS = 400
"""How long the chime may still be heard after its end: a sound server's delay and the room's echo."""
OVERTONES = 3
"""Small speakers distort: up to this multiple of each tone is removed."""
SWELL_ORDERS = 3
"""Within a frame a tone may swell as a parabola (constant, linear, quadratic): soft edges and echo need no more."""

ONLY_CHIME, WITH_SPEECH = 0.01, 0.02
"""Parts of a frame's energy that may remain: the chime alone leaves less than the first, unless the speaker distorts
badly; speech that is 17 dB below the chime leaves more than the second."""
QUIETEST_GAIN = 0.03

type _Samples = np.ndarray[tuple[int], np.dtype[np.float64]]


class ChimeCanceller:
    """Removes the wake chime from the microphone's frames, and what is said at the same time is left.

    The tones are known, their loudness, delay and echo are not: each frame is projected on the chime's tones (least
    squares) and that part is taken away. Where next to nothing else was in the frame, the remainder is faded out too:
    faint as it is, a voice activity detector takes it for speech. Nothing is delayed. Outside of the chime's time
    frames pass untouched.
    """

    def __init__(self) -> None:
        self._tones = _orthonormal_tones()
        self._frames_left = 0
        self._gain = 1.0

    def chime_started(self) -> None:
        """Say that the chime is played from now on."""
        self._frames_left = math.ceil((CHIME_MS + ECHO_MS) / FRAME_MS)

    def clean(self, frame: bytes) -> bytes:
        """Return `frame` (`FRAME_SAMPLES` of 16 kHz mono s16le) without the chime."""
        if self._frames_left == 0 and self._gain == 1.0:
            return frame
        heard = samples(frame).astype(np.float64)
        rest, gain = heard, 1.0
        if self._frames_left:
            self._frames_left -= 1
            rest = heard - self._tones @ (self._tones.T @ heard)
            gain = _gain_for(float(rest @ rest) / (float(heard @ heard) + 1.0))
        fade = np.linspace(self._gain, gain, FRAME_SAMPLES)
        self._gain = gain
        return _s16le(rest * fade)


def _gain_for(remaining: float) -> float:
    """Return how much of a frame's remainder to keep, by the part of the frame's energy that it is."""
    return min(max((remaining - ONLY_CHIME) / (WITH_SPEECH - ONLY_CHIME), QUIETEST_GAIN), 1.0)


def _orthonormal_tones() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return an orthonormal basis of everything the chime's tones can be within a frame: samples by directions."""
    frequencies = sorted({tone * overtone for tone in CHIME_HZ for overtone in range(1, OVERTONES + 1)})
    phases = 2 * np.pi * np.outer(frequencies, np.arange(FRAME_SAMPLES) / RATE_HZ)
    waves = np.concatenate([np.sin(phases), np.cos(phases)])
    swells = np.linspace(-1, 1, FRAME_SAMPLES) ** np.arange(SWELL_ORDERS)[:, np.newaxis]
    columns = (waves[:, np.newaxis, :] * swells).reshape(-1, FRAME_SAMPLES)
    return np.linalg.qr(columns.T).Q


def _s16le(values: _Samples) -> bytes:
    return np.clip(np.rint(values), -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()
