"""Microphone and speaker through PortAudio, where the extra `sounddevice` and the system's library are installed.

The library is loaded when first asked for, and never at import: both are optional.
"""

import asyncio
import contextlib
import ctypes
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Protocol

from gateway.audio import FRAME_MS, RATE_HZ, SAMPLE_BYTES, Resampler
from gateway.errors import AudioError
from gateway.events import Sound
from gateway.frame_queue import FrameQueue

AHEAD_MS = 100
"""How much sound waits for PortAudio's callback; its own latency comes on top."""
LATENCY_S = 0.1
"""What PortAudio is asked to buffer: enough for a busy processor, little enough to stay in time."""
STALLED_S = 5.0
"""A speaker that takes nothing for this long hangs."""


class Stream(Protocol):
    """What is used of sounddevice's streams."""

    def start(self) -> None:
        """Begin."""

    @property
    def latency(self) -> float:
        """Seconds from the callback to the ear."""

    def abort(self) -> None:
        """Stop at once."""

    def close(self) -> None:
        """Give the device back."""


_say_nothing = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p)
"""A function in C that does nothing with what it is given. One in Python would swallow Ctrl-C, which comes where Python
is next, and out of a callback no exception comes."""


def load() -> ModuleType | None:
    """Return the library sounddevice with PortAudio started, or none where either is missing.

    May take a second; call it in a thread. ALSA's habit of writing its guesses on the terminal is switched off.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(_say_nothing)
    try:
        import sounddevice
    except ImportError, OSError:
        return None
    return sounddevice  # type: ignore[no-any-return]


def has_device(library: ModuleType, device: str | None, kind: str) -> bool:
    """Return whether PortAudio knows `device` as an `input` or `output`; none means any."""
    try:
        library.query_devices(device, kind)
    except ValueError, library.PortAudioError:
        return False
    return True


@asynccontextmanager
async def portaudio_microphone(library: ModuleType, device: str | None) -> AsyncIterator[FrameQueue]:
    """Record from a PortAudio device for the time of the block, at its own rate if it has to be.

    Raises AudioError where nothing can be recorded.
    """
    loop = asyncio.get_running_loop()
    queue = FrameQueue()
    rate_hz = _usable_rate_hz(library, device, "input", RATE_HZ)
    resampler = Resampler(rate_hz, RATE_HZ)

    def hear(data: object, _count: int, _time: object, _status: object) -> None:
        pcm = bytes(data)  # type: ignore[call-overload]
        with contextlib.suppress(RuntimeError):  # the loop may be closed already
            loop.call_soon_threadsafe(lambda: queue.put(resampler.feed(pcm)))

    stream = await _open(
        library,
        "input",
        lambda: library.RawInputStream(
            samplerate=rate_hz,
            blocksize=rate_hz * FRAME_MS // 1000,
            device=device,
            channels=1,
            dtype="int16",
            callback=hear,
        ),
    )
    try:
        await queue.wait_for_sound()
        yield queue
    finally:
        await _close(stream)


class PortAudioSpeaker:
    """One PortAudio stream per stretch of sound, fed from a short buffer."""

    def __init__(self, library: ModuleType, device: str | None) -> None:
        self._library = library
        self._device = device
        self._playback: _Playback | None = None
        self._silences = 0

    async def write(self, sound: Sound) -> None:
        """Play `sound` after what was written before; returns when no more than `AHEAD_MS` wait.

        Raises AudioError where nothing can be played.
        """
        silences = self._silences
        if self._playback is None or self._playback.rate_hz != sound.rate_hz:
            await self.drain()
            playback = await _Playback.start(self._library, self._device, sound.rate_hz)
            if silences != self._silences:
                await playback.stop()
                return
            self._playback = playback
        await self._playback.write(sound.pcm)

    async def drain(self) -> None:
        """Return when everything that was written has been heard."""
        playback, self._playback = self._playback, None
        if playback is not None:
            await playback.drain()

    async def silence(self) -> None:
        """Stop at once and forget what was not yet heard; the next `write` begins anew."""
        self._silences += 1
        playback, self._playback = self._playback, None
        if playback is not None:
            await playback.stop()


class _Playback:
    """A running output stream. PortAudio's thread takes from the buffer, the event loop fills it."""

    def __init__(self, rate_hz: int, device_hz: int) -> None:
        self.rate_hz = rate_hz
        self._resampler = Resampler(rate_hz, device_hz)
        self._ahead_bytes = device_hz * AHEAD_MS // 1000 * SAMPLE_BYTES
        self._buffer = bytearray()
        self._lock = threading.Lock()
        self._is_stopped = False
        self._stream: Stream
        self._taken = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def start(cls, library: ModuleType, device: str | None, rate_hz: int) -> _Playback:
        """Open the device, at its own rate if it has to be."""
        device_hz = _usable_rate_hz(library, device, "output", rate_hz)
        playback = cls(rate_hz, device_hz)
        playback._stream = await _open(
            library,
            "output",
            lambda: library.RawOutputStream(
                samplerate=device_hz,
                device=device,
                channels=1,
                dtype="int16",
                latency=LATENCY_S,
                callback=playback._give,
            ),
        )
        return playback

    async def write(self, pcm: bytes) -> None:
        """Add to the buffer, piece by piece as there is room."""
        sound = self._resampler.feed(pcm)
        for start in range(0, len(sound), self._ahead_bytes):
            with self._lock:
                self._buffer += sound[start : start + self._ahead_bytes]
            await self._wait_until_left(self._ahead_bytes)
            if self._is_stopped:
                return

    async def drain(self) -> None:
        """Let the rest be heard, then close the device."""
        with self._lock:
            self._buffer += self._resampler.finish()
        try:
            await self._wait_until_left(0)
            await asyncio.sleep(self._stream.latency)  # PortAudio's own stop loses the last 50 ms
        finally:
            await self.stop()

    async def stop(self) -> None:
        """Throw the rest away and close the device."""
        self._is_stopped = True
        self._taken.set()
        await _close(self._stream)

    async def _wait_until_left(self, count: int) -> None:
        try:
            while len(self._buffer) > count and not self._is_stopped:
                self._taken.clear()
                async with asyncio.timeout(STALLED_S):
                    await self._taken.wait()
        except TimeoutError as error:
            raise AudioError(f"the speaker took no sound for {STALLED_S:.0f} seconds; is it in use?") from error

    def _give(self, wanted: memoryview, _count: int, _time: object, _status: object) -> None:
        size = len(wanted)
        with self._lock:
            piece = bytes(self._buffer[:size])
            del self._buffer[:size]
        wanted[:] = piece.ljust(size, b"\0")
        with contextlib.suppress(RuntimeError):  # the loop may be closed already
            self._loop.call_soon_threadsafe(self._taken.set)


