"""Who speaks nearest: the louder stretch of a sound."""

import numpy as np
import pytest

from gateway.audio import RATE_HZ, SAMPLE_BYTES
from gateway.errors import AudioError
from gateway.foreground import AROUND_MS, CUTS, GAP_MS, LEAST_BEFORE_MS, Cut, foregrounds

LOUD, SOFT, QUIET = 8_000, 1_200, 20
"""Amplitudes: who is near, who talks below (16 dB), and a quiet room."""
NEAR = Cut(200, 8.0)


def sound(*parts: tuple[int, int]) -> bytes:
    """Return hissing, each part with its milliseconds and its amplitude."""
    chance = np.random.default_rng(7)
    pieces = [chance.uniform(-1, 1, RATE_HZ * ms // 1000) * amplitude for ms, amplitude in parts]
    return np.concatenate(pieces).astype("<i2").tobytes()


def ms(pcm: bytes) -> int:
    return len(pcm) // SAMPLE_BYTES * 1000 // RATE_HZ


def test_what_is_well_below_is_cut_off_before_and_after() -> None:
    pcm = sound((900, SOFT), (1_000, LOUD), (900, SOFT))
    found = foregrounds(pcm)
    assert 1 <= len(found) <= len(CUTS)
    for stretch in found:
        begin_ms = pcm.find(stretch) // SAMPLE_BYTES * 1000 // RATE_HZ
        assert 900 - AROUND_MS - 150 <= begin_ms <= 900 - AROUND_MS + 50
        assert 1_000 + 2 * AROUND_MS - 100 <= ms(stretch) <= 1_000 + 2 * AROUND_MS + 300


def test_a_short_pause_is_within_a_stretch_and_what_is_soft_behind_a_long_one_is_not() -> None:
    softer = LOUD // 2
    (one,) = foregrounds(sound((500, SOFT), (400, softer), (GAP_MS - 100, SOFT), (600, LOUD), (500, SOFT)), (NEAR,))
    (other,) = foregrounds(sound((500, SOFT), (400, softer), (GAP_MS + 300, SOFT), (600, LOUD), (500, SOFT)), (NEAR,))
    assert ms(one) > 1_000
    assert 600 < ms(other) < 1_100, "the one with more energy"


def test_what_is_as_loud_behind_a_long_pause_was_said_by_the_same_person() -> None:
    assert foregrounds(sound((500, SOFT), (400, LOUD), (GAP_MS + 300, SOFT), (600, LOUD), (500, SOFT)), (NEAR,)) == ()


def test_from_the_first_to_the_last_a_long_pause_is_kept_as_well() -> None:
    pcm = sound((500, SOFT), (400, LOUD), (GAP_MS + 300, SOFT), (600, LOUD), (500, SOFT))
    (found,) = foregrounds(pcm, (Cut(200, 8.0, is_from_first_to_last=True),))
    assert ms(found) > 400 + GAP_MS + 300 + 600


@pytest.mark.parametrize(
    "pcm",
    [
        b"",
        bytes(RATE_HZ),
        sound((60, LOUD)),
        sound((2_000, LOUD)),
        sound((640, QUIET), (1_000, LOUD), (640, QUIET)),
        sound((640, QUIET), (1_000, LOUD), (640, SOFT)),
        sound((LEAST_BEFORE_MS // 2 + AROUND_MS, SOFT), (1_000, LOUD), (640, SOFT)),
    ],
)
def test_where_nobody_else_speaks_there_is_none(pcm: bytes) -> None:
    assert foregrounds(pcm) == ()


def test_equal_stretches_are_told_once() -> None:
    pcm = sound((900, SOFT), (1_000, LOUD), (900, SOFT))
    assert len(foregrounds(pcm, (NEAR, NEAR))) == 1


def test_half_a_sample_is_an_error() -> None:
    with pytest.raises(AudioError):
        foregrounds(b"\0\0\0")
