"""Strangers, bad peers against the real service: they are sent away in time, nobody else notices, memory is bounded."""

import asyncio
import itertools
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import quantiles
from time import monotonic
from typing import Final

import pytest
from aiohttp import ClientSession, Fingerprint, TCPConnector

from gateway.equipment import LEARNING_S
from gateway.events import Sound
from gateway.recordings import write_wav
from gateway.wire import broker_words, request_words, voice_words
from gateway.wire.admission import CONNECTIONS_A_PEER
from gateway.wire.channel import Channel
from gateway.wire.dial import dial
from gateway.wire.identity import SERVER_NAME, client_context
from gateway.wire.messages import Greeting, Hello, encode
from gateway.wire.pairing import Paired
from tests.e2e.processes import VOICE, child_of, threads
from tests.e2e.serving import Serving, serving
from tests.voices import hiss

FULL: Final = "LOCAL_VOICE_FULL" in os.environ
MANY: Final = 3_000 if FULL else 300
MALFORMED_FRAMES: Final = 200_000 if FULL else 20_000
FRAMES_A_CONNECTION: Final = 20
MOST_GROWTH_MIB: Final = 8.0
CLOSED_S: Final = 13.0
"""A TLS handshake may take ten seconds, and a little for a busy machine."""
LOOKS: Final = 10
SEED: Final = 20_261_122

pytestmark = pytest.mark.asyncio(loop_scope="function")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("hostile")) as found:
        time.sleep(LEARNING_S + 2)  # what it has learnt to speak first has brought its memory to its usual size
        yield found


@pytest.fixture(scope="module")
def home(served: Serving) -> Paired:
    return asyncio.run(served.home())


@pytest.fixture(scope="module")
def satellites(served: Serving) -> list[Paired]:
    async def paired() -> list[Paired]:
        return [await served.satellite(f"Satellite {number}") for number in range(2)]

    return asyncio.run(paired())


def resident_mib(served: Serving) -> float:
    """Return how much memory the process has that hears all of this."""
    main = threads(child_of(served.running.process.pid, VOICE))[0]
    return int(main["VmRSS"].split()[0]) / 1024


@asynccontextmanager
async def connected(served: Serving, paired: Paired) -> AsyncIterator[Channel]:
    words = voice_words.TO_HOME if paired.name == "Home" else voice_words.TO_SATELLITE
    async with dial(served.voice, "/voice", words, pin=paired.voice_pin, token=paired.voice_token) as channel:
        channel.say(Hello(protocol=1))
        assert isinstance(await channel.hear(), Greeting)
        yield channel


class GoodNeighbour:
    """A home that asks the gateway something all the time, and notes how long the answers take."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._numbers = itertools.count(1)
        self.times_s: list[float] = []

    async def run(self) -> None:
        for number in self._numbers:
            start_s = monotonic()
            self._channel.say(voice_words.Announce(id=number, sound_bytes=2))
            await self._channel.play_for(number, b"no")  # no sound: it says so at once
            while True:
                heard = await self._channel.hear()
                assert heard is not None, f"the good neighbour was cut off: {self._channel.end}"
                if isinstance(heard, voice_words.Announced) and heard.id == number:
                    break
            self.times_s.append(monotonic() - start_s)
            await asyncio.sleep(0.02)

    async def p95_ms(self, while_: Awaitable[object]) -> float:
        """Return the 95th percentile of the answers' time while something else happens."""
        self.times_s = []
        asking = asyncio.create_task(self.run())
        try:
            await while_
        finally:
            asking.cancel()
            ended = (await asyncio.gather(asking, return_exceptions=True))[0]
        assert isinstance(ended, asyncio.CancelledError), ended
        assert len(self.times_s) > 20
        return quantiles(self.times_s, n=20)[-1] * 1000


async def unharmed(served: Serving, home: Paired, attack: Awaitable[object]) -> tuple[float, float, float]:
    """Attack beside a good neighbour; return its p95 before and meanwhile in ms, and how much memory stays, in MiB."""
    async with connected(served, home) as channel:
        neighbour = GoodNeighbour(channel)
        before_ms = await neighbour.p95_ms(asyncio.sleep(2))
        most_mib = max(await memory_mib(served))
        during_ms = await neighbour.p95_ms(attack)
        return before_ms, during_ms, min(await memory_mib(served)) - most_mib


async def memory_mib(served: Serving) -> list[float]:
    """Return how much memory it has over some time, in which a reply is learnt: that takes some, and gives it back."""
    found = []
    for _ in range(LOOKS):
        found.append(resident_mib(served))
        await asyncio.sleep(LEARNING_S / LOOKS)
    return found


