"""A microphone and a speaker somewhere in the house: streams to its gateway, plays what comes, and never gives up."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final

from gateway.audio import Clock, Sleep
from gateway.errors import AudioError, LinkError, ProtocolError, VoiceError
from gateway.satellite.known_gateways import KnownGateway
from gateway.satellite.lasting_microphone import OpenMicrophone, lasting_microphone
from gateway.satellite.local_device import LocalDevice
from gateway.satellite.playback import Playback
from gateway.satellite.session import PATH, Session
from gateway.satellite.side_by_side import until_first
from gateway.satellite.sign import Sign
from gateway.satellite.speaker import Speaker
from gateway.wire.dial import dial
from gateway.wire.voice_words import TO_SATELLITE, SoundFailed

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 4.0
"""A gateway that comes back is found within this time, and a moment for the handshake."""

type OpenSpeaker = Callable[[], AbstractAsyncContextManager[Speaker]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """How long to wait before trying again: anything up to a bound that doubles, so that satellites spread out."""

    sleep: Sleep = asyncio.sleep
    uniform: Callable[[float, float], float] = random.uniform
    clock: Clock = time.monotonic

    async def before_try(self, number: int) -> None:
        """Wait before try `number`, counted from 0."""
        doublings = min(number, 10)
        await self.sleep(self.uniform(0.0, min(FIRST_PAUSE_S * 2**doublings, LONGEST_PAUSE_S)))


class Satellite:
    """Belongs to the event loop that is running when it runs."""

    def __init__(
        self,
        gateway: KnownGateway,
        open_microphone: OpenMicrophone,
        open_speaker: OpenSpeaker,
        sign: Sign,
        *,
        is_muted: bool = False,
        reached: Callable[[], None] = lambda: None,
        heard: Callable[[], None] = lambda: None,
        pauses: Pauses | None = None,
    ) -> None:
        """`reached` is called when there is a connection, `heard` when a reply has been heard to its end."""
        self._gateway = gateway
        self._open_microphone = open_microphone
        self._open_speaker = open_speaker
        self._sign = sign
        self._reached = reached
        self._heard = heard
        self._pauses = pauses or Pauses()
        self._session: Session | None = None
        self._has_microphone = True
        self._is_lost = False
        self.is_muted = is_muted
        """Whether no frame leaves the program."""

    async def run(self) -> None:
        """Hear and play until cancelled.

        Raises AudioError where there is no microphone or speaker at the beginning, TrustError or ConfigError where the
        gateway does not want us, or is not ours.
        """
        self._sign.muted(self.is_muted)
        async with (
            lasting_microphone(self._open_microphone, self._microphone_changed) as microphone,
            self._open_speaker() as speaker,
        ):
            device = LocalDevice(microphone, speaker, self._sign.listening)
            await until_first(self._hear(device.frames()), self._stay_connected(device))

    def set_muted(self, is_muted: bool) -> None:
        """Let no frame leave from now on, or let them again; the gateway is told."""
        self.is_muted = is_muted
        self._sign.muted(is_muted)
        if self._session is not None:
            self._session.muted(is_muted)

    def toggle_mute(self) -> None:
        """Do the opposite: somebody pressed the button."""
        self.set_muted(not self.is_muted)

    async def _hear(self, frames: AsyncIterator[bytes]) -> None:
        """Send what the microphone hears; while there is nobody to send it to, or it is muted, throw it away."""
        async for frame in frames:
            if self._session is not None and not self.is_muted:
                with contextlib.suppress(LinkError):  # whoever listens to the connection finds out too
                    await self._session.send(frame)

    async def _stay_connected(self, device: LocalDevice) -> None:
        tries = 0
        while True:
            began_s = self._pauses.clock()
            try:
                await self._connection(device)
            except (LinkError, ProtocolError) as error:
                self._lost(error)
            if self._pauses.clock() - began_s > LONGEST_PAUSE_S:
                tries = 0  # a gateway that ends every connection at once is not asked more often for that
            await self._pauses.before_try(tries)
            tries += 1

    async def _connection(self, device: LocalDevice) -> None:
        """Serve one connection to its end. Raises LinkError, ProtocolError, TrustError, ConfigError."""
        gateway = self._gateway
        async with dial(gateway.voice, PATH, TO_SATELLITE, pin=gateway.voice_pin, token=gateway.voice_token) as channel:
            playback = Playback(device, channel.say, changed=self._speaker_changed, heard=self._heard)
            session = Session(channel, playback, mute=self.set_muted, listening=device.show_listening)
            await session.greet()
            session.muted(self.is_muted)
            if not self._has_microphone:
                session.say(SoundFailed(device="microphone"))
            self._session = session
            self._sign.connected(again=self._is_lost)
            self._is_lost = False
            self._reached()
            try:
                await session.run()
            finally:
                self._session = None

    def _lost(self, error: VoiceError) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._sign.lost(error)

    def _microphone_changed(self, error: AudioError | None) -> None:
        self._has_microphone = error is None
        self._sign.sound("microphone", error)
        if error is not None and self._session is not None:
            self._session.say(SoundFailed(device="microphone"))

    def _speaker_changed(self, error: AudioError | None) -> None:
        self._sign.sound("speaker", error)
