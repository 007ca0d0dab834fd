import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audio import (
    FRAME_BYTES,
    FRAME_MS,
    QUIETEST_DBFS,
    RATE_HZ,
    Resampler,
    RingBuffer,
    frames,
    level_dbfs,
    paced,
    resample,
    samples,
)
from gateway.errors import AudioError
from tests.soundcard import tone


class ScriptedClock:
    """Time passes only by sleeping, and by what the test adds."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def time(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        await asyncio.sleep(0)


def loudest_hz(pcm: bytes, rate_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples(pcm)))
    return float(np.argmax(spectrum) * rate_hz / len(samples(pcm)))


@given(st.binary(max_size=5 * FRAME_BYTES))
def test_frames_joined_again_are_the_sound_and_silence(pcm: bytes) -> None:
    pieces = list(frames(pcm))
    assert all(len(piece) == FRAME_BYTES for piece in pieces)
    assert b"".join(pieces) == pcm + bytes(-len(pcm) % FRAME_BYTES)


async def test_in_real_time_a_frame_comes_when_its_last_sample_has_been_heard() -> None:
    clock = ScriptedClock()
    times = [
        clock.now_s - 100.0
        async for _ in paced(bytes(3 * FRAME_BYTES), realtime=True, clock=clock.time, sleep=clock.sleep)
    ]
    assert times == pytest.approx([0.032, 0.064, 0.096])


async def test_a_late_reader_gets_what_is_due_at_once_and_no_drift_adds_up() -> None:
    clock = ScriptedClock()
    times = []
    async for _ in paced(bytes(5 * FRAME_BYTES), realtime=True, clock=clock.time, sleep=clock.sleep):
        times.append(clock.now_s - 100.0)
        if len(times) == 1:
            clock.now_s += 0.100
    assert times == pytest.approx([0.032, 0.132, 0.132, 0.132, 0.160])


async def test_without_real_time_no_time_passes_but_others_get_their_turn() -> None:
    clock = ScriptedClock()
    turns = 0

    async def somebody_else() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(somebody_else())
    count = len(
        [None async for _ in paced(bytes(50 * FRAME_BYTES), realtime=False, clock=clock.time, sleep=clock.sleep)]
    )
    other.cancel()
    assert count == 50
    assert turns >= 50
    assert clock.now_s == 100.0


def test_a_ring_buffer_keeps_the_last_seconds_only() -> None:
    ring = RingBuffer(seconds=3 * FRAME_MS / 1000)
    for number in range(5):
        ring.push(bytes([number]) * FRAME_BYTES)
    assert len(ring) == 3
    assert ring.snapshot() == b"".join(bytes([number]) * FRAME_BYTES for number in (2, 3, 4))


def test_a_cleared_ring_buffer_is_empty() -> None:
    ring = RingBuffer(seconds=1)
    ring.push(bytes(FRAME_BYTES))
    ring.clear()
    assert ring.snapshot() == b""


@pytest.mark.parametrize(
    ("from_hz", "to_hz"), [(22_050, RATE_HZ), (44_100, RATE_HZ), (RATE_HZ, 48_000), (8_000, RATE_HZ)]
)
def test_another_rate_keeps_pitch_length_and_loudness(from_hz: int, to_hz: int) -> None:
    pcm = tone(1000, seconds=1, rate_hz=from_hz)
    changed = resample(pcm, from_hz, to_hz)
    assert len(changed) / 2 == pytest.approx(to_hz, abs=2)
    assert loudest_hz(changed, to_hz) == pytest.approx(1000, abs=2)
    assert level_dbfs(changed) == pytest.approx(level_dbfs(pcm), abs=0.1)


def test_a_tone_that_the_new_rate_cannot_hold_is_gone() -> None:
    assert level_dbfs(resample(tone(12_000, seconds=1, rate_hz=48_000), 48_000, RATE_HZ)) < -60


def test_full_scale_is_clipped_and_does_not_wrap() -> None:
    square = np.where(np.arange(16_000) % 40 < 20, 32_767, -32_768).astype("<i2").tobytes()
    changed = samples(resample(square, RATE_HZ, 48_000)).astype(int)
    assert np.abs(np.diff(changed)).max() < 40_000  # wrapping would jump by 65535


@pytest.mark.parametrize("to_hz", [RATE_HZ, 22_050])
def test_resampling_piece_by_piece_gives_what_resampling_at_once_gives(to_hz: int) -> None:
    pcm = tone(700, seconds=0.5)
    resampler = Resampler(RATE_HZ, to_hz)
    pieces = (
        b"".join(resampler.feed(pcm[start : start + 666]) for start in range(0, len(pcm), 666)) + resampler.finish()
    )
    whole = samples(resample(pcm, RATE_HZ, to_hz)).astype(int)
    assert len(samples(pieces)) == pytest.approx(len(whole), abs=1)
    count = min(len(whole), len(samples(pieces)))
    assert np.abs(samples(pieces)[:count] - whole[:count]).max() <= 2


def test_no_sound_resampled_is_no_sound() -> None:
    assert resample(b"", RATE_HZ, 48_000) == b""


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(AudioError, match="3 bytes"):
        samples(b"abc")


def test_levels_are_in_decibels_of_full_scale() -> None:
    assert level_dbfs(b"\xff\x7f" * 100) == pytest.approx(0, abs=0.01)
    assert level_dbfs(tone(440, seconds=1)) == pytest.approx(-12.04 - 3.01, abs=0.05)
    assert level_dbfs(bytes(100)) == QUIETEST_DBFS
    assert level_dbfs(b"") == QUIETEST_DBFS