def _usable_rate_hz(library: ModuleType, device: str | None, kind: str, wanted_hz: int) -> int:
    """Return `wanted_hz`, or the device's own rate where it cannot do that.

    Raises AudioError where there is no such device.
    """
    check = library.check_input_settings if kind == "input" else library.check_output_settings
    try:
        info = library.query_devices(device, kind)
    except (ValueError, library.PortAudioError) as error:
        raise _failure(kind, error) from error
    try:
        check(device=device, channels=1, dtype="int16", samplerate=wanted_hz)
    except library.PortAudioError:
        return int(info["default_samplerate"])
    return wanted_hz


async def _open(library: ModuleType, kind: str, make: Callable[[], Stream]) -> Stream:
    """Make and start a stream in a thread: drivers take their time."""

    def open_and_start() -> Stream:
        stream = make()
        stream.start()
        return stream

    opening = asyncio.get_running_loop().run_in_executor(None, open_and_start)
    try:
        return await asyncio.shield(opening)
    except library.PortAudioError as error:
        raise _failure(kind, error) from error
    except asyncio.CancelledError:
        await _close(await opening)
        raise


async def _close(stream: Stream) -> None:
    def abort_and_close() -> None:
        stream.abort()
        stream.close()

    await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, abort_and_close))


def _failure(kind: str, error: Exception) -> AudioError:
    what = "microphone" if kind == "input" else "speaker"
    return AudioError(f"no {what}: PortAudio says “{error}”; `local-voice doctor` lists the sound devices")
