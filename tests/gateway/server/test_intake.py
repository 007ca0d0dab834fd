"""What comes piece by piece: any size goes in, frames and sentences come out, and all of it has bounds."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.audio import FRAME_BYTES
from gateway.errors import ProtocolError
from gateway.server.intake import MOST_TEXT_CHARS, MOST_WAITING_BYTES, SoundIntake, TextIntake


async def all_of[T](intake: AsyncIterator[T]) -> list[T]:
    return [item async for item in intake]


async def test_pieces_of_any_size_become_frames_and_the_last_one_is_filled_up() -> None:
    sound = SoundIntake()
    pcm = bytes(range(250)) * 10
    for start in range(0, len(pcm), 90):
        sound.feed(pcm[start : start + 90])
    sound.feed(b"")
    sound.feed(b"after the end")
    frames = await all_of(sound)
    assert [len(frame) for frame in frames] == [FRAME_BYTES] * 3
    assert b"".join(frames) == pcm.ljust(3 * FRAME_BYTES, b"\0")


async def test_a_frame_is_waited_for() -> None:
    sound = SoundIntake()
    waiting = asyncio.ensure_future(anext(sound))
    await asyncio.sleep(0)
    sound.feed(bytes(FRAME_BYTES // 2))
    await asyncio.sleep(0)
    assert not waiting.done()
    sound.feed(bytes(FRAME_BYTES // 2))
    assert await waiting == bytes(FRAME_BYTES)


async def test_a_stream_that_stands_still_is_late() -> None:
    with pytest.raises(ProtocolError, match=r"no sound for 0\.05 s") as refused:
        await anext(SoundIntake(0.05))
    assert refused.value.refusal == "late"


async def test_more_sound_than_may_wait_ends_it() -> None:
    sound = SoundIntake()
    sound.feed(bytes(MOST_WAITING_BYTES))
    assert await anext(sound) == bytes(FRAME_BYTES)
    sound.feed(bytes(FRAME_BYTES + 2))
    with pytest.raises(ProtocolError) as refused:
        await anext(sound)
    assert refused.value.refusal == "too_fast"


async def test_a_text_is_given_on_sentence_by_sentence() -> None:
    text = TextIntake()
    text.feed("It is on. And", more=True)
    assert await anext(text) == "It is on. "
    waiting = asyncio.ensure_future(anext(text))
    await asyncio.sleep(0)
    text.feed(" so", more=True)
    await asyncio.sleep(0)
    assert not waiting.done()
    text.feed(" is that", more=False)
    assert await waiting == "And so is that"
    assert await all_of(text) == []
    with pytest.raises(ProtocolError, match="whole already") as refused:
        text.feed("more", more=True)
    assert refused.value.refusal == "out_of_order"


async def test_a_text_that_nobody_goes_on_writing_is_late() -> None:
    text = TextIntake(0.05)
    text.feed("It is", more=True)
    with pytest.raises(ProtocolError, match=r"no text for 0\.05 s"):
        await anext(text)


async def test_a_text_without_end_ends() -> None:
    text = TextIntake()
    for _ in range(MOST_TEXT_CHARS // 1_000 + 2):
        text.feed("x" * 1_000, more=True)
    with pytest.raises(ProtocolError) as refused:
        await anext(text)
    assert refused.value.refusal == "too_long"
