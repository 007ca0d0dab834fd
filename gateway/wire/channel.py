"""One WebSocket, on either side: messages and sound in order, bounded in size, number and time."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from aiohttp import ClientWebSocketResponse, WSCloseCode, WSMessage, WSMsgType, web

from gateway.errors import LinkError, ProtocolError
from gateway.wire.messages import (
    LARGEST_FRAME_BYTES,
    LARGEST_MESSAGE_BYTES,
    PROTOCOL_VERSION,
    WRONG_VERSION,
    Message,
    Refused,
    Vocabulary,
    encode,
)
from gateway.wire.streams import pieces

SEND_S: Final = 5.0
"""Who reads nothing for this long is gone, or means harm."""
MOST_WAITING: Final = 256
"""Messages and frames that may wait to be sent; a house of 10,000 entities is sent with waiting in between."""
MOST_SPEECH_WAITING: Final = MOST_WAITING // 2
"""Speech for a home leaves room for what else has to be said: it may be made faster than a network takes it."""
HEARTBEAT_S: Final = 10.0
"""A peer that answers no ping within half of this is gone: its cable was pulled."""
CLOSE_S: Final = 2.0
LONGEST_REASON_CHARS: Final = 32
"""Our codes are shorter."""
MOST_REFUSALS: Final = 20
"""Who was refused this often does not learn."""
RATE_WINDOW_S: Final = 10.0
ANY_MESSAGES_PER_S: Final = 1e9
ANY_BYTES_PER_S: Final = 1e12
"""No network is that fast."""

type Socket = web.WebSocketResponse | ClientWebSocketResponse


class Rate:
    """Counts what arrives, and finds what arrives too fast: more than `per_s` for longer than `RATE_WINDOW_S`."""

    def __init__(self, per_s: float, clock: Callable[[], float]) -> None:
        self._per_s = per_s
        self._clock = clock
        self._level = 0.0
        self._at_s = clock()

    def allows(self, amount: float) -> bool:
        """Count `amount`; tell whether it was still in time."""
        now_s = self._clock()
        self._level = max(0.0, self._level - (now_s - self._at_s) * self._per_s) + amount
        self._at_s = now_s
        return self._level <= self._per_s * RATE_WINDOW_S


class Channel:
    """Messages and sound to and from one peer. Sends by itself, in order, as fast as the peer reads."""

    def __init__(
        self,
        websocket: Socket,
        heard: Vocabulary,
        abort: Callable[[], None],
        *,
        messages_per_s: float = ANY_MESSAGES_PER_S,
        bytes_per_s: float = ANY_BYTES_PER_S,
        refuses: bool = True,
    ) -> None:
        """`heard` are the messages that the peer may send; who sends faster than the rates for ten seconds is cut off.

        `abort` lets go of the connection below at once: a peer that reads nothing would keep it open. A client does not
        refuse (`refuses`), it passes over what it does not know: a newer gateway may say more.
        """
        self._refuses = refuses
        self._websocket = websocket
        self._heard = heard
        self._abort = abort
        clock = asyncio.get_running_loop().time
        self._messages, self._bytes = Rate(messages_per_s, clock), Rate(bytes_per_s, clock)
        self._waiting: asyncio.Queue[bytes | str] = asyncio.Queue(MOST_WAITING)
        self._taken = asyncio.Event()
        self._sender = asyncio.create_task(self._send())
        self._sender.add_done_callback(lambda _: self._taken.set())
        self._refusals = 0
        self._is_cut = False
        self.end = ""
        """Why the connection ended, once it has: a code of ours, or nothing where the peer went."""
        self.told = ""
        """Why the other side says that it ended the connection: a code, or whatever a stranger writes there."""

    @property
    def is_open(self) -> bool:
        """Whether anything can still be said."""
        return not self._is_cut and not self._sender.done() and not self._websocket.closed

    def say(self, message: Message) -> None:
        """Send a message, soon. Who has not read the last `MOST_WAITING` is cut off, and hears nothing more."""
        if not self.is_open:
            return
        try:
            self._waiting.put_nowait(encode(message).decode())
        except asyncio.QueueFull:
            self.cut("too_slow")

    async def say_patiently(self, message: Message, *, most_waiting: int = MOST_WAITING) -> None:
        """Send a message, waiting while `most_waiting` others wait to be sent. Raises LinkError."""
        await self._room(most_waiting)
        await self._put(encode(message).decode())

    async def play(self, pcm: bytes) -> None:
        """Send sound in frames, waiting while many wait to be sent. Raises LinkError."""
        for start in range(0, len(pcm), LARGEST_FRAME_BYTES):
            await self._put(pcm[start : start + LARGEST_FRAME_BYTES])

    async def play_for(self, request_id: int, pcm: bytes) -> None:
        """Send the sound of a home's request in frames, waiting while many wait to be sent. Raises LinkError."""
        for frame in pieces(request_id, pcm):
            await self._room(MOST_SPEECH_WAITING)
            await self._put(frame)

    def forget_sound(self) -> None:
        """Drop the sound that waits to be sent: whoever mutes a microphone means what it has just heard, too."""
        for _ in range(self._waiting.qsize()):
            item = self._waiting.get_nowait()
            if isinstance(item, str):
                self._waiting.put_nowait(item)
            self._waiting.task_done()

    async def hear(self) -> Message | bytes | None:
        """Return the next message, or a frame of sound; None when the connection has ended, or has to.

        What is no message of this protocol is refused and passed over; after `MOST_REFUSALS`, or where something comes
        too fast, it is the end: `end` says why.
        """
        while not self.end:
            try:
                received = await self._websocket.receive()
            except ConnectionError:  # it asked whether we are there, and has gone before it could be answered
                return None
            try:
                if received.type is WSMsgType.BINARY:
                    return self._frame(received.data)
                if received.type is not WSMsgType.TEXT:
                    self._ended(received)
                    return None
                return self._message(received.data)
            except ProtocolError as error:
                self.refuse(error)
        return None

    def refuse(self, error: ProtocolError) -> None:
        """Say that something is not done; after `MOST_REFUSALS` that was the last."""
        if not self._refuses:
            return
        self._refusals += 1
        protocol = PROTOCOL_VERSION if error.refusal == WRONG_VERSION else 0
        self.say(Refused(code=error.refusal, message=str(error), about=error.about, protocol=protocol))
        if self._refusals >= MOST_REFUSALS:
            self.end = self.end or "too_many_refusals"

    def cut(self, why: str) -> None:
        """End the connection now, without a word."""
        self.end = self.end or why
        self._is_cut = True
        self._sender.cancel()
        self._abort()

    async def close(self, why: str = "") -> None:
        """Send what waits, then end the connection; `why` is a code that the peer is told."""
        self.end = self.end or why
        if self.is_open:
            with contextlib.suppress(TimeoutError, LinkError):
                async with asyncio.timeout(CLOSE_S):
                    await self._waiting.join()
        self._sender.cancel()
        await asyncio.wait({self._sender})
        with contextlib.suppress(TimeoutError, ConnectionError, RuntimeError):
            async with asyncio.timeout(0.0 if self._is_cut else CLOSE_S):
                code = WSCloseCode.POLICY_VIOLATION if self.end else WSCloseCode.OK
                await self._websocket.close(code=code, message=self.end.encode())
        self._abort()

    def _message(self, text: str) -> Message:
        if not self._messages.allows(1):
            self.end = "too_fast"
            raise ProtocolError("too_fast", "too many messages")
        return self._heard.decode(text.encode())

    def _frame(self, data: bytes) -> bytes:
        if len(data) > LARGEST_FRAME_BYTES:
            raise ProtocolError("too_large", f"a frame has at most {LARGEST_FRAME_BYTES} bytes")
        if len(data) % 2:
            raise ProtocolError("malformed", "a frame is whole 16-bit samples")
        if not self._bytes.allows(len(data)):
            self.end = "too_fast"
            raise ProtocolError("too_fast", "sound that comes faster than it can have been spoken")
        return data

    def _ended(self, received: WSMessage) -> None:
        if received.type is WSMsgType.CLOSE:
            self.told = str(received.extra or "")[:LONGEST_REASON_CHARS]
        elif received.type is WSMsgType.ERROR:
            is_too_large = getattr(received.data, "code", None) == WSCloseCode.MESSAGE_TOO_BIG
            self.end = self.end or ("too_large" if is_too_large else "malformed")

    async def _room(self, most_waiting: int) -> None:
        """Wait while so much waits to be sent; the sender takes something, or ends, within `SEND_S`."""
        while self.is_open and self._waiting.qsize() >= most_waiting:
            self._taken.clear()
            await self._taken.wait()

    async def _put(self, item: bytes | str) -> None:
        if not self.is_open:
            raise LinkError("the connection is closed")
        try:
            async with asyncio.timeout(SEND_S):
                await self._waiting.put(item)
        except TimeoutError as error:
            self.cut("too_slow")
            raise LinkError("the peer does not read what it is sent") from error

    async def _send(self) -> None:
        while True:
            item = await self._waiting.get()
            self._taken.set()
            try:
                async with asyncio.timeout(SEND_S):
                    if isinstance(item, str):
                        await self._websocket.send_str(item)
                    else:
                        await self._websocket.send_bytes(item)
            except TimeoutError:
                self.end = self.end or "too_slow"
                self._abort()
                return
            except ConnectionError, RuntimeError:  # closed while it waited
                return
            finally:
                self._waiting.task_done()


def accepted_channel(
    websocket: web.WebSocketResponse,
    request: web.BaseRequest,
    heard: Vocabulary,
    *,
    messages_per_s: float = ANY_MESSAGES_PER_S,
    bytes_per_s: float = ANY_BYTES_PER_S,
) -> Channel:
    """Return the channel over a `server_websocket` that was prepared with `request`; otherwise as `Channel`."""

    def abort() -> None:
        if request.transport is not None:
            request.transport.abort()

    return Channel(websocket, heard, abort, messages_per_s=messages_per_s, bytes_per_s=bytes_per_s)


def server_websocket() -> web.WebSocketResponse:
    """Return a WebSocket with our limits, to be prepared with a request."""
    return web.WebSocketResponse(
        timeout=CLOSE_S, receive_timeout=None, heartbeat=HEARTBEAT_S, compress=False, max_msg_size=LARGEST_MESSAGE_BYTES
    )
