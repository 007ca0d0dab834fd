import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import numpy as np
import pytest

from gateway.audio import FRAME_BYTES, FRAME_MS, level_dbfs
from gateway.errors import AudioError
from gateway.satellite import portaudio
from gateway.satellite.alsa import arecord_microphone
from gateway.satellite.microphone import Microphone, open_microphone
from tests.gateway.satellite.children import children
from tests.soundcard import SoundCard, tone

type Opener = Callable[[str | None], AbstractAsyncContextManager[Microphone]]


@pytest.fixture(params=["arecord", "portaudio"])
def opener(request: pytest.FixtureRequest, soundcard: SoundCard) -> Opener:
    if request.param == "arecord":
        return arecord_microphone
    library = request.getfixturevalue("portaudio_library")
    return lambda device: portaudio.portaudio_microphone(library, device)


async def test_frames_come_at_real_time_pace(opener: Opener) -> None:
    async with opener(None) as microphone:
        frames = aiter(microphone)
        await anext(frames)
        started_s = time.monotonic()
        lengths = {len(await anext(frames)) for _ in range(60)}
        took_s = time.monotonic() - started_s
    assert lengths == {FRAME_BYTES}
    assert took_s == pytest.approx(60 * FRAME_MS / 1000, rel=0.15)
    assert microphone.dropped_frames == 0


async def test_what_is_said_is_heard(opener: Opener, soundcard: SoundCard) -> None:
    async with opener(None) as microphone, asyncio.TaskGroup() as tasks:
        tasks.create_task(soundcard.play_to_microphone(tone(500, seconds=0.5)))
        frames = aiter(microphone)
        heard = [await anext(frames) for _ in range(50)]
    loud = [frame for frame in heard if level_dbfs(frame) > -40]
    assert len(loud) * FRAME_MS == pytest.approx(500, abs=70)
    spectrum = np.abs(np.fft.rfft(np.frombuffer(b"".join(loud), "<i2")))
    assert np.argmax(spectrum) * 1000 / len(loud) / FRAME_MS == pytest.approx(500, abs=5)


async def test_no_program_is_left_when_the_block_ends(opener: Opener) -> None:
    async with opener(None) as microphone:
        await anext(aiter(microphone))
    assert children("arecord") == []


async def test_no_program_is_left_when_the_reader_is_cancelled(opener: Opener) -> None:
    heard = asyncio.Event()

    async def listen() -> None:
        async with opener(None) as microphone:
            async for _ in microphone:
                heard.set()

    listener = asyncio.create_task(listen())
    await heard.wait()
    cancelled_s = time.monotonic()
    listener.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listener
    assert time.monotonic() - cancelled_s < 0.5
    assert children("arecord") == []


async def test_no_program_is_left_when_opening_is_cancelled(opener: Opener) -> None:
    async def listen() -> None:
        async with opener(None):
            pytest.fail("was opened")

    listener = asyncio.create_task(listen())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    listener.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listener
    assert children("arecord") == []


async def test_an_unknown_device_is_refused_with_advice(opener: Opener) -> None:
    with pytest.raises(AudioError, match=r"no microphone: .* says “.*”; `local-voice doctor`"):
        async with opener("no-such-device"):
            pytest.fail("was opened")
    assert children("arecord") == []


async def test_a_microphone_that_is_unplugged_is_an_error(loose_card: SoundCard) -> None:
    async with arecord_microphone(None) as microphone:
        loose_card.unplug()
        with pytest.raises(AudioError, match=r"no microphone: arecord says “.*”; `local-voice doctor`"):
            async for _ in microphone:
                pass
    assert children("arecord") == []


@pytest.mark.usefixtures("portaudio_library")
async def test_portaudio_is_used_where_it_knows_the_device() -> None:
    async with open_microphone() as microphone:
        assert children("arecord") == []
        assert len(await anext(aiter(microphone))) == FRAME_BYTES


@pytest.mark.usefixtures("soundcard")
async def test_arecord_is_used_for_what_portaudio_does_not_know() -> None:
    async with open_microphone("plug:default") as microphone:
        assert len(children("arecord")) == 1
        assert len(await anext(aiter(microphone))) == FRAME_BYTES


@pytest.mark.usefixtures("empty_path")
async def test_without_any_sound_library_the_missing_package_is_named() -> None:
    with pytest.raises(AudioError, match="install the package alsa-utils"):
        async with open_microphone("no-such-device"):
            pytest.fail("was opened")
