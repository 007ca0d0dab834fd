"""The microphone of this machine: an endless row of frames. Chooses how to reach it, and listens to none of it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from gateway.errors import AudioError
from gateway.satellite import portaudio
from gateway.satellite.alsa import arecord_microphone


class Microphone(Protocol):
    """An endless iterator of frames: `FRAME_BYTES` of 16 kHz mono s16le, every 32 ms.

    Iteration raises AudioError when the device is gone. Who reads too slowly loses the oldest frames.
    """

    dropped_frames: int
    """How many frames were lost to a slow reader."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...


@asynccontextmanager
async def open_microphone(device: str | None = None) -> AsyncIterator[Microphone]:
    """Listen to `device` (the system's default if none is named) for the time of the block.

    PortAudio's where it is installed and knows the device, else ALSA's by arecord. Sound flows when the block begins.
    Raises AudioError where nothing can be heard.
    """
    library = await asyncio.to_thread(portaudio.load)
    if library is not None and portaudio.has_device(library, device, "input"):
        opened = portaudio.portaudio_microphone(library, device)
    elif shutil.which("arecord"):
        opened = arecord_microphone(device)
    else:
        raise AudioError("no microphone: neither PortAudio nor arecord is here; install the package alsa-utils")
    async with opened as microphone:
        yield microphone
