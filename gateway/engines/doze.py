"""How soon a wake model must look at a stream: at once where something sounds, a little later where nothing does.

A processor that sleeps between frames is slow when it wakes up; in a quiet room it is woken less often, for several
frames at once. No frame is ever left out, so the model hears the same as ever. Runs no model.
"""

import numpy as np

from gateway.audio import samples

LOOK_FRAMES = 4
"""How loud it is is looked at this often; a sound that begins is noticed that late, well before a wake word is over."""
MOST_FRAMES = 8
"""This many frames wait at the most, a quarter of a second."""
AWAKE_FRAMES = 32
"""For a second after the last sound every frame is looked at at once: models fire at a wake word's end, or later."""
LOUDER = 2.0
"""Power relative to the quietest: 3 dB; a voice that is no louder than the noise makes that much."""
RISE = 1.015
"""The quietest may rise by half a decibel a second: a fan that was switched on is the room's noise a minute later."""
FLOOR = 10.0
"""Mean square of what counts as nothing, -80 dBFS; digital silence has none."""


class Doze:
    """Holds back one stream's frames while nothing sounds."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._unseen: list[bytes] = []
        self._quietest = float("inf")
        self._awake_frames = AWAKE_FRAMES

    def push(self, frame: bytes) -> bytes:
        """Take the next frame (s16le); return all that must be looked at now, oldest first; often nothing."""
        self._waiting.append(frame)
        self._unseen.append(frame)
        if len(self._unseen) == LOOK_FRAMES:
            self._look()
        if self._awake_frames > 0:
            self._awake_frames -= 1
        elif len(self._waiting) < MOST_FRAMES:
            return b""
        pcm = b"".join(self._waiting)
        self._waiting.clear()
        return pcm

    def reset(self) -> None:
        """Forget the frames that wait, and be awake; how quiet the room can be is remembered."""
        self._waiting.clear()
        self._unseen.clear()
        self._awake_frames = AWAKE_FRAMES

    def _look(self) -> None:
        values = samples(b"".join(self._unseen)).astype(np.float32)
        power = float(values @ values) / len(values)
        self._unseen.clear()
        self._quietest = max(min(power, self._quietest * RISE), FLOOR)
        if power > self._quietest * LOUDER:
            self._awake_frames = AWAKE_FRAMES
