"""One connection with the gateway, as a satellite speaks: it greets, does what it is told, and says how it went."""

import asyncio
from collections.abc import Callable
from importlib.metadata import version
from typing import Final

from gateway.errors import ConfigError, LinkError, ProtocolError
from gateway.satellite.playback import Playback
from gateway.satellite.side_by_side import until_first
from gateway.wire.channel import Channel
from gateway.wire.messages import PROTOCOL_VERSION, Greeting, Hello, Message
from gateway.wire.voice_words import Chime, Drain, Listening, Mute, Muted, Silence, SoundBegin

PATH: Final = "/voice"
GREETING_S: Final = 10.0
"""A gateway greets at once."""


class Session:
    """The satellite's side of one connection."""

    def __init__(
        self,
        channel: Channel,
        playback: Playback,
        *,
        mute: Callable[[bool], None],
        listening: Callable[[bool], None],
    ) -> None:
        """`mute` is called when the gateway asks for it, `listening` when the sign is to be changed."""
        self._channel = channel
        self._playback = playback
        self._mute = mute
        self._listening = listening

    async def greet(self) -> None:
        """Say hello and hear the greeting. Raises LinkError, and ConfigError where only a person can help."""
        self._channel.say(Hello(protocol=PROTOCOL_VERSION, version=version("local-voice")))
        try:
            async with asyncio.timeout(GREETING_S):
                heard = await self._channel.hear()
        except TimeoutError as error:
            raise LinkError(f"the gateway did not greet within {GREETING_S:.0f} seconds") from error
        if heard is None:
            raise self._ended()
        if not isinstance(heard, Greeting) or heard.protocol != PROTOCOL_VERSION:
            raise LinkError(f"the gateway did not greet{_WHY['wrong_version']}")

    async def run(self) -> None:
        """Do what the gateway says until the connection ends.

        Raises LinkError or ProtocolError, and ConfigError where only a person can help.
        """
        try:
            await until_first(self._obey(), self._playback.run(), self._playback.report())
        finally:
            self._listening(False)

    def say(self, message: Message) -> None:
        """Say something."""
        self._channel.say(message)

    def muted(self, is_muted: bool) -> None:
        """Say whether frames will come; when muted, what was heard and has not left yet never leaves."""
        if is_muted:
            self._channel.forget_sound()
        self._channel.say(Muted(muted=is_muted))

    async def send(self, frame: bytes) -> None:
        """Send a frame of the microphone's. Raises LinkError."""
        await self._channel.play(frame)

    async def _obey(self) -> None:
        while (heard := await self._channel.hear()) is not None:
            try:
                await self._do(heard)
            except ProtocolError as error:
                await self._channel.close(error.refusal)
                raise
        raise self._ended()

    async def _do(self, heard: Message | bytes) -> None:
        match heard:
            case bytes():
                self._playback.take(heard)
            case SoundBegin():
                self._playback.begin(heard.rate_hz)
            case Chime():
                self._playback.chime()
            case Drain():
                self._playback.drain(heard.id)
            case Silence():
                await self._playback.silence()
            case Listening():
                self._listening(heard.listening)
            case Mute():
                self._mute(heard.muted)

    def _ended(self) -> LinkError | ConfigError:
        """Return in words why the connection is at its end."""
        if self._channel.told == "replaced":
            return ConfigError(
                "this satellite has connected a second time, from another program; end one of the two, "
                "or pair the other one for itself"
            )
        return LinkError(f"the gateway ended the connection{_WHY.get(self._channel.told, '')}")


_WHY: Final = {
    "stopping": ": it was stopped",
    "too_slow": ": this satellite did not keep up",
    "too_fast": ": this satellite sent too much",
    "wrong_version": ": it speaks another version of the protocol; update the older of the two",
}
