"""This machine's microphone and speaker as one device: what is played, and what is heard without our own chime."""

from collections.abc import AsyncIterator, Callable

from gateway.chimes import wake_chime
from gateway.events import Sound
from gateway.satellite.chime_canceller import ChimeCanceller
from gateway.satellite.microphone import Microphone
from gateway.satellite.speaker import Speaker


class LocalDevice:
    """What a conversation needs of a microphone and a speaker. Its methods raise AudioError where those fail."""

    def __init__(self, microphone: Microphone, speaker: Speaker, show_listening: Callable[[bool], None]) -> None:
        """`show_listening` is told whether what is said now is being recognised."""
        self._microphone = microphone
        self._speaker = speaker
        self._canceller = ChimeCanceller()
        self.show_listening = show_listening

    def frames(self) -> AsyncIterator[bytes]:
        """Return the microphone's frames (`FRAME_BYTES`, 16 kHz mono s16le), without the chime's own sound."""
        return _Cleaned(aiter(self._microphone), self._canceller)

    async def chime(self) -> None:
        """Play the sound that says "I am listening"; return when it has been heard."""
        self._canceller.chime_started()
        await self._speaker.write(wake_chime())
        await self._speaker.drain()

    async def write(self, sound: Sound) -> None:
        """Play `sound` after what was written before; return when little of it is unheard."""
        await self._speaker.write(sound)

    async def drain(self) -> None:
        """Return when everything that was written has been heard."""
        await self._speaker.drain()

    async def silence(self) -> None:
        """Stop at once and forget what was not yet heard."""
        await self._speaker.silence()


class _Cleaned:
    """Frames without the chime. No generator: those end when waiting for a frame is cancelled."""

    def __init__(self, frames: AsyncIterator[bytes], canceller: ChimeCanceller) -> None:
        self._frames = frames
        self._canceller = canceller

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        return self._canceller.clean(await anext(self._frames))
