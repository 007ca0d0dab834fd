"""One lasting connection to a gateway's port: dialled, trusted, greeted; messages and sound in order, all bounded."""

import asyncio
import logging
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from aiohttp import ClientError, ClientWebSocketResponse, WSMessage, WSMsgType
from homeassistant.const import __version__ as home_assistant_version
from homeassistant.core import HomeAssistant

from ..errors import GatewayError, NotConnectedError, WrongVersionError
from .codec import Message, Vocabulary, WrongMessageError, encode
from .dialling import CLOSE_S, websocket_to
from .messages import PROTOCOL_VERSION, Greeting, Hello, Refused

GREETING_S: Final = 5.0
"""It is the answer to the first message, and needs nothing to be looked up."""
SEND_S: Final = 5.0
"""A gateway that reads nothing for this long has stopped, or its network has."""
HEARTBEAT_S: Final = 10.0
PONG_S: Final = 5.0
"""A gateway that answers no ping within this is gone: its cable was pulled."""
MOST_WAITING: Final = 256
"""Messages and frames that may wait to be sent; a whole house is sent with waiting in between."""
MOST_WRONG: Final = 20
"""Who says this much that is no message of the protocol does not learn."""
LOOK_AGAIN_S: Final = 0.001
_GONE: Final = (ClientError, OSError, RuntimeError)
"""What sending comes to where the gateway has gone, or the connection was closed meanwhile."""

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One of a gateway's ports, and what is said and shown there."""

    host: str
    number: int
    path: str
    heard: Vocabulary
    """What the gateway says there."""
    pin: str
    """The SHA-256 of its certificate, hex."""
    token: str = field(repr=False)


async def dial(hass: HomeAssistant, port: Port) -> Connection:
    """Return a connection that has not said hello. Raises as `websocket_to` does."""
    pin = bytes.fromhex(port.pin)
    # No autoping: aiohttp's own heartbeat may leave a timer behind when it is closed, and a ping is a sign of life.
    websocket = await websocket_to(hass, port.host, port.number, port.path, pin=pin, token=port.token, autoping=False)
    return Connection(websocket, port.heard)


class Connection:
    """Sends by itself, in order, as fast as the gateway reads. Belongs to the event loop that runs when it is made."""

    def __init__(self, websocket: ClientWebSocketResponse, heard: Vocabulary) -> None:
        """Speak on `websocket`, which is connected; `heard` is what the gateway says there."""
        self._websocket = websocket
        self._vocabulary = heard
        self._socket = websocket.get_extra_info("socket")
        self._waiting: asyncio.Queue[bytes | str] = asyncio.Queue(MOST_WAITING)
        self._sender = asyncio.create_task(self._send())
        self._watcher = asyncio.create_task(self._watch())
        self._has_heard = False
        self._is_cut = False
        self._wrong = 0

    @property
    def is_open(self) -> bool:
        """Whether anything can still be said."""
        return not self._is_cut and not self._websocket.closed

    async def greet(self) -> Greeting:
        """Say hello and return the greeting.

        Raises WrongVersionError, GatewayError `not_a_gateway` for another answer, NotConnectedError for none in time.
        """
        self.say(Hello(protocol=PROTOCOL_VERSION, version=f"Home Assistant {home_assistant_version}"))
        try:
            async with asyncio.timeout(GREETING_S):
                heard = await self.hear()
        except TimeoutError as error:
            raise NotConnectedError from error
        if heard is None:
            raise NotConnectedError
        if isinstance(heard, Refused) and heard.code == "wrong_version":
            raise WrongVersionError(ours=PROTOCOL_VERSION, gateways=heard.protocol)
        if not isinstance(heard, Greeting):
            raise GatewayError("not_a_gateway")
        if heard.protocol != PROTOCOL_VERSION:
            raise WrongVersionError(ours=PROTOCOL_VERSION, gateways=heard.protocol)
        return heard

    def say(self, message: Message) -> None:
        """Send a message, soon. A gateway that has not read the last `MOST_WAITING` is cut off, and hears nothing more.

        Raises NotConnectedError.
        """
        if not self.is_open:
            raise NotConnectedError
        try:
            self._waiting.put_nowait(encode(message).decode())
        except asyncio.QueueFull as error:
            self.cut()
            raise NotConnectedError from error

    async def say_patiently(self, message: Message) -> None:
        """Send a message, waiting while many others wait to be sent. Raises NotConnectedError."""
        await self._put(encode(message).decode())

    async def send(self, frame: bytes) -> None:
        """Send a binary frame, waiting while many others wait to be sent. Raises NotConnectedError."""
        await self._put(frame)

    async def hear(self) -> Message | bytes | None:
        """Return the next message or binary frame; None when the connection has ended, or has to.

        What is no message of this protocol is passed over: a newer gateway may say more. Who says too much of it is
        no gateway.
        """
        while self._wrong < MOST_WRONG:
            received = await self._websocket.receive()
            self._has_heard = True
            if received.type in (WSMsgType.PING, WSMsgType.PONG):
                await self._answer(received)
                continue
            if received.type is WSMsgType.BINARY:
                frame: bytes = received.data
                return frame
            if received.type is not WSMsgType.TEXT:
                return None
            try:
                message = self._vocabulary.decode(received.data)
            except WrongMessageError as error:
                self._wrong += 1
                _LOGGER.warning("The gateway said something that is passed over: %s", error)
            else:
                if message is not None:
                    return message
        return None

    def cut(self) -> None:
        """End the connection now, without a word."""
        self._is_cut = True
        self._sender.cancel()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    async def close(self) -> None:
        """End the connection; nothing of it is left when this returns."""
        for task in (self._sender, self._watcher):
            task.cancel()
        await asyncio.wait({self._sender, self._watcher})
        with suppress(*_GONE):
            async with asyncio.timeout(CLOSE_S):
                await self._websocket.close()
        self.cut()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                while self._socket.fileno() >= 0:  # noqa: ASYNC110 - the event loop tells nobody when it lets go
                    await asyncio.sleep(LOOK_AGAIN_S)

    async def _put(self, item: bytes | str) -> None:
        if not self.is_open:
            raise NotConnectedError
        try:
            async with asyncio.timeout(SEND_S):
                await self._waiting.put(item)
        except TimeoutError as error:
            self.cut()
            raise NotConnectedError from error

    async def _answer(self, received: WSMessage) -> None:
        """Answer a ping; a pong needs no answer."""
        if received.type is WSMsgType.PING:
            with suppress(*_GONE):
                async with asyncio.timeout(SEND_S):
                    await self._websocket.pong(received.data)

    async def _watch(self) -> None:
        """Ask for a sign of life from time to time; a gateway that gives none is gone, though nobody says so."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            self._has_heard = False
            try:
                async with asyncio.timeout(PONG_S):
                    await self._websocket.ping()
            except _GONE:  # TimeoutError is an OSError
                break
            await asyncio.sleep(PONG_S)
            if not self._has_heard:
                break
        _LOGGER.debug("The gateway gives no sign of life")
        self.cut()

    async def _send(self) -> None:
        while True:
            item = await self._waiting.get()
            try:
                async with asyncio.timeout(SEND_S):
                    if isinstance(item, str):
                        await self._websocket.send_str(item)
                    else:
                        await self._websocket.send_bytes(item)
            except ClientError, OSError, RuntimeError:  # gone, or closed while it waited
                self.cut()
                return
