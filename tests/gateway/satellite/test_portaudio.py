"""What no virtual sound card can do: devices with a rate of their own, and devices that hang."""

import asyncio
from collections.abc import Callable
from types import ModuleType

import pytest

from gateway.audio import FRAME_BYTES
from gateway.errors import AudioError
from gateway.events import Sound
from gateway.satellite import portaudio
from gateway.satellite.portaudio import PortAudioSpeaker, portaudio_microphone
from tests.soundcard import tone


class ScriptedStream:
    """A stream that does nothing by itself; the test calls its callback."""

    latency = 0.0

    def __init__(self, samplerate: int, callback: Callable[..., None]) -> None:
        self.samplerate = samplerate
        self.callback = callback
        self.is_open = True

    def start(self) -> None:
        pass

    def abort(self) -> None:
        pass

    def close(self) -> None:
        self.is_open = False


class ScriptedError(Exception):
    pass


class ScriptedPortAudio(ModuleType):
    """PortAudio with one device, which has one rate only."""

    PortAudioError = ScriptedError

    def __init__(self, rate_hz: int, *, is_busy: bool = False) -> None:
        super().__init__("scripted")
        self.rate_hz = rate_hz
        self.is_busy = is_busy
        self.streams: list[ScriptedStream] = []
        self.is_opened = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def query_devices(self, device: str | None, kind: str) -> dict[str, float]:
        return {"default_samplerate": float(self.rate_hz)}

    def check_input_settings(self, *, samplerate: int, **_: object) -> None:
        if samplerate != self.rate_hz:
            raise self.PortAudioError("Invalid sample rate")

    check_output_settings = check_input_settings

    def RawInputStream(self, samplerate: int, callback: Callable[..., None], **_: object) -> ScriptedStream:  # noqa: N802
        if self.is_busy:
            raise self.PortAudioError("Device unavailable")
        self.streams.append(ScriptedStream(samplerate, callback))
        self._loop.call_soon_threadsafe(self.is_opened.set)
        return self.streams[-1]

    RawOutputStream = RawInputStream


async def test_a_microphone_of_another_rate_is_resampled() -> None:
    library = ScriptedPortAudio(48_000)
    speaking = asyncio.create_task(_speak(library, tone(440, seconds=1, rate_hz=48_000)))
    async with portaudio_microphone(library, None) as microphone:
        await speaking
        heard = [await anext(aiter(microphone)) for _ in range(29)]
    assert library.streams[0].samplerate == 48_000
    assert {len(frame) for frame in heard} == {FRAME_BYTES}
    assert not library.streams[0].is_open


async def test_a_speaker_of_another_rate_is_resampled() -> None:
    library = ScriptedPortAudio(48_000)
    speaker = PortAudioSpeaker(library, None)
    playing = asyncio.create_task(_play(speaker, Sound(rate_hz=16_000, pcm=tone(440, seconds=0.5))))
    played = 0
    while not playing.done():
        await asyncio.sleep(0)
        if library.streams:
            wanted = memoryview(bytearray(960))
            library.streams[0].callback(wanted, 480, None, None)
            played += sum(sample != 0 for sample in wanted.cast("h"))
    assert library.streams[0].samplerate == 48_000
    assert played == pytest.approx(24_000, rel=0.02)
    assert not library.streams[0].is_open


async def test_a_speaker_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portaudio, "STALLED_S", 0.02)
    library = ScriptedPortAudio(16_000)
    speaker = PortAudioSpeaker(library, None)
    with pytest.raises(AudioError, match="took no sound"):
        await speaker.write(Sound(rate_hz=16_000, pcm=tone(440, seconds=1)))
    await speaker.silence()
    assert not library.streams[0].is_open


async def test_a_device_that_cannot_be_opened_is_refused_with_the_reason() -> None:
    with pytest.raises(AudioError, match=r"no speaker: PortAudio says “Device unavailable”; `local-voice doctor`"):
        await PortAudioSpeaker(ScriptedPortAudio(16_000, is_busy=True), None).write(
            Sound(rate_hz=16_000, pcm=bytes(100))
        )


async def _play(speaker: PortAudioSpeaker, sound: Sound) -> None:
    await speaker.write(sound)
    await speaker.drain()


async def _speak(library: ScriptedPortAudio, pcm: bytes) -> None:
    await library.is_opened.wait()
    for start in range(0, len(pcm), 3_072):
        library.streams[0].callback(pcm[start : start + 3_072], 1_536, None, None)
