import asyncio
import wave
from pathlib import Path

import numpy as np
import pytest

from gateway.audio import FRAME_BYTES, FRAME_MS
from gateway.errors import AudioError
from gateway.events import Sound
from gateway.recordings import read_recording
from gateway.satellite import recorded
from gateway.satellite.recorded import (
    OUT_HZ,
    STEP_MS,
    RecordedMicrophone,
    RecordedSpeaker,
    recorded_microphone,
    recorded_speaker,
)
from tests.soundcard import tone

STEP_BYTES = OUT_HZ * STEP_MS // 1000 * 2


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 50.0
        self.sleeps: list[float] = []

    def clock(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now_s += seconds
        await asyncio.sleep(0)


def begun() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


async def test_a_recording_is_heard_at_the_pace_of_real_life_and_then_silence() -> None:
    time = Time()
    microphone = RecordedMicrophone(b"\1" * FRAME_BYTES * 2, begun(), clock=time.clock, sleep=time.sleep)
    heard = [await anext(microphone) for _ in range(4)]
    assert heard == [b"\1" * FRAME_BYTES] * 2 + [bytes(FRAME_BYTES)] * 2
    assert time.now_s == pytest.approx(50 + 4 * FRAME_MS / 1000)


async def test_a_reader_who_was_late_gets_what_is_due_at_once() -> None:
    time = Time()
    microphone = RecordedMicrophone(bytes(FRAME_BYTES), begun(), clock=time.clock, sleep=time.sleep)
    await anext(microphone)
    time.now_s += 1
    for _ in range(31):
        await anext(microphone)
    assert time.sleeps[1:] == [0.0] * 31
    assert time.now_s == pytest.approx(50 + 1 + FRAME_MS / 1000)


async def test_a_recording_waits_until_it_may_begin() -> None:
    begins = asyncio.Event()
    async with recorded_microphone(b"\1" * FRAME_BYTES, begins) as microphone:
        first = asyncio.ensure_future(anext(microphone))
        await asyncio.sleep(0.05)
        assert not first.done()
        begins.set()
        assert await asyncio.wait_for(first, 5) == b"\1" * FRAME_BYTES


async def test_what_is_played_is_in_the_file_and_took_as_long_as_it_lasts(tmp_path: Path) -> None:
    time, path = Time(), tmp_path / "out.wav"
    played = tone(440, seconds=0.5, rate_hz=OUT_HZ)
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, OUT_HZ, 0, "NONE", ""))
        speaker = RecordedSpeaker(out, clock=time.clock, sleep=time.sleep)
        await speaker.write(Sound(rate_hz=OUT_HZ, pcm=played))
        await speaker.drain()
    assert time.now_s == pytest.approx(50.5)
    with wave.open(str(path), "rb") as file:
        assert file.readframes(file.getnframes()) == played


async def test_sounds_of_other_rates_become_one_file(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    async with recorded_speaker(path) as speaker:
        speaker._sleep = Time().sleep
        await speaker.write(Sound(rate_hz=16_000, pcm=tone(440, seconds=0.25, rate_hz=16_000)))
        await speaker.write(Sound(rate_hz=48_000, pcm=tone(440, seconds=0.25, rate_hz=48_000)))
        await speaker.drain()
    heard = np.frombuffer(read_recording(path), "<i2").astype(float)
    assert len(heard) == pytest.approx(8_000, abs=40)
    spectrum = np.abs(np.fft.rfft(heard, 16_000))
    assert np.argmax(spectrum) == pytest.approx(440, abs=3)


async def test_silence_keeps_what_was_heard_and_nothing_more(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    async with recorded_speaker(path) as speaker:
        steps = 0

        async def sleep(_: float) -> None:
            nonlocal steps
            steps += 1
            if steps == 3:
                await speaker.silence()

        speaker._sleep = sleep
        await speaker.write(Sound(rate_hz=OUT_HZ, pcm=b"\1\1" * 22_050))
        await speaker.drain()
        await speaker.write(Sound(rate_hz=OUT_HZ, pcm=b"\2\2"))
    with wave.open(str(path), "rb") as file:
        assert file.readframes(file.getnframes()) == b"\1" * STEP_BYTES * 2 + b"\2\2"


async def test_the_file_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "LONGEST_OUT_S", 0.02)
    path = tmp_path / "out.wav"
    async with recorded_speaker(path) as speaker:
        speaker._sleep = Time().sleep
        await speaker.write(Sound(rate_hz=OUT_HZ, pcm=bytes(10 * STEP_BYTES)))
    with wave.open(str(path), "rb") as file:
        assert file.getnframes() * 2 == STEP_BYTES


async def test_the_file_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    async with recorded_speaker(path) as speaker:
        speaker._sleep = Time().sleep
        await speaker.write(Sound(rate_hz=OUT_HZ, pcm=tone(440, seconds=1, rate_hz=OUT_HZ)))
        assert len(read_recording(path)) > 16_000


async def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"cannot be written .*; choose another place"):
        async with recorded_speaker(tmp_path / "none" / "out.wav"):
            pytest.fail("was opened")


async def test_a_full_disk_is_an_error_of_the_speaker() -> None:
    class Full:
        def writeframes(self, _: bytes) -> None:
            raise OSError(28, "No space left on device")

    speaker = RecordedSpeaker(Full(), sleep=Time().sleep)  # type: ignore[arg-type]
    with pytest.raises(AudioError, match="No space left"):
        await speaker.write(Sound(rate_hz=OUT_HZ, pcm=bytes(4)))
