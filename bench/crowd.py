"""Satellites in a process of their own, `python -m bench.crowd`: each streams at the pace of life and says how it went.

A satellite is a protocol on a TLS connection and speaks WebSocket by itself: so little of it that a hundred of them
leave their core idle. Takes an `Order` as one line of JSON on standard input; writes `begun` when all stream, and a
`Report` at the end; lets go of the connections when standard input ends.
"""

import asyncio
import hashlib
import json
import ssl
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final, cast

import msgspec

from gateway.audio import FRAME_BYTES, FRAME_MS
from gateway.wire.identity import SERVER_NAME, client_context

AT_ONCE: Final = 8
"""All of them have one address, and strangers from one address are few."""
SETTLING_S: Final = 3.0
"""After the last one has connected: its models are loaded, and what it sent meanwhile is heard."""
PING_FRAMES: Final = 16
"""Twice a second each asks how long an answer takes."""
AFTER_S: Final = 2.0
"""For the answers that are still to come."""
TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
SHORT, MEDIUM = 126, 127
"""From these lengths on, the length is in two bytes, or in eight."""
MASK: Final = bytes(4)
"""A client must mask; this mask changes nothing, and undoing it costs the gateway as much as any."""
UPGRADE: Final = (
    "GET /voice HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {token}\r\n\r\n"
)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one satellite does."""

    token: str
    sound: str
    """A file of 16 kHz mono s16le, over and over."""
    from_s: float = 0.0
    """Where in it this one begins."""
    speech_end_s: float | None = None
    """When, in its stream, somebody stops to speak to it."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the crowd does."""

    host: str
    port: int
    pin: str
    seconds: float
    parts: tuple[Part, ...]


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """How it went for one."""

    frames: int
    waits_ms: tuple[tuple[float, float], ...]
    """When it asked, in seconds since all of them streamed, and how long the answer took, or takes already."""
    unanswered: int
    is_open: bool
    """Whether it was still connected at the end."""
    spoken_ms: float | None
    """From the end of speech to the first sound of the reply."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """How it went."""

    fates: tuple[Fate, ...]
    late_ms: float
    """By how much the latest frame was late: the crowd's own fault."""


class Satellite(asyncio.Protocol):
    """One of them."""

    def __init__(self, order: Order, part: Part) -> None:
        self._order = order
        self._part = part
        pcm = Path(part.sound).read_bytes()
        self._frames = [
            _frame(BINARY, pcm[start : start + FRAME_BYTES])
            for start in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)
        ]
        self._first = int(part.from_s * 1000) // FRAME_MS
        self._loop = asyncio.get_running_loop()
        self._transport = cast("asyncio.Transport", None)
        self._received = bytearray()
        self._is_upgraded = False
        self._is_open = True
        self._sent = 0
        self._start_s = self._late_s = 0.0
        self._asked: list[float] = []
        self._waits_ms: list[tuple[float, float]] = []
        self._ended_s: float | None = None
        self._spoken_s: float | None = None
        self._heard_bytes = 0
        self.greeted: asyncio.Future[None] = self._loop.create_future()

    @property
    def late_s(self) -> float:
        """By how much its latest frame was late."""
        return self._late_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Compare the pin, and ask for a WebSocket."""
        self._transport = cast("asyncio.Transport", transport)
        tls: ssl.SSLObject = transport.get_extra_info("ssl_object")
        if hashlib.sha256(tls.getpeercert(binary_form=True) or b"").hexdigest() != self._order.pin:
            self.greeted.set_exception(ConnectionError("not the gateway that was meant"))
            self._transport.abort()
            return
        self._transport.write(UPGRADE.format(host=self._order.host, token=self._part.token).encode())

    def data_received(self, data: bytes) -> None:
        """Take what the gateway says."""
        self._received += data
        if not self._is_upgraded:
            head, found, rest = bytes(self._received).partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.greeted.set_exception(ConnectionError(f"the gateway answered {head.splitlines()[0]!r}"))
                return
            self._is_upgraded = True
            self._received = bytearray(rest)
            self._say({"type": "hello", "protocol": 1})
        while (frame := _taken(self._received)) is not None:
            self._take(*frame)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stream no more."""
        self._is_open = False
        if not self.greeted.done():
            self.greeted.set_exception(exc or ConnectionError("the gateway did not greet"))

    def begin(self, start_s: float) -> None:
        """Stream from then on."""
        self._start_s = start_s
        self._loop.call_at(start_s, self._tick)

    def let_go(self) -> None:
        """Say goodbye."""
        if self._is_open:
            self._is_open = False
            self._transport.write(_frame(CLOSE, b""))
            self._transport.close()

    def fate(self, since_s: float) -> Fate:
        """Return how it went since then."""
        now_s = monotonic()
        unanswered = [(asked_s - since_s, (now_s - asked_s) * 1000) for asked_s in self._asked]
        waits = [(asked_s - since_s, wait_ms) for asked_s, wait_ms in self._waits_ms]
        return Fate(
            frames=self._sent,
            waits_ms=tuple(wait for wait in (*waits, *unanswered) if wait[0] >= 0),
            unanswered=len(unanswered),
            is_open=self._is_open,
            spoken_ms=None
            if self._spoken_s is None or self._ended_s is None
            else (self._spoken_s - self._ended_s) * 1000,
        )

    def _tick(self) -> None:
        if not self._is_open:
            return
        self._transport.write(self._frames[(self._first + self._sent) % len(self._frames)])
        now_s = monotonic()
        self._late_s = max(self._late_s, now_s - self._start_s - self._sent * FRAME_MS / 1000)
        self._sent += 1
        end_s = self._part.speech_end_s
        if self._ended_s is None and end_s is not None and self._sent * FRAME_MS >= end_s * 1000:
            self._ended_s = now_s
        if self._sent % PING_FRAMES == 0:
            self._asked.append(now_s)
            self._transport.write(_frame(PING, struct.pack("d", now_s)))
        self._loop.call_at(self._start_s + self._sent * FRAME_MS / 1000, self._tick)

    def _take(self, kind: int, payload: bytes) -> None:
        now_s = monotonic()
        match kind:
            case 0x1:
                self._told(json.loads(payload))
            case 0x2:
                self._heard_bytes += len(payload)
                if self._ended_s is not None and self._spoken_s is None:
                    self._spoken_s = now_s
                self._say({"type": "played", "bytes": self._heard_bytes})
            case 0x8:
                self.let_go()
            case 0x9:
                self._transport.write(_frame(PONG, payload))
            case 0xA:
                (asked_s,) = struct.unpack("d", payload)
                self._asked.remove(asked_s)
                self._waits_ms.append((asked_s, (now_s - asked_s) * 1000))

    def _told(self, message: dict[str, object]) -> None:
        match message:
            case {"type": "greeting"}:
                self.greeted.set_result(None)
            case {"type": "drain", "id": number}:
                self._say({"type": "drained", "id": number})

    def _say(self, message: dict[str, object]) -> None:
        self._transport.write(_frame(TEXT, json.dumps(message).encode()))


