"""The speaker of this machine: sound is written piece by piece, and can be silenced at any moment."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from gateway.errors import AudioError
from gateway.events import Sound
from gateway.satellite import portaudio
from gateway.satellite.alsa import AplaySpeaker


class Speaker(Protocol):
    """One stretch of sound at a time. Every method raises AudioError where the device fails."""

    async def write(self, sound: Sound) -> None:
        """Play `sound` after what was written before; returns when little of it (a quarter of a second) is unheard."""

    async def drain(self) -> None:
        """Return when everything that was written has been heard."""

    async def silence(self) -> None:
        """Stop at once and forget what was not yet heard; a `write` under way returns, the next one begins anew."""


@asynccontextmanager
async def open_speaker(device: str | None = None) -> AsyncIterator[Speaker]:
    """Hold a speaker on `device` (the system's default if none is named); it is silenced at the end of the block.

    PortAudio's where it is installed and knows the device, else ALSA's by aplay. The device is in use only while
    something is played.
    Raises AudioError where there is neither.
    """
    library = await asyncio.to_thread(portaudio.load)
    speaker: Speaker
    if library is not None and portaudio.has_device(library, device, "output"):
        speaker = portaudio.PortAudioSpeaker(library, device)
    elif shutil.which("aplay"):
        speaker = AplaySpeaker(device)
    else:
        raise AudioError("no speaker: neither PortAudio nor aplay is here; install the package alsa-utils")
    try:
        yield speaker
    finally:
        await speaker.silence()


async def play(speaker: Speaker, sounds: AsyncIterator[Sound]) -> None:
    """Play `sounds` as they come, until the last has been heard; silent at once when cancelled."""
    try:
        async for sound in sounds:
            await speaker.write(sound)
        await speaker.drain()
    finally:
        await speaker.silence()
