"""Someone who speaks where something else sounds: a recording with a room's echo, and noise at a given ratio."""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from bench.manifest import Recording, chosen
from gateway.audio import FULL_SCALE, RATE_HZ
from gateway.recordings import read_recording

SNRS_DB = (20, 10, 5)
"""Speech to noise: a quiet evening, a kitchen, a kitchen at work."""
FRAME = 512
"""Samples over which loudness is looked at, 32 ms."""
SPEECH_DB = 25.0
"""Frames no more than this below the loudest are speech; silence around it must not count as softer speech."""
PEAK = 0.9
"""What is mixed is made no louder than this, relative to full scale."""
QUIET_RMS = 3.0
"""s16le; noise with less than this is a file of silence."""

type Samples = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The noises and the echoes that recordings are mixed with."""

    noises: tuple[Samples, ...]
    echoes: tuple[Samples, ...]
    """Room impulse responses, from the direct sound on."""

    def around(self, name: str, voice: bytes, *, snr_db: float, before_s: float, after_s: float) -> list[bytes]:
        """Return `voice` (16 kHz mono s16le) in noise: once near the microphone, and once across a room.

        `name` decides which noise, where in it, and which room; there is nothing where there is no noise.
        """
        if not self.noises:
            return []
        rooms: list[Samples | None] = [None]
        if self.echoes:
            rooms.append(self.echoes[crc32(name.encode()) % len(self.echoes)])
        near = np.frombuffer(voice, dtype="<i2").astype(np.float64)
        said = [near if echo is None else echoed(near, echo) for echo in rooms]
        noise = self.noises[crc32(f"{name} {snr_db}".encode()) % len(self.noises)]
        return [
            self._mixed(name, one, noise, snr_db, round(before_s * RATE_HZ), round(after_s * RATE_HZ)) for one in said
        ]

    @staticmethod
    def _mixed(name: str, voice: Samples, noise: Samples, snr_db: float, before: int, after: int) -> bytes:
        count = before + len(voice) + after
        start = crc32(f"{snr_db} {name}".encode()) % len(noise)
        beneath = np.resize(np.roll(noise, -start), count)
        there = beneath[before : before + len(voice)]
        wanted = loudness(voice) / 10 ** (snr_db / 20)
        beneath = beneath * (wanted / max(float(np.sqrt(np.mean(there**2))), 1.0))
        beneath[before : before + len(voice)] += voice
        loudest = float(np.max(np.abs(beneath), initial=1.0))
        return (beneath * min(1.0, PEAK * FULL_SCALE / loudest)).astype("<i2").tobytes()


def surroundings(recordings: Sequence[Recording], kinds: Sequence[str] = ("negative_noise",)) -> Surroundings:
    """Return the noises, which are of these kinds, and the room responses among the recordings. Raises AudioError."""
    noises = [_samples(recording) for recording in chosen(recordings, *kinds)]
    responses = [_samples(recording) for recording in chosen(recordings, "room_impulse_response")]
    return Surroundings(
        noises=tuple(noise for noise in noises if len(noise) and np.sqrt(np.mean(noise**2)) >= QUIET_RMS),
        echoes=tuple(response[int(np.argmax(np.abs(response))) :] for response in responses if response.any()),
    )


def loudness(voice: Samples) -> float:
    """Return the root mean square of those frames in which somebody speaks."""
    frames = np.resize(voice, (max(len(voice) // FRAME, 1), FRAME)) if len(voice) else np.zeros((1, FRAME))
    powers = np.mean(frames**2, axis=1)
    return float(np.sqrt(np.mean(powers[powers >= powers.max() / 10 ** (SPEECH_DB / 10)])))


def echoed(voice: Samples, echo: Samples) -> Samples:
    """Return `voice` as it is heard across the room, as loud as it was."""
    size = len(voice) + len(echo) - 1
    heard = np.fft.irfft(np.fft.rfft(voice, size) * np.fft.rfft(echo, size), size)
    return heard * (loudness(voice) / max(loudness(heard), 1e-9))


def _samples(recording: Recording) -> Samples:
    return np.frombuffer(read_recording(recording.path), dtype="<i2").astype(np.float64)
