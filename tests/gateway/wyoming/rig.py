"""A Wyoming server on the loopback, and both kinds of clients: the protocol's own library, and bare bytes."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.event import Event, Eventable

from gateway.server.pipeline_turns import PipelineTurns
from gateway.server.services import NO_LEDGER, Ledger
from gateway.turn.wake import WakeListener
from gateway.wyoming.commands import SATELLITE_ID
from gateway.wyoming.event_stream import encode
from gateway.wyoming.limits import Limits
from gateway.wyoming.port import listen
from gateway.wyoming.server import WyomingServer
from gateway.wyoming.services import Engines, Names, Services, WakeEars
from tests.fakes import ScriptedWakeWord, stages

DEADLINE_S = 10.0
NAMES = Names(
    version="1.2.3",
    language="en",
    stt_model="tiny.en",
    voice="en_US-joe-medium",
    voice_language="en-US",
    wake_words=("okay_nabu", "alexa"),
)
QUICK = Limits(first_header_s=0.2, event_s=0.2, idle_s=0.2, write_s=0.2, answer_s=2.0, linger_s=0.05)


async def scripted_wake() -> WakeEars:
    return WakeListener(ScriptedWakeWord(), None)


def scripted(ledger: Ledger = NO_LEDGER) -> Services:
    """Return services that understand "turn on the lamp"."""
    parts = stages()
    engines = Engines(names=NAMES, stt=parts.stt, tts=parts.tts)
    return Services(
        engines=lambda: engines,
        understanding=parts.understanding,
        home=parts.home,
        new_wake=scripted_wake,
        turns=PipelineTurns(ledger, satellite_id=SATELLITE_ID),
    )


@asynccontextmanager
async def serving(
    services: Services | None = None, limits: Limits | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[WyomingServer]:
    """Run a server; nothing that goes on in it may raise to the event loop."""
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    server = WyomingServer(services or scripted(), listen(host, 0), limits=limits)
    server.start()
    try:
        yield server
    finally:
        await server.close()
    assert faults == []
    assert server.connections == 0


@asynccontextmanager
async def client_of(server: WyomingServer) -> AsyncIterator[AsyncTcpClient]:
    """Connect with the protocol's own library."""
    client = AsyncTcpClient("127.0.0.1", server.port, read_timeout=DEADLINE_S)
    async with client:
        yield client


async def ask(client: AsyncTcpClient, *said: Eventable) -> Event:
    """Say something; return the first answer."""
    for one in said:
        await client.write_event(one.event())
    event = await client.read_event()
    assert event is not None
    return event


async def answers(client: AsyncTcpClient) -> list[Event]:
    """Return everything that the server still says."""
    events = []
    while (event := await client.read_event()) is not None:
        events.append(event)
    return events


def sound(pcm: bytes, rate: int = 16_000, channels: int = 1, piece_bytes: int = 2_048) -> list[Eventable]:
    """Return the events of a stretch of sound."""
    form = {"rate": rate, "width": 2, "channels": channels}
    pieces = [AudioChunk(**form, audio=pcm[start : start + piece_bytes]) for start in range(0, len(pcm), piece_bytes)]
    return [AudioStart(**form), *pieces, AudioStop()]


def raw(*said: Eventable) -> bytes:
    """Return events as they travel."""
    return b"".join(encode(one.event()) for one in said)


async def exchange(server: WyomingServer, *pieces: bytes, ends: bool = True, address: str = "127.0.0.1") -> bytes:
    """Send bare bytes, from an address of this machine; return all that comes back until the server ends."""
    async with asyncio.timeout(DEADLINE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, local_addr=(address, 0))
        try:
            return await _exchange(reader, writer, pieces, ends=ends)
        except ConnectionError:
            return b""
        finally:
            writer.transport.abort()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pieces: Iterable[bytes], *, ends: bool
) -> bytes:
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    if ends:
        writer.write_eof()
    return await reader.read()


async def until_connected(server: WyomingServer, count: int) -> None:
    """Wait until so many connections are open."""
    async with asyncio.timeout(DEADLINE_S):
        while server.connections != count:  # noqa: ASYNC110 - the server has no event for its tests
            await asyncio.sleep(0.002)


def but(services: Services, **changes: object) -> Services:
    """Return `services` with other parts or engines."""
    others = {name: changes.pop(name) for name in ("names", "stt", "tts") if name in changes}
    engines = replace(services.engines(), **others)  # type: ignore[arg-type] # checked where they are used
    return replace(services, engines=lambda: engines, **changes)  # type: ignore[arg-type] # likewise