async def closed_after_s(
    number: int, served: Serving, say: Callable[[asyncio.StreamWriter], Coroutine[None, None, None]]
) -> float:
    """Connect from a machine of its own, say something, and return after how long the gateway closed the connection."""
    start_s = monotonic()
    local = (f"127.0.{1 + number // 200}.{1 + number % 200}", 0)
    try:
        async with asyncio.timeout(CLOSED_S + 20):
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port, local_addr=local)
            raw = writer.transport  # TLS puts another before it
            talking = asyncio.create_task(say(writer))
            try:
                while await reader.read(4_096):
                    pass
            finally:
                talking.cancel()
                await asyncio.gather(talking, return_exceptions=True)
                writer.transport.abort()
                raw.abort()
    except OSError:
        pass  # it may be reset at once
    return monotonic() - start_s


async def nothing(_: asyncio.StreamWriter) -> None:
    """Half open: not even a handshake."""


async def slowly(writer: asyncio.StreamWriter) -> None:
    """A header that never ends."""
    await writer.start_tls(client_context(), server_hostname=SERVER_NAME)
    writer.write(b"GET /voice HTTP/1.1\r\nHost: lv-gateway\r\n")
    while True:
        writer.write(b"X-Slow: yes\r\n")
        await writer.drain()
        await asyncio.sleep(1)


@pytest.mark.parametrize("attack", [nothing, slowly], ids=["half-open", "slow headers"])
async def test_connections_that_lead_nowhere_are_closed_in_time(
    attack: Callable[[asyncio.StreamWriter], Coroutine[None, None, None]],
    served: Serving,
    home: Paired,
    state: Callable[[str], None],
) -> None:
    times_s: list[float] = []

    async def all_of_them() -> None:
        times_s.extend(await asyncio.gather(*(closed_after_s(number, served, attack) for number in range(MANY))))

    before_ms, during_ms, growth_mib = await unharmed(served, home, all_of_them())
    state(
        f"{MANY} {attack.__name__}: all closed after at most {max(times_s):.1f} s; a neighbour's p95 {before_ms:.1f} ms"
        f" before, {during_ms:.1f} ms meanwhile; memory {growth_mib:+.1f} MiB"
    )
    assert max(times_s) < CLOSED_S
    assert growth_mib <= MOST_GROWTH_MIB
    assert during_ms < max(2 * before_ms, 100)


async def test_a_flood_of_strangers_does_not_keep_others_out(served: Serving, home: Paired) -> None:
    flooding = [asyncio.create_task(closed_after_s(5, served, nothing)) for _ in range(MANY)]
    await asyncio.sleep(0.5)
    async with asyncio.timeout(5), connected(served, home):
        pass
    await asyncio.gather(*flooding)


async def test_whoever_stops_in_the_middle_of_a_frame_is_sent_away(
    served: Serving, home: Paired, satellites: list[Paired], state: Callable[[str], None]
) -> None:
    peer = satellites[0]
    hello = masked(encode(Hello(protocol=1)))
    upgrade = (
        f"GET /voice HTTP/1.1\r\nHost: {SERVER_NAME}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {'A' * 22}==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {peer.voice_token}\r\n\r\n"
    ).encode()
    whole = upgrade + hello

    async def stop_after(count: int) -> float:
        async def say(writer: asyncio.StreamWriter) -> None:
            await writer.start_tls(client_context(), server_hostname=SERVER_NAME)
            writer.write(whole[:count])
            await writer.drain()

        return await closed_after_s(count, served, say)

    times_s: list[float] = []
    places = [*range(1, len(upgrade), 40), *range(len(upgrade), len(whole), 3)]

    async def all_of_them() -> None:
        for first in range(0, len(places), CONNECTIONS_A_PEER):
            times_s.extend(await asyncio.gather(*map(stop_after, places[first : first + CONNECTIONS_A_PEER])))

    before_ms, during_ms, growth_mib = await unharmed(served, home, all_of_them())
    state(
        f"{len(places)} truncations: all closed after at most {max(times_s):.1f} s; a neighbour's p95"
        f" {before_ms:.1f} ms before, {during_ms:.1f} ms meanwhile; memory {growth_mib:+.1f} MiB"
    )
    assert max(times_s) < CLOSED_S
    assert growth_mib <= MOST_GROWTH_MIB


def masked(text: bytes) -> bytes:
    """Return a text frame as a client sends it, masked with zeros (RFC 6455, 5.2); shorter than 126 bytes."""
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text


