import asyncio
import time

from bench.e2e_satellite import FRAME_S, SilentSpeaker, SpokenMicrophone
from gateway.audio import FRAME_BYTES
from gateway.events import Sound

ROOM, SAID = b"\1" * FRAME_BYTES, b"\2" * (2 * FRAME_BYTES)


async def test_a_microphone_hears_the_room_and_in_it_what_is_said_each_frame_when_it_is_over() -> None:
    microphone = SpokenMicrophone(ROOM)
    start_s = time.monotonic()
    microphone.listen()
    heard = [await anext(microphone)]
    saying = asyncio.create_task(microphone.say(SAID))
    await asyncio.sleep(0)
    heard += [await anext(microphone) for _ in range(3)]
    assert heard == [ROOM, SAID[:FRAME_BYTES], SAID[FRAME_BYTES:], ROOM]
    assert await saying - start_s >= FRAME_S, "what is said begins with its first frame, after one of the room"
    assert time.monotonic() - start_s >= 4 * FRAME_S
    await microphone.hush()


async def test_a_microphone_that_rested_does_not_catch_up() -> None:
    microphone = SpokenMicrophone(ROOM)
    microphone.listen()
    await anext(microphone)
    microphone.rest()
    await asyncio.sleep(5 * FRAME_S)
    microphone.listen()
    start_s = time.monotonic()
    await anext(microphone)
    await anext(microphone)
    assert time.monotonic() - start_s >= 1.5 * FRAME_S


async def test_a_speaker_takes_as_long_as_the_sound_and_knows_when_it_began() -> None:
    speaker = SilentSpeaker()
    start_s = time.monotonic()
    await speaker.write(Sound(rate_hz=16_000, pcm=bytes(3_200)))
    assert time.monotonic() - start_s >= 0.1
    assert speaker.is_quiet
    assert start_s <= speaker.began_s[0] <= start_s + 0.1
    speaker.forget()
    assert speaker.began_s == []
