import numpy as np
import pytest

from gateway.audio import FRAME_BYTES, FRAME_SAMPLES, frames
from gateway.engines.doze import AWAKE_FRAMES, LOOK_FRAMES, MOST_FRAMES, Doze
from tests.voices import hiss, silence

SECOND_FRAMES = 31


def looked_at(doze: Doze, pcm: bytes) -> list[int]:
    """Return how many frames are looked at after each frame of `pcm`."""
    return [len(doze.push(frame)) // FRAME_BYTES for frame in frames(pcm)]


def asleep(background: bytes) -> Doze:
    doze = Doze()
    counts = looked_at(doze, background)
    assert max(counts[-2 * MOST_FRAMES :]) == MOST_FRAMES
    return doze


@pytest.mark.parametrize("background", [silence(10), hiss(10, -60), hiss(10, -25)], ids=["silence", "quiet", "loud"])
def test_steady_noise_is_looked_at_a_quarter_of_a_second_at_once(background: bytes) -> None:
    counts = looked_at(Doze(), background)
    assert counts[:AWAKE_FRAMES] == [1] * AWAKE_FRAMES
    assert set(counts[AWAKE_FRAMES:]) == {0, MOST_FRAMES}


def test_no_frame_is_left_out_or_comes_twice_or_early() -> None:
    numbered = [bytes([number % 256, number // 256]) * FRAME_SAMPLES for number in range(400)]
    doze = Doze()
    heard = b""
    for count, frame in enumerate(numbered, start=1):
        heard += doze.push(frame)
        assert b"".join(numbered[:count]).startswith(heard)
    assert len(numbered) * FRAME_BYTES - len(heard) < MOST_FRAMES * FRAME_BYTES


@pytest.mark.parametrize("level_dbfs", [-55.0, -45.0, -20.0])
def test_a_sound_wakes_it_within_an_eighth_of_a_second_and_keeps_it_awake_for_one(level_dbfs: float) -> None:
    doze = asleep(hiss(10, -60))
    counts = looked_at(doze, hiss(1, level_dbfs))
    onset = next(index for index, count in enumerate(counts) if count)
    assert onset < LOOK_FRAMES
    assert counts[onset + 1 :] == [1] * (len(counts) - onset - 1)
    after = looked_at(doze, hiss(3, -60))
    assert after[: SECOND_FRAMES - LOOK_FRAMES] == [1] * (SECOND_FRAMES - LOOK_FRAMES)
    assert 0 in after


def test_a_voice_that_is_as_loud_as_the_noise_is_noticed() -> None:
    noise = np.frombuffer(hiss(10, -30), dtype="<i2")
    louder = (noise[: 32 * FRAME_SAMPLES] * np.sqrt(2.2)).astype("<i2").tobytes()
    doze = asleep(noise.tobytes())
    assert looked_at(doze, louder)[MOST_FRAMES:] == [1] * (SECOND_FRAMES + 1 - MOST_FRAMES)


def test_a_fan_that_was_switched_on_is_the_rooms_noise_a_minute_later() -> None:
    doze = asleep(hiss(10, -60))
    fan = hiss(10, -40)
    assert 0 not in looked_at(doze, fan)[MOST_FRAMES:]
    for _ in range(5):
        counts = looked_at(doze, fan)
    assert max(counts) == MOST_FRAMES


def test_after_a_reset_it_is_awake_and_old_frames_are_gone() -> None:
    doze = asleep(silence(10))
    doze.push(silence(0.032))
    doze.reset()
    frame = hiss(0.032)
    assert doze.push(frame) == frame
