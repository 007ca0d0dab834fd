"""The gateway as the integration knows it: what it offers, its satellites, what it can be asked; connected, and again.

`start` connects; from then on the connection is kept, or had again. The broker has one of its own (`broker.py`).
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping, Sequence
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant, callback

from .broker import Broker
from .const import CONF_GATEWAY_ID, CONF_VOICE_PIN, CONF_VOICE_TOKEN
from .errors import GatewayError, NotConnectedError, WrongVersionError
from .keeper import Keeper
from .ledger import Ledger
from .listeners import Listeners
from .timers import Timers
from .wire.answering import Answering, Home
from .wire.client import Client
from .wire.codec import Message
from .wire.connection import Connection, Port
from .wire.ledger_messages import Kept, SomethingForgotten
from .wire.messages import (
    FROM_VOICE,
    ActionAsked,
    Conversed,
    Detected,
    Greeting,
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
from .wire.timer_messages import RingTimer, TimersRunning, TimerUnheard

__all__ = ["Gateway", "Home", "LocalVoiceConfigEntry", "Said"]

PATH: Final = "/voice"
TOLD_S: Final = 10.0
"""From the greeting to the last of what the gateway says about itself."""

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
        self.broker: Final = Broker(hass, entry)
        self.ledger: Final = Ledger(lambda: self._connected_client)
        self.timers: Final = Timers(lambda: self._connected_client)
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
        self._home: Home
        self._ready = asyncio.Event()
        self._on_change: Listeners[()] = Listeners()
        self._on_turn: Listeners[TurnBegan | TurnHappened] = Listeners()
        self._on_conversed: Listeners[str] = Listeners()
        data = entry.data
        port = Port(
            host=self.address,
            number=data[CONF_PORT],
            path=PATH,
            heard=FROM_VOICE,
            pin=data[CONF_VOICE_PIN],
            token=data[CONF_VOICE_TOKEN],
        )
        self._keeper = Keeper(hass, entry, port, hold=self._hold, failed=self._failed)

    @property
    def is_connected(self) -> bool:
        """Whether the gateway is there, and has said what it has."""
        return self._ready.is_set()

    # The connection

    async def start(self, home: Home) -> None:
        """Connect, and stay connected until `stop`.

        Raises NotConnectedError, TrustError, WrongVersionError, or GatewayError for a gateway that lets nobody in now.
        """
        self._home = home
        self._keeper.keep(await self._keeper.connect())
        try:
            async with asyncio.timeout(TOLD_S):
                await self._ready.wait()
        except BaseException as error:
            await self.stop()
            if isinstance(error, TimeoutError):
                raise NotConnectedError from error
            raise

    async def stop(self) -> None:
        """Be connected no more, to the broker neither; nothing of a connection is left when this returns."""
        await asyncio.gather(self._keeper.stop(), self.broker.stop())

    def _failed(self, error: GatewayError) -> None:
        self.trouble = error.translation_key or ""
        if isinstance(error, WrongVersionError):
            self._hass.config_entries.async_schedule_reload(self._entry.entry_id)  # setting up says what is to be done

    async def _hold(self, connection: Connection, greeting: Greeting) -> None:
        """Speak with the gateway until the connection ends."""
        self.version = greeting.version
        client = Client(connection, self._told)
        self._answering = Answering(self._home, client)
        self._client = client
        reading = asyncio.create_task(client.run())
        telling = asyncio.create_task(self._tell(self._home, client))
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
        self.ledger.lost()
        self.timers.lost()
        if self._ready.is_set():
            self._ready.clear()
            self.trouble = "not_connected"
            self._on_change.tell()

    # What it says unasked

    def on_change(self, cb: Callable[[], None]) -> Callable[[], None]:
        """Have `cb` called whenever connection, offer or satellites are different; return what ends it."""
        return self._on_change.add(cb)

    def on_turn(self, cb: Callable[[TurnBegan | TurnHappened], None]) -> Callable[[], None]:
        """Have `cb` called when a satellite is woken, and when a turn is over; return what ends it."""
        return self._on_turn.add(cb)

    def on_conversed(self, cb: Callable[[str], None]) -> Callable[[], None]:
        """Have `cb` called when something that was said to Home Assistant is answered, or not; return what ends it.

        It is given the id of the user from whose login that came; empty where nobody was logged in.
        """
        return self._on_conversed.add(cb)

    @callback
    def _told(self, message: Message) -> None:
        match message:
            case Offered():
                self.offered = message
                self._on_change.tell()
            case SatelliteChanged():
                self._known[message.satellite_id] = message
                self._sort_satellites()
            case Satellites():
                self._paired = frozenset(message.satellite_ids)
                self._found()
                self._sort_satellites()
                self._tell_places()
            case TurnBegan() | TurnHappened():
                self._on_turn.tell(message)
            case ActionAsked() | SentenceAsked() | RingTimer():
                self._answering.ask(message)
            case Kept() | SomethingForgotten():
                self.ledger.told(message)
            case TimersRunning() | TimerUnheard():
                self.timers.told(message)
            case Refused():
                _LOGGER.warning("%s does not do what it was told (%s): %s", self.name, message.about, message.code)
            case _:
                _LOGGER.debug("%s: %s", self.name, message.wire_name)

    @callback
    def _sort_satellites(self) -> None:
        """Keep the satellites that are paired; how one is may be told before it is said to be paired, or after."""
        self.satellites = {known: words for known, words in self._known.items() if known in self._paired}
        self._on_change.tell()

    # What it is asked and told; each raises NotConnectedError where it is away, RefusedError where it does not do it

    async def recognize(
        self, sound: AsyncIterable[bytes], *, language: str, wake_tail_ms: int = 0, conversation_id: str = ""
    ) -> str:
        """Return the words in `sound`, 16 kHz mono s16le, as soon as they are known; none for silence and noise.

        They will be said in the conversation of this id, if in any: both are remembered as one turn then.
        """
        return await self._connected_client.recognize(
            sound, language=language, wake_tail_ms=wake_tail_ms, conversation_id=conversation_id
        )

    async def detect(self, sound: AsyncIterable[bytes], *, wake_words: Sequence[str] = ()) -> Detected:
        """Return which wake word was said in `sound`, 16 kHz mono s16le, and when; none where it ended without one."""
        return await self._connected_client.detect(sound, wake_words=wake_words)

    async def speak(self, text: AsyncIterable[str], *, language: str, voice: str) -> tuple[int, AsyncGenerator[bytes]]:
        """Return the rate, and the sound, mono s16le, as it is made; `text` may still come in pieces meanwhile."""
        return await self._connected_client.speak(text, language=language, voice=voice)

    async def converse(self, said: Said) -> Conversed:
        """Have something understood, done and answered."""
        client = self._connected_client
        try:
            return await client.converse(said)
        finally:
            self._on_conversed.tell(said.context.user_id or "")

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
