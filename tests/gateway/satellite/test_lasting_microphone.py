import asyncio

import pytest

from gateway.errors import AudioError
from gateway.satellite.lasting_microphone import RETRY_S, LastingMicrophone, lasting_microphone
from tests.gateway.satellite.scripted_sound import BROKEN, ScriptedMicrophone, frame


class Watch:
    """Notes what a microphone tells, and how long it sleeps."""

    def __init__(self) -> None:
        self.changes: list[AudioError | None] = []
        self.sleeps: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)


async def test_a_microphone_that_works_is_opened_once_and_given_back() -> None:
    device, watch = ScriptedMicrophone(), Watch()
    device.hears.put_nowait(frame(1))
    device.hears.put_nowait(frame(2))
    async with lasting_microphone(device.open, watch.changes.append, watch.sleep) as microphone:
        frames = aiter(microphone)
        assert [await anext(frames), await anext(frames)] == [frame(1), frame(2)]
        assert (device.opened, device.closed) == (1, 0)
    assert (device.opened, device.closed) == (1, 1)
    assert watch.changes == []


async def test_one_that_does_not_work_at_the_beginning_is_an_error() -> None:
    device = ScriptedMicrophone()
    device.faults = [BROKEN]
    with pytest.raises(AudioError):
        async with lasting_microphone(device.open, lambda _: None):
            pytest.fail("was opened")


async def test_one_that_fails_is_told_given_back_and_tried_again_until_it_works() -> None:
    device, watch = ScriptedMicrophone(), Watch()
    async with lasting_microphone(device.open, watch.changes.append, watch.sleep) as microphone:
        device.dropped_frames = 3
        device.faults = [BROKEN, BROKEN]
        device.hears.put_nowait(BROKEN)
        device.hears.put_nowait(frame(9))
        assert await anext(aiter(microphone)) == frame(9)
        assert (device.opened, device.closed) == (4, 1)
        assert microphone.dropped_frames == 3
    assert watch.changes == [BROKEN, BROKEN, BROKEN, None]
    assert watch.sleeps == [RETRY_S] * 3


async def test_waiting_for_a_frame_may_be_cancelled_and_the_next_one_is_still_to_come() -> None:
    device = ScriptedMicrophone()
    async with lasting_microphone(device.open, lambda _: None) as microphone:
        waiting = asyncio.ensure_future(anext(microphone))
        await asyncio.sleep(0)
        waiting.cancel()
        assert isinstance((await asyncio.gather(waiting, return_exceptions=True))[0], asyncio.CancelledError)
        device.hears.put_nowait(frame(1))
        assert await anext(microphone) == frame(1)


async def test_closing_twice_is_harmless() -> None:
    microphone = LastingMicrophone(ScriptedMicrophone().open, lambda _: None)
    await microphone.open()
    await microphone.close()
    await microphone.close()
