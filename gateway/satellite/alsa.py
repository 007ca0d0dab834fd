"""Microphone and speaker through ALSA's own programs, arecord and aplay. They convert any rate by themselves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.audio import FRAME_SAMPLES, RATE_HZ
from gateway.errors import AudioError
from gateway.events import Sound
from gateway.frame_queue import FrameQueue
from gateway.satellite.program import SoundProgram

RECORD_BUFFER_FRAMES = 16
"""Half a second in the device, for moments when the processor is busy elsewhere."""
PLAY_BUFFER_US, PLAY_PERIOD_US = 120_000, 20_000
"""How far the device is ahead of what is heard: enough for a busy processor, little enough to stay in time."""
WRITE_MS = 20
"""A sound is written in pieces of this length, so that `silence` is never behind a long one."""
DRAINED_S = 3.0
"""What the pipe and the device hold is heard within a quarter of a second; sound servers take their time to close."""


@asynccontextmanager
async def arecord_microphone(device: str | None) -> AsyncIterator[FrameQueue]:
    """Run arecord on an ALSA device (`default` if none is named) for the time of the block.

    Raises AudioError where nothing can be recorded.
    """
    queue = FrameQueue()
    program = await SoundProgram.start(
        [
            *("arecord", "-q", "-t", "raw", "-f", "S16_LE", "-r", str(RATE_HZ), "-c", "1"),
            f"--period-size={FRAME_SAMPLES}",
            f"--buffer-size={FRAME_SAMPLES * RECORD_BUFFER_FRAMES}",
            *_device(device),
        ],
        on_sound=queue.put,
        on_exit=lambda: queue.end(_failure("microphone", program)),
    )
    try:
        await queue.wait_for_sound()
        yield queue
    finally:
        await program.kill()


class AplaySpeaker:
    """One aplay per stretch of sound; silence is its death."""

    def __init__(self, device: str | None) -> None:
        self._device = device
        self._program: SoundProgram | None = None
        self._rate_hz = 0
        self._silences = 0

    async def write(self, sound: Sound) -> None:
        """Play `sound` after what was written before; returns when no more than a quarter of a second is ahead.

        Raises AudioError where nothing can be played.
        """
        silences = self._silences
        if self._program is None or self._rate_hz != sound.rate_hz:
            await self.drain()
            program = await self._start(sound.rate_hz)
            if silences != self._silences:
                await program.kill()
                return
            self._program, self._rate_hz = program, sound.rate_hz
        program = self._program
        step = 2 * (sound.rate_hz * WRITE_MS // 1000)
        for start in range(0, len(sound.pcm), step):
            await program.write(sound.pcm[start : start + step])
            if program.is_ended:
                return
            if program.has_failed:
                self._program = None
                await program.kill()
                raise _failure("speaker", program)

    async def drain(self) -> None:
        """Return when everything that was written has been heard.

        Raises AudioError where that fails or does not come to an end.
        """
        program, self._program = self._program, None
        if program is not None:
            await program.finish(DRAINED_S)
            if program.has_failed:
                raise _failure("speaker", program)

    async def silence(self) -> None:
        """Stop at once and forget what was not yet heard; the next `write` begins anew."""
        self._silences += 1
        program, self._program = self._program, None
        if program is not None:
            await program.kill()

    async def _start(self, rate_hz: int) -> SoundProgram:
        return await SoundProgram.start(
            [
                *("aplay", "-q", "-t", "raw", "-f", "S16_LE", "-r", str(rate_hz), "-c", "1"),
                f"--buffer-time={PLAY_BUFFER_US}",
                f"--period-time={PLAY_PERIOD_US}",
                *_device(self._device),
                "-",
            ]
        )


def _device(name: str | None) -> tuple[str, ...]:
    return () if name is None else (f"--device={name}",)


def _failure(what: str, program: SoundProgram) -> AudioError:
    name = "arecord" if what == "microphone" else "aplay"
    return AudioError(f"no {what}: {name} says “{program.complaint}”; `local-voice doctor` lists the sound devices")
