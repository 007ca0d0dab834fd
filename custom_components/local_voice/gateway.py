"""The gateway as the integration knows it: what it offers, its satellites, what it can be asked; connected, and again.

`start` connects; from then on a task keeps the connection, or tries to have one again.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping, Sequence
from functools import partial
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant, callback

from .const import CONF_GATEWAY_ID, CONF_VOICE_PIN, CONF_VOICE_TOKEN
from .errors import GatewayError, NotConnectedError, TrustError, WrongVersionError
from .wire.answering import Answering, Home
from .wire.backoff import Backoff
from .wire.client import Client
from .wire.codec import Message
from .wire.connection import Connection, dial
from .wire.messages import (
    ActionAsked,
    Conversed,
    Detected,
    MuteSatellite,
    Offered,
    PlaceSatellite,
    Refused,
    SatelliteChanged,
    Satellites,
    SentenceAsked,
    TurnBegan,
    TurnHappened,
)
from .wire.open_request import Said, ended, to_its_end

__all__ = ["Gateway", "Home", "LocalVoiceConfigEntry", "Said"]

CONF_REASON: Final = "reason"
"""In the data that a reauth flow begins with: why it is needed (`unknown_token`, `changed_pin`)."""
TOLD_S: Final = 10.0
"""From the greeting to the last of what the gateway says about itself."""
UNTRUSTED_PAUSE_S: Final = 300.0
"""Somebody has to pair again; only a gateway that was another for a while comes back by itself."""

_LOGGER = logging.getLogger(__name__)

type LocalVoiceConfigEntry = ConfigEntry[Gateway]


class Gateway:
    """One gateway, over a connection that comes and goes."""

    def __init__(self, hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
        """Know what `entry` says; nothing is dialled before `start`."""
        self._hass = hass
        self._entry = entry
        self.id: Final[str] = entry.data[CONF_GATEWAY_ID]
        self.name: Final[str] = entry.title
        self.address: Final[str] = entry.data[CONF_HOST]
        self.version = ""
        """From the greeting; empty before."""
        self.offered: Offered | None = None
        """The last one; kept while the gateway is away."""
        self.satellites: Mapping[str, SatelliteChanged] = {}
        """Those that are paired, by id; kept while the gateway is away."""
        self.trouble = ""
        """Why it is away: the translation key of an error, nothing while it is there."""
        self._known: dict[str, SatelliteChanged] = {}
        self._paired: frozenset[str] = frozenset()
        self._places: dict[str, str | None] = {}
        self._told_places: dict[str, str | None] = {}
        self._client: Client | None = None
        self._answering: Answering
        self._ready = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._on_change: list[Callable[[], None]] = []
        self._on_turn: list[Callable[[TurnBegan | TurnHappened], None]] = []

    @property
    def is_connected(self) -> bool:
        """Whether the gateway is there, and has said what it has."""
        return self._ready.is_set()

    # The connection

    async def start(self, home: Home) -> None:
        """Connect, and stay connected until `stop`.

        Raises NotConnectedError, TrustError, WrongVersionError, or GatewayError for a gateway that lets nobody in now.
        """
        connection = await self._connected()
        self._keeping = self._entry.async_create_background_task(
            self._hass, self._keep(home, connection), f"local_voice {self.id}"
        )
        try:
            async with asyncio.timeout(TOLD_S):
                await self._ready.wait()
        except BaseException as error:
            await self.stop()
            if isinstance(error, TimeoutError):
                raise NotConnectedError from error
            raise

    async def stop(self) -> None:
        """Be connected no more; nothing of the connection is left when this returns."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})

    async def _connected(self) -> Connection:
        data = self._entry.data
        connection = await dial(
            self._hass, self.address, data[CONF_PORT], pin=data[CONF_VOICE_PIN], token=data[CONF_VOICE_TOKEN]
        )
        try:
            greeting = await connection.greet()
        except BaseException:
            await to_its_end(connection.close())
            raise
        self.version = greeting.version
        return connection

    async def _keep(self, home: Home, connection: Connection) -> None:
        """Hold the connection, and have a new one whenever it has ended, until cancelled."""
        backoff = Backoff()
        while True:
            began_s = self._hass.loop.time()
            await self._hold(connection, home)
            pause_s = backoff.next_s(self._hass.loop.time() - began_s)
            while True:
                await asyncio.sleep(pause_s)
                try:
                    connection = await self._connected()
                except GatewayError as error:
                    pause_s = self._pause_s(error) or backoff.next_s()
                else:
                    break

    def _pause_s(self, error: GatewayError) -> float | None:
        """Return how long to wait where the next try comes to the same unless somebody does something."""
        self.trouble = error.translation_key or ""
        if isinstance(error, TrustError):
            self._entry.async_start_reauth(self._hass, data={CONF_REASON: self.trouble})
            return UNTRUSTED_PAUSE_S
        if isinstance(error, WrongVersionError):
            self._hass.config_entries.async_schedule_reload(self._entry.entry_id)  # setting up says what is to be done
            return UNTRUSTED_PAUSE_S
        return None

    async def _hold(self, connection: Connection, home: Home) -> None:
        """Speak with the gateway until the connection ends."""
        client = Client(connection, self._told)
        self._answering = Answering(home, client)
        self._client = client
        reading = asyncio.create_task(client.run())
        telling = asyncio.create_task(self._tell(home, client))
        try:
            await asyncio.wait({reading, telling}, return_when=asyncio.FIRST_EXCEPTION)
            if self.is_connected:
                _LOGGER.info("%s: the connection is lost", self.name)
        finally:
            self._lost()
            await to_its_end(self._let_go(connection, telling, reading))

    async def _let_go(self, connection: Connection, *tasks: asyncio.Task[None]) -> None:
        for task in tasks:
            await ended(task)
        await self._answering.close()
        await connection.close()

    async def _tell(self, home: Home, client: Client) -> None:
        """Wait until the gateway has said what it has, then tell it the house."""
        async with asyncio.timeout(TOLD_S):
            await self._ready.wait()
        try:
            await home.tell(client.say_patiently)
        except NotConnectedError:
            raise
        except Exception as error:
            _LOGGER.warning("%s: the house could not be told: %s", self.name, type(error).__name__)
            raise

    def _found(self) -> None:
        """The gateway is here, and has said what it has."""
        if self.trouble:
            _LOGGER.info("%s: connected again", self.name)
        self.trouble = ""
        self._ready.set()

    def _lost(self) -> None:
        self._client = None
        self._told_places.clear()
        if self._ready.is_set():
            self._ready.clear()
            self.trouble = "not_connected"
            self._changed()

    # What it says unasked

    def on_change(self, cb: Callable[[], None]) -> Callable[[], None]:
        """Have `cb` called whenever connection, offer or satellites are different; return what ends it."""
        self._on_change.append(cb)
        return partial(self._on_change.remove, cb)

    def on_turn(self, cb: Callable[[TurnBegan | TurnHappened], None]) -> Callable[[], None]:
        """Have `cb` called when a satellite is woken, and when a turn is over; return what ends it."""
        self._on_turn.append(cb)
        return partial(self._on_turn.remove, cb)

    @callback
    def _changed(self) -> None:
        for cb in list(self._on_change):
            _call(cb)

    @callback
    def _told(self, message: Message) -> None:
        match message:
            case Offered():
                self.offered = message
                self._changed()
            case SatelliteChanged():
                self._known[message.satellite_id] = message
                self._sort_satellites()
            case Satellites():
                self._paired = frozenset(message.satellite_ids)
                self._found()
                self._sort_satellites()
                self._tell_places()
            case TurnBegan() | TurnHappened():
                for cb in list(self._on_turn):
                    _call(partial(cb, message))
            case ActionAsked() | SentenceAsked():
                self._answering.ask(message)
            case Refused():
                _LOGGER.warning("%s does not do what it was told (%s): %s", self.name, message.about, message.code)
            case _:
                _LOGGER.debug("%s: %s", self.name, message.wire_name)

    @callback
    def _sort_satellites(self) -> None:
        """Keep the satellites that are paired; how one is may be told before it is said to be paired, or after."""
        self.satellites = {known: words for known, words in self._known.items() if known in self._paired}
        self._changed()

    # What it is asked and told; each raises NotConnectedError where it is away, RefusedError where it does not do it

    async def recognize(self, sound: AsyncIterable[bytes], *, language: str, wake_tail_ms: int = 0) -> str:
        """Return the words in `sound`, 16 kHz mono s16le, as soon as they are known; none for silence and noise."""
        return await self._connected_client.recognize(sound, language=language, wake_tail_ms=wake_tail_ms)

    async def detect(self, sound: AsyncIterable[bytes], *, wake_words: Sequence[str] = ()) -> Detected:
        """Return which wake word was said in `sound`, 16 kHz mono s16le, and when; none where it ended without one."""
        return await self._connected_client.detect(sound, wake_words=wake_words)

    async def speak(self, text: AsyncIterable[str], *, language: str, voice: str) -> tuple[int, AsyncGenerator[bytes]]:
        """Return the rate, and the sound, mono s16le, as it is made; `text` may still come in pieces meanwhile."""
        return await self._connected_client.speak(text, language=language, voice=voice)

    async def converse(self, said: Said) -> Conversed:
        """Have something understood, done and answered."""
        return await self._connected_client.converse(said)

    async def announce(self, satellite_id: str, *, text: str = "", sound: bytes = b"", then: str = "") -> str:
        """Have a text or a sound file heard at a satellite, and return when it was.

        With `then="answer"` return what was said to it, which may be nothing; with `then="listen"` a turn follows.
        """
        return await self._connected_client.announce(satellite_id, text=text, sound=sound, then=then)

    async def change_settings(
        self,
        *,
        stt_model: str | None = None,
        voice: str | None = None,
        wake_words: Sequence[str] | None = None,
        wake_sensitivity: int | None = None,
    ) -> None:
        """Set the gateway up differently, and return when it is so; what is None stays."""
        await self._connected_client.change_settings(
            stt_model=stt_model, voice=voice, wake_words=wake_words, wake_sensitivity=wake_sensitivity
        )

    @callback
    def mute(self, satellite_id: str, muted: bool) -> None:
        """Have a satellite listen no more, or again."""
        self._connected_client.say(MuteSatellite(satellite_id=satellite_id, muted=muted))

    @callback
    def place(self, satellite_id: str, area_id: str | None) -> None:
        """Say in which room a satellite stands: now, and whenever the gateway comes back."""
        self._places[satellite_id] = area_id
        self._tell_places()

    @callback
    def _tell_places(self) -> None:
        """Say where satellites stand, of those that are paired, and that the gateway does not know yet."""
        if not self.is_connected:
            return
        for satellite_id in self.satellites.keys() & self._places.keys():
            area_id = self._places[satellite_id]
            if self._told_places.get(satellite_id) != area_id:
                self._told_places[satellite_id] = area_id
                self._connected_client.say(PlaceSatellite(satellite_id=satellite_id, area_id=area_id))

    @property
    def _connected_client(self) -> Client:
        if self._client is None or not self.is_connected:
            raise NotConnectedError
        return self._client


def _call(cb: Callable[[], None]) -> None:
    """Tell somebody; what goes wrong there does not concern the others, nor the connection."""
    try:
        cb()
    except Exception:
        _LOGGER.exception("Something that listens to the gateway failed")
