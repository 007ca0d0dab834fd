"""The port against those who break its rules: they are sent away in time, nobody else notices, memory is bounded."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioStart
from wyoming.info import Describe, Info
from wyoming.intent import Recognize
from wyoming.ping import Ping
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop
from wyoming.wake import Detect

from gateway.errors import ConfigError
from gateway.events import Sound
from gateway.wyoming.limits import Limits
from gateway.wyoming.port import listen
from tests.fakes import ScriptedTts
from tests.gateway.wyoming.rig import (
    DEADLINE_S,
    QUICK,
    ask,
    but,
    client_of,
    exchange,
    raw,
    scripted,
    serving,
    sound,
    until_connected,
)

STREAMS = 2_000
AT_ONCE = 4
MOST_GROWTH_BYTES = 8 * 1024 * 1024
CONVERSATION = raw(
    Describe(),
    Transcribe(language="en"),
    *sound(bytes(96), rate=22_050, channels=2, piece_bytes=48),
    Detect(names=["okay_nabu"]),
    *sound(bytes(64)),
    Synthesize(text="good morning"),
    SynthesizeStart(),
    SynthesizeChunk(text="one. two"),
    SynthesizeStop(),
    Recognize(text="turn on the lamp"),
    Transcript(text="turn on the lamp"),
    Ping(text="x"),
)


async def test_it_listens_on_its_own_address_and_nowhere_else() -> None:
    async with serving(host="127.0.0.2") as server:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", server.port)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.2", server.port)


async def test_it_serves_ipv6() -> None:
    async with serving(host="::1") as server:
        reader, writer = await asyncio.open_connection("::1", server.port)
        writer.write(raw(Ping()))
        assert b'"pong"' in await reader.readline()
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("host", ["203.0.113.1", "::2"])
def test_an_address_that_is_not_ours_is_a_clear_error(host: str) -> None:
    with pytest.raises(ConfigError, match=r"wyoming\.host, wyoming\.port: cannot listen on"):
        listen(host, 0)


async def test_a_port_in_use_is_a_clear_error() -> None:
    async with serving() as server:
        with pytest.raises(ConfigError, match="choose another port"):
            listen("127.0.0.1", server.port)


async def test_closing_ends_every_connection() -> None:
    async with serving() as server:
        connections = [asyncio.create_task(exchange(server, raw(Ping()), ends=False)) for _ in range(3)]
        await until_connected(server, 3)
        await server.close()
        await asyncio.gather(*connections)


async def test_one_address_has_eight_connections_and_all_together_sixteen() -> None:
    async with serving() as server:
        held = []
        for address in ("127.0.0.1", "127.0.0.2"):
            held += [asyncio.create_task(exchange(server, raw(Ping()), ends=False, address=address)) for _ in range(8)]
            await until_connected(server, len(held))
            assert await exchange(server, address=address) == b"", "one too many from here"
        assert await exchange(server, address="127.0.0.3") == b"", "one too many at all"
        assert server.turned_away == 3
        held.pop().cancel()
        await until_connected(server, 15)
        assert b'"pong"' in await exchange(server, raw(Ping()), address="127.0.0.2"), "whoever leaves makes room"
        for connection in held:
            connection.cancel()
        await asyncio.wait(held)


@pytest.mark.parametrize(
    "begun", [b"", b"{", raw(Synthesize(text="x"))[:-3], raw(Describe()), raw(Transcribe(), AudioStart(16_000, 2, 1))]
)
async def test_half_open_connections_are_closed_in_time(begun: bytes) -> None:
    async with serving(limits=QUICK) as server:
        await asyncio.gather(*(exchange(server, begun, ends=False) for _ in range(8)))
        await until_connected(server, 0)


class EndlessTts(ScriptedTts):
    """Never stops."""

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        while True:
            await asyncio.sleep(0)
            yield Sound(rate_hz=16_000, pcm=bytes(64_000))


async def test_who_never_reads_is_closed_in_time_while_others_are_served() -> None:
    limits = replace(QUICK, first_header_s=DEADLINE_S, idle_s=DEADLINE_S)
    async with serving(but(scripted(), tts=EndlessTts()), limits) as server:
        deaf = []
        for _ in range(4):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1)
            writer.write(raw(Synthesize(text="x")))
            deaf.append(writer)
        async with client_of(server) as client:
            await ask(client, Ping())
            assert server.connections == 5
            await until_connected(server, 1)
            assert Info.is_type((await ask(client, Describe())).type)
        for writer in deaf:
            writer.transport.abort()


async def test_who_floods_does_not_keep_others_from_being_served() -> None:
    flood = raw(*[Ping(text="x" * 200)] * 2_000)
    async with serving() as server:
        flooding = [asyncio.create_task(exchange(server, *[flood] * 20)) for _ in range(4)]
        await until_connected(server, 4)
        loop = asyncio.get_running_loop()
        async with client_of(server) as client:
            begun_s = loop.time()
            for _ in range(20):
                await ask(client, Describe())
            took_s = loop.time() - begun_s
        for task in flooding:
            task.cancel()
        await asyncio.wait(flooding)
    assert took_s < 5.0


async def test_a_conversation_may_break_off_anywhere() -> None:
    async with serving(limits=Limits()) as server:
        whole = await exchange(server, CONVERSATION)
        for kept in range(len(CONVERSATION)):
            said = await exchange(server, CONVERSATION[:kept])
            assert whole.startswith(said) or b'"type":"error"' in said
            assert said or kept <= len(raw(Describe())), "what was asked before is answered"
        assert await exchange(server, CONVERSATION) == whole


def malformed(seed: int) -> bytes:
    """Return bytes that are nearly a conversation, or nothing like one."""
    chance = random.Random(seed)  # noqa: S311 - the same every time is what a test wants
    raw_bytes = bytearray(CONVERSATION[chance.randrange(0, 600) :] if chance.random() < 0.3 else CONVERSATION)
    damages: list[Callable[[], object]] = [
        lambda: raw_bytes.__setitem__(chance.randrange(len(raw_bytes)), chance.randrange(256)),
        lambda: raw_bytes.__delitem__(slice(at := chance.randrange(len(raw_bytes)), at + chance.randrange(1, 40))),
        lambda: raw_bytes.extend(chance.randbytes(chance.randrange(1, 2_000))),
        lambda: insert(chance.randbytes(chance.randrange(1, 20))),
        lambda: insert(b"[" * chance.randrange(1, 20_000)),
        lambda: insert(b'"' + b'\\"' * chance.randrange(1, 30_000)),
        lambda: insert(b"x" * chance.randrange(1, 70_000)),
        lambda: insert(b'{"type": "%s", "data_length": %d}\n' % (chance.choice(KINDS), chance.randrange(-9, 99_999))),
        lambda: insert(b'{"type": "%s", "data": {"text": %s}}\n' % (chance.choice(KINDS), chance.choice(VALUES))),
        lambda: insert(b'{"type": "audio-chunk", "payload_length": %d}\n' % 2 ** chance.randrange(70)),
    ]

    def insert(piece: bytes) -> None:
        at = chance.choice([0, chance.randrange(len(raw_bytes)), raw_bytes.find(b"{", chance.randrange(400))])
        raw_bytes[at:at] = piece

    for _ in range(chance.randrange(1, 4)):
        chance.choice(damages)()
        if not raw_bytes:
            return b"\0"
    return bytes(raw_bytes)


KINDS = (b"describe", b"transcribe", b"audio-start", b"audio-chunk", b"detect", b"synthesize", b"transcript", b"ping")
VALUES = (
    b"null",
    b"-1",
    b"1e999",
    b'"\\ud800"',
    b'"\\u0000"',
    b"[[[[]]]]",
    b'{"a": {}}',
    b"true",
    b'"' + b"y" * 600 + b'"',
)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096


async def test_malformed_streams_harm_nobody(caplog: pytest.LogCaptureFixture, state: Callable[[str], None]) -> None:
    async with serving(limits=replace(QUICK, event_s=5.0)) as server:
        seeds = iter(range(STREAMS))

        async def attack() -> None:
            for seed in seeds:
                await exchange(server, malformed(seed), address="127.0.0.9")

        async def serve_the_good() -> int:
            served = 0
            while True:
                async with client_of(server) as client:
                    event = await ask(client, Transcribe(language="en"), *sound(bytes(2_048)))
                assert Transcript.from_event(event).text == "turn on the lamp"
                served += 1
                if attacks.done():
                    return served

        for seed in range(STREAMS, STREAMS + 100):
            await exchange(server, malformed(seed))
        before_bytes = resident_bytes()
        attacks = asyncio.gather(*(attack() for _ in range(AT_ONCE)))
        served = await serve_the_good()
        await attacks
        growth_bytes = resident_bytes() - before_bytes
        await until_connected(server, 0)
    state(f"wyoming: {STREAMS} malformed streams, {served} good ones meanwhile, memory grew by {growth_bytes} bytes")
    assert growth_bytes < MOST_GROWTH_BYTES
    assert "failed" not in caplog.text, "what is malformed never reaches a service"
    assert served >= 10