async def test_satellites_that_never_read_are_cut_off(
    served: Serving, home: Paired, satellites: list[Paired], state: Callable[[str], None], tmp_path: Path
) -> None:
    write_wav(tmp_path / "long.wav", Sound(rate_hz=16_000, pcm=hiss(20)))
    long_sound = (tmp_path / "long.wav").read_bytes()
    times_s: list[float] = []

    async def told(channel: Channel, *, connected: bool) -> None:
        waiting = {peer.peer_id for peer in satellites}
        while waiting:
            heard = await channel.hear()
            assert heard is not None, channel.end
            if isinstance(heard, voice_words.SatelliteChanged) and heard.connected is connected:
                waiting.discard(heard.satellite_id)

    async def never_reading() -> None:
        async with AsyncExitStack() as stack:
            watching = await stack.enter_async_context(connected(served, home))
            for peer in satellites:
                await stack.enter_async_context(connected(served, peer))
            async with asyncio.timeout(CLOSED_S):
                await told(watching, connected=True)
            watching.say(voice_words.Announce(id=1, sound_bytes=len(long_sound)))
            await watching.play_for(1, long_sound)
            start_s = monotonic()
            async with asyncio.timeout(CLOSED_S):
                await told(watching, connected=False)
            times_s.append(monotonic() - start_s)

    before_ms, during_ms, growth_mib = await unharmed(served, home, never_reading())
    state(
        f"satellites that never read: cut off after {max(times_s):.1f} s; a neighbour's p95 {before_ms:.1f} ms before,"
        f" {during_ms:.1f} ms meanwhile; memory {growth_mib:+.1f} MiB"
    )
    assert during_ms < max(2 * before_ms, 100)


def malformed(rng: random.Random) -> bytes | str:
    """Return one frame that no peer should send: a good message, bent; or noise."""
    good = encode(rng.choice(GOOD)).decode()
    bent = rng.randrange(9)
    position = rng.randrange(1, len(good))
    match bent:
        case 0:
            return good[:position]
        case 1:
            return good[:position] + rng.choice('{}[]",:\\0\x00é') + good[position:]
        case 2:
            return "[" * rng.randrange(1, 3_000)
        case 3:
            return good.replace(":", ":[[[[[[[[[", 1)
        case 4:
            return good + good
        case 5:
            return '{"type":"hello","protocol":' + "9" * rng.randrange(1, 5_000) + "}"
        case 6:
            return rng.randbytes(rng.randrange(1, 8_192) | 1)
        case 7:
            return rng.randbytes(rng.randrange(8_193, 20_000))
        case _:
            return '{"type":"' + "x" * rng.randrange(1, 300) + '"}'


GOOD: Final = (
    Hello(protocol=1),
    voice_words.Muted(muted=True),
    voice_words.Played(bytes=5),
    voice_words.StatesChanged(states=(voice_words.StateWords(id="light.a", state="on", attributes={"x": (1, 2)}),)),
    voice_words.ActionDone(id=1, changes=()),
    voice_words.Announce(id=2, sound_bytes=9),
    request_words.Speak(id=3, text="x", more=True),
    request_words.SpeakMore(id=3, text="x"),
    request_words.Converse(id=4, text="turn on the light", conversation_id="x"),
    request_words.Forget(id=3),
    broker_words.RevokePeer(peer_id="x"),
)


async def test_malformed_frames_end_nothing_but_their_own_connection(
    served: Serving, home: Paired, satellites: list[Paired], state: Callable[[str], None]
) -> None:
    rng = random.Random(SEED)  # noqa: S311 - it only bends messages
    sent = 0
    rest = iter(range(MALFORMED_FRAMES // FRAMES_A_CONNECTION))

    async def send_some(paired: Paired) -> None:
        nonlocal sent
        async with ClientSession(connector=TCPConnector(ssl=client_context(), limit=0)) as session:
            for _ in rest:
                frames = [malformed(rng) for _ in range(FRAMES_A_CONNECTION)]
                async with session.ws_connect(
                    f"https://{served.voice}/voice",
                    ssl=Fingerprint(paired.voice_pin),
                    headers={"Authorization": f"Bearer {paired.voice_token}"},
                ) as websocket:
                    await websocket.send_str(encode(Hello(protocol=1)).decode())
                    for frame in frames:
                        if websocket.closed:
                            break
                        await (websocket.send_str(frame) if isinstance(frame, str) else websocket.send_bytes(frame))
                        sent += 1
                    async with asyncio.timeout(CLOSED_S):
                        await websocket.close()

    async def all_of_them() -> None:
        await asyncio.gather(*(send_some(peer) for peer in (*satellites, home) for _ in range(2)))

    async with AsyncExitStack() as stack:  # what is loaded when it is first needed is not what is measured
        for peer in (*satellites, *satellites):
            await stack.enter_async_context(connected(served, peer))
        channel = await stack.enter_async_context(connected(served, home))
        channel.say(voice_words.Announce(id=1, text="Something to say, and then some more of it."))
        while not isinstance(heard := await channel.hear(), voice_words.Announced):
            assert heard is not None, channel.end
        assert heard.satellite_ids
    before_ms, during_ms, growth_mib = await unharmed(served, home, all_of_them())
    state(
        f"{sent} malformed frames, seed {SEED}: a neighbour's p95 {before_ms:.1f} ms before, {during_ms:.1f} ms"
        f" meanwhile; memory {growth_mib:+.1f} MiB"
    )
    assert growth_mib <= MOST_GROWTH_MIB
    assert served.running.process.poll() is None
    assert "ended by" not in "".join(line for _, line in served.running.err)
    assert "Traceback" not in "".join(line for _, line in served.running.err)
