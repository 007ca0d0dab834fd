import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from gateway.errors import AudioError
from gateway.events import Sound
from gateway.satellite import portaudio
from gateway.satellite.alsa import AplaySpeaker
from gateway.satellite.speaker import Speaker, open_speaker, play
from tests.gateway.satellite.children import children
from tests.soundcard import SoundCard, tone

SILENT_WITHIN_S = 0.15
AHEAD_S = 0.3


def sound(seconds: float, rate_hz: int = 22_050) -> Sound:
    return Sound(rate_hz=rate_hz, pcm=tone(440, seconds=seconds, rate_hz=rate_hz))


async def clauses(*lengths_s: float) -> AsyncIterator[Sound]:
    for seconds in lengths_s:
        yield sound(seconds)


@pytest.fixture(params=["aplay", "portaudio"])
async def speaker(request: pytest.FixtureRequest, soundcard: SoundCard) -> AsyncIterator[Speaker]:
    opened: Speaker
    if request.param == "aplay":
        opened = AplaySpeaker(None)
    else:
        opened = portaudio.PortAudioSpeaker(request.getfixturevalue("portaudio_library"), None)
    yield opened
    await opened.silence()
    assert children("aplay") == []


async def test_everything_is_heard_once_drained(speaker: Speaker, soundcard: SoundCard) -> None:
    with soundcard.recorded_from_speaker() as recording:
        await play(speaker, clauses(0.3, 0.4, 0.1))
        await asyncio.sleep(0.1)
    assert recording.loud_ms == pytest.approx(800, abs=30)


async def test_a_writer_is_never_far_ahead_of_what_is_heard(speaker: Speaker) -> None:
    started_s = time.monotonic()
    await speaker.write(sound(1.0))
    assert time.monotonic() - started_s > 1.0 - AHEAD_S


async def test_silence_is_silent_at_once(speaker: Speaker, soundcard: SoundCard) -> None:
    with soundcard.recorded_from_speaker() as recording:
        writing = asyncio.create_task(speaker.write(sound(5.0)))
        await recording.wait_for_sound()
        silenced_s = time.monotonic()
        await speaker.silence()
        assert time.monotonic() - silenced_s < SILENT_WITHIN_S
        await asyncio.wait_for(writing, SILENT_WITHIN_S)
        await asyncio.sleep(0.5)
    assert recording.loud_times_s()[-1] - silenced_s < SILENT_WITHIN_S


async def test_after_silence_the_next_sound_is_heard(speaker: Speaker, soundcard: SoundCard) -> None:
    await speaker.write(sound(0.5))
    await speaker.silence()
    with soundcard.recorded_from_speaker() as recording:
        await play(speaker, clauses(0.3))
        await asyncio.sleep(0.1)
    assert recording.loud_ms == pytest.approx(300, abs=30)


async def test_silence_while_the_device_opens_is_silence(speaker: Speaker, soundcard: SoundCard) -> None:
    with soundcard.recorded_from_speaker() as recording:
        writing = asyncio.create_task(speaker.write(sound(0.5)))
        await asyncio.sleep(0)
        await speaker.silence()
        await writing
        await asyncio.sleep(0.2)
    assert recording.loud_ms == 0


async def test_silence_and_drain_without_sound_do_nothing(speaker: Speaker) -> None:
    await speaker.silence()
    await speaker.drain()


async def test_cancelling_what_is_played_silences_it(speaker: Speaker, soundcard: SoundCard) -> None:
    with soundcard.recorded_from_speaker() as recording:
        playing = asyncio.create_task(play(speaker, clauses(5.0)))
        await recording.wait_for_sound()
        cancelled_s = time.monotonic()
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing
        await asyncio.sleep(0.3)
    assert recording.loud_times_s()[-1] - cancelled_s < SILENT_WITHIN_S
    assert children("aplay") == []


async def test_sounds_of_different_rates_follow_each_other(speaker: Speaker, soundcard: SoundCard) -> None:
    with soundcard.recorded_from_speaker() as recording:
        await speaker.write(sound(0.3, rate_hz=16_000))
        await speaker.write(sound(0.3, rate_hz=22_050))
        await speaker.drain()
        await asyncio.sleep(0.1)
    assert recording.loud_ms == pytest.approx(600, abs=40)


async def test_an_unknown_device_of_aplay_is_refused_with_advice(soundcard: SoundCard) -> None:
    with pytest.raises(AudioError, match=r"no speaker: aplay says “audio open error.*”; `local-voice doctor`"):
        await AplaySpeaker("no-such-device").write(sound(1.0))
    assert children("aplay") == []


async def test_a_short_sound_for_an_unknown_device_is_refused_when_drained(soundcard: SoundCard) -> None:
    unknown = AplaySpeaker("no-such-device")
    with pytest.raises(AudioError, match=r"no speaker: aplay says “audio open error"):
        await play(unknown, clauses(0.001))
    assert children("aplay") == []


async def test_an_unknown_device_of_portaudio_is_refused_with_advice(portaudio_library: object) -> None:
    library = portaudio.load()
    assert library is not None
    with pytest.raises(AudioError, match=r"no speaker: PortAudio says “.*”; `local-voice doctor`"):
        await portaudio.PortAudioSpeaker(library, "no-such-device").write(sound(1.0))


async def test_a_speaker_that_is_unplugged_is_an_error(loose_card: SoundCard) -> None:
    speaker = AplaySpeaker(None)
    await speaker.write(sound(0.5))
    loose_card.unplug()
    with pytest.raises(AudioError, match=r"no speaker: aplay says “.*”; `local-voice doctor`"):
        await play(speaker, clauses(1.0))
    assert children("aplay") == []


async def test_a_speaker_is_silent_when_its_block_ends(soundcard: SoundCard) -> None:
    with soundcard.recorded_from_speaker() as recording:
        async with open_speaker("plug:default") as speaker:
            await speaker.write(sound(0.5))
            assert len(children("aplay")) == 1
        left_s = time.monotonic()
        await asyncio.sleep(0.3)
    assert recording.loud_times_s()[-1] - left_s < SILENT_WITHIN_S
    assert children("aplay") == []


@pytest.mark.usefixtures("portaudio_library")
async def test_portaudio_is_used_where_it_knows_the_device() -> None:
    async with open_speaker() as speaker:
        await speaker.write(sound(0.4))
        assert children("aplay") == []


@pytest.mark.usefixtures("empty_path")
async def test_without_any_sound_library_the_missing_package_is_named() -> None:
    with pytest.raises(AudioError, match="install the package alsa-utils"):
        async with open_speaker("no-such-device"):
            pytest.fail("was opened")