async def crowd(order: Order, begun: Callable[[], None]) -> tuple[Report, list[Satellite]]:
    """Have all stream; return how it went, and the satellites, which are still connected."""
    loop = asyncio.get_running_loop()
    doors = asyncio.Semaphore(AT_ONCE)

    async def connected(part: Part) -> Satellite:
        async with doors:
            _, satellite = await loop.create_connection(
                lambda: Satellite(order, part),
                order.host,
                order.port,
                ssl=client_context(),
                server_hostname=SERVER_NAME,
            )
            await satellite.greeted
            return satellite

    satellites = await asyncio.gather(*(connected(part) for part in order.parts))
    start_s = loop.time()
    for number, satellite in enumerate(satellites):  # nobody's frames come at the same moment
        satellite.begin(start_s + number * FRAME_MS / 1000 / len(satellites))
    await asyncio.sleep(SETTLING_S)
    since_s = monotonic()
    begun()
    await asyncio.sleep(order.seconds)
    fates = tuple(satellite.fate(since_s) for satellite in satellites)
    late_s = max((satellite.late_s for satellite in satellites), default=0.0)
    return Report(fates=fates, late_ms=late_s * 1000), satellites


async def _main(order: Order) -> None:
    report, satellites = await crowd(order, lambda: print("begun", flush=True))
    print(msgspec.json.encode(report).decode(), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for satellite in satellites:
        satellite.let_go()
    await asyncio.sleep(AFTER_S)


def _frame(kind: int, payload: bytes) -> bytes:
    """Return a WebSocket's frame, as a client sends it."""
    length = len(payload)
    if length < SHORT:
        return struct.pack("!BB", 0x80 | kind, 0x80 | length) + MASK + payload
    return struct.pack("!BBH", 0x80 | kind, 0x80 | SHORT, length) + MASK + payload


def _taken(received: bytearray) -> tuple[int, bytes] | None:
    """Take the first whole frame out of what came from a server; return its kind and what it carries."""
    if len(received) < 2:
        return None
    kind, length, head = received[0] & 0x0F, received[1] & 0x7F, 2
    if length >= SHORT:
        head = 4 if length == SHORT else 10
        if len(received) < head:
            return None
        length = int.from_bytes(received[2:head])
    if len(received) < head + length:
        return None
    payload = bytes(received[head : head + length])
    del received[: head + length]
    return kind, payload


if __name__ == "__main__":
    asyncio.run(_main(msgspec.json.decode(sys.stdin.readline(), type=Order)))
