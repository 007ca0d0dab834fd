"""A satellite's microphone and speaker at the other end of a connection. Decides nothing about what is said.

The satellite says how much it has played; we are never further ahead of that than it can keep.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final, Self

from gateway.audio import FRAME_BYTES, FRAME_MS, SAMPLE_BYTES
from gateway.chimes import CHIME_MS
from gateway.errors import LinkError, ProtocolError
from gateway.events import Sound
from gateway.frame_queue import FrameQueue
from gateway.wire.channel import Channel
from gateway.wire.messages import LARGEST_FRAME_BYTES, Message
from gateway.wire.voice_words import (
    SPEECH_AHEAD_BYTES,
    Chime,
    Drain,
    Drained,
    Listening,
    Mute,
    Muted,
    Played,
    Silence,
    SoundBegin,
)

UNHEARD_S: Final = 0.25
"""`write` returns with this much to play: the next stretch is here before the speaker runs dry."""
PROGRESS_S: Final = 5.0
"""A satellite that plays says so ten times a second."""
DRAIN_S: Final = 10.0
"""A drain may take this much longer than the sound lasts: a Bluetooth speaker wakes up."""
SILENT_AFTER_S: Final = 1.0
"""A network may hold frames up this long. Who is muted sends none at all."""
SILENCE: Final = bytes(FRAME_BYTES)


class RemoteDevice:
    """Implements `conversation.Device` over a channel.

    What is sent raises LinkError once the connection has ended; whoever waits then is ended by the session.
    """

    def __init__(self, channel: Channel, changed: Callable[[], None]) -> None:
        """`changed` is called when `is_muted` or `activity` may be another."""
        self._channel = channel
        self._changed = changed
        self._queue = FrameQueue(stalled_s=None)
        self._dropped_before = 0
        self._news = asyncio.Event()
        self._sent_bytes = self._played_bytes = 0
        self._rate_hz = 0
        self._drains_asked = self._drains_done = 0
        self._silences = 0
        self._is_listening = self._is_processing = self._is_sounding = False
        self.is_muted = False
        """Whether the satellite listens no more: as it said, or as soon as it was told to."""

    @property
    def activity(self) -> str:
        """`idle`, `listening`, `processing` or `responding`."""
        if self._is_sounding:
            return "responding"
        if self._is_processing:
            return "processing"
        return "listening" if self._is_listening else "idle"

    @property
    def dropped_frames(self) -> int:
        """How many of the microphone's frames nobody took in time, since somebody listens at all."""
        return self._queue.dropped_frames - self._dropped_before

    # What a conversation needs

    def frames(self) -> AsyncIterator[bytes]:
        """Return the microphone's frames; silence, at its pace, while none come, so that what has begun can end."""
        self._dropped_before = self._queue.dropped_frames
        return _Frames(self._queue)

    def show_listening(self, is_listening: bool) -> None:
        """Have the satellite show whether what is said now is being recognised."""
        if is_listening != self._is_listening:
            self._is_listening = is_listening
            self._channel.say(Listening(listening=is_listening))
            self._changed()

    def show_processing(self, is_processing: bool) -> None:
        """Show homes whether somebody waits for our answer; as soon as anything sounds, nobody does."""
        if is_processing != self._is_processing:
            self._is_processing = is_processing
            self._changed()

    async def chime(self) -> None:
        """Have the chime played; return when it has been heard."""
        await self._channel.say_patiently(Chime())
        await self._drained()

    async def write(self, sound: Sound) -> None:
        """Send `sound` as fast as it is played; return when little of it is unheard, or all of it is silenced."""
        silences = self._silences
        self._sounds(True)
        if sound.rate_hz != self._rate_hz:
            await self._channel.say_patiently(SoundBegin(rate_hz=sound.rate_hz))
            self._rate_hz = sound.rate_hz
        for start in range(0, len(sound.pcm), LARGEST_FRAME_BYTES):
            piece = sound.pcm[start : start + LARGEST_FRAME_BYTES]
            await self._heard_but(SPEECH_AHEAD_BYTES - len(piece), silences)
            if silences != self._silences:
                return
            self._sent_bytes += len(piece)
            await self._channel.play(piece)
        await self._heard_but(int(UNHEARD_S * sound.rate_hz) * SAMPLE_BYTES, silences)

    async def drain(self) -> None:
        """Return when everything that was written has been heard, or silenced."""
        try:
            await self._drained()
        finally:
            self._sounds(False)

    async def silence(self) -> None:
        """Have the satellite be silent and forget what it has; whoever waits for it to be heard waits no more."""
        self._silences += 1
        self._played_bytes = self._sent_bytes
        self._rate_hz = 0
        self._channel.say(Silence())
        self._tell()
        self._sounds(False)

    # What the session hands on

    def mute(self, muted: bool) -> None:
        """Tell the satellite to listen no more, or again; it counts as muted from now, but not as listening."""
        self._channel.say(Mute(muted=muted))
        if muted:
            self._be_muted(True)

    def hear(self, pcm: bytes) -> None:
        """Take sound from the microphone; what comes from a muted one is dropped."""
        if not self.is_muted:
            self._queue.put(pcm)

    def told(self, message: Message) -> None:
        """Take what the satellite says of its speaker and its button. Raises ProtocolError for anything else."""
        match message:
            case Played():
                # more than was sent cannot have been played, nor can it become less
                self._played_bytes = max(self._played_bytes, min(message.bytes, self._sent_bytes))
            case Drained():
                self._drains_done = max(self._drains_done, min(message.id, self._drains_asked))
            case Muted():
                self._be_muted(message.muted)
            case _:
                raise ProtocolError("out_of_order", "not now")
        self._tell()

    async def _drained(self) -> None:
        self._drains_asked += 1
        wanted, silences = self._drains_asked, self._silences
        await self._channel.say_patiently(Drain(id=wanted))
        lasts_s = CHIME_MS / 1000
        if self._rate_hz:
            lasts_s += (self._sent_bytes - self._played_bytes) / SAMPLE_BYTES / self._rate_hz
        try:
            async with asyncio.timeout(lasts_s + DRAIN_S):
                while self._drains_done < wanted and silences == self._silences:
                    await self._news.wait()
        except TimeoutError as error:
            raise self._stuck() from error

    async def _heard_but(self, most_bytes: int, silences: int) -> None:
        """Return when at most so many bytes are unheard, or there was a silence since `silences`."""
        clock = asyncio.get_running_loop().time
        deadline_s = clock() + PROGRESS_S
        try:
            while self._sent_bytes - self._played_bytes > most_bytes and silences == self._silences:
                before = self._played_bytes
                async with asyncio.timeout_at(deadline_s):
                    await self._news.wait()
                if self._played_bytes > before:
                    deadline_s = clock() + PROGRESS_S
        except TimeoutError as error:
            raise self._stuck() from error

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def _stuck(self) -> LinkError:
        self._channel.cut("too_slow")
        return LinkError("the satellite does not say that it plays")

    def _be_muted(self, muted: bool) -> None:
        if muted != self.is_muted:
            self.is_muted = muted
            self._changed()

    def _sounds(self, is_sounding: bool) -> None:
        if is_sounding != self._is_sounding or self._is_processing:
            self._is_sounding, self._is_processing = is_sounding, False
            self._changed()


class _Frames:
    """Frames of a queue, and silence where it has none. No generator: waiting for a frame may be cancelled."""

    def __init__(self, queue: FrameQueue) -> None:
        self._queue = queue
        self._patience_s = SILENT_AFTER_S

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            async with asyncio.timeout(self._patience_s):
                frame = await anext(self._queue)
        except TimeoutError:
            self._patience_s = FRAME_MS / 1000
            return SILENCE
        self._patience_s = SILENT_AFTER_S
        return frame
