import asyncio

import pytest

from gateway.audio import FRAME_BYTES
from gateway.errors import AudioError
from gateway.frame_queue import QUEUE_FRAMES, FrameQueue


def frame(number: int) -> bytes:
    return number.to_bytes(2, "little") * (FRAME_BYTES // 2)


async def test_sound_of_any_length_comes_out_in_frames() -> None:
    queue = FrameQueue()
    sound = frame(1) + frame(2) + frame(3)
    for start in range(0, len(sound), 700):
        queue.put(sound[start : start + 700])
    assert [await anext(queue) for _ in range(3)] == [frame(1), frame(2), frame(3)]


async def test_a_slow_reader_loses_the_oldest_frames_and_they_are_counted() -> None:
    queue = FrameQueue()
    for number in range(QUEUE_FRAMES + 3):
        queue.put(frame(number))
    assert queue.dropped_frames == 3
    assert await anext(queue) == frame(3)


async def test_a_waiting_reader_wakes_up_for_a_frame() -> None:
    queue = FrameQueue()
    reader = asyncio.create_task(anext(queue))
    await asyncio.sleep(0)
    queue.put(frame(1)[:10])
    await asyncio.sleep(0)
    assert not reader.done()
    queue.put(frame(1)[10:])
    assert await reader == frame(1)


async def test_what_was_heard_before_the_end_can_still_be_read() -> None:
    queue = FrameQueue()
    queue.put(frame(1))
    queue.end(AudioError("unplugged"))
    assert await anext(queue) == frame(1)
    with pytest.raises(AudioError, match="unplugged"):
        await anext(queue)


async def test_a_waiting_reader_learns_of_the_end() -> None:
    queue = FrameQueue()
    reader = asyncio.create_task(anext(queue))
    await asyncio.sleep(0)
    queue.end(AudioError("unplugged"))
    with pytest.raises(AudioError, match="unplugged"):
        await reader


async def test_a_device_that_gives_nothing_is_given_up() -> None:
    with pytest.raises(AudioError, match="gave no sound"):
        await anext(FrameQueue(stalled_s=0.01))
