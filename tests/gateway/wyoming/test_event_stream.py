"""Bare bytes on a pair of sockets: what is an event, and what of it comes in time."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from wyoming.event import Event

from gateway.errors import LinkError, ProtocolError
from gateway.wyoming.event_stream import EventStream, encode
from gateway.wyoming.limits import DATA_BYTES, HEADER_BYTES, PAYLOAD_BYTES, Limits
from tests.gateway.wyoming.rig import DEADLINE_S, QUICK

EVENTS = [
    Event("describe"),
    Event("transcript", {"text": 'a "quoted" \\ [[[[[[[[[[ line\n'}),
    Event("audio-chunk", {"rate": 16_000, "width": 2, "channels": 1, "timestamp": None}, b"\n\0" * 100),
    Event("info", {"text": "x" * (DATA_BYTES - 11)}, bytes(PAYLOAD_BYTES)),
]


@contextmanager
def pair(limits: Limits = QUICK) -> Iterator[tuple[EventStream, socket.socket]]:
    """Return one end as events and the other bare."""
    here, there = socket.socketpair()
    with here, there:
        for end in (here, there):
            end.setblocking(False)
        yield EventStream(here, limits), there


async def send(there: socket.socket, raw: bytes, *, ends: bool = True) -> None:
    async with asyncio.timeout(DEADLINE_S):
        await asyncio.get_running_loop().sock_sendall(there, raw)
    if ends:
        there.shutdown(socket.SHUT_WR)


async def read_all(stream: EventStream) -> list[Event]:
    events = []
    while (event := await stream.read()) is not None:
        events.append(event)
    return events


async def test_what_is_encoded_is_read_again() -> None:
    with pair(replace(QUICK, event_s=DEADLINE_S)) as (stream, there):
        sending = asyncio.create_task(send(there, b"".join(encode(event) for event in EVENTS)))
        assert await read_all(stream) == EVENTS
        await sending


async def test_events_may_come_byte_by_byte() -> None:
    raw = b"".join(encode(event) for event in EVENTS[:3])
    with pair(replace(QUICK, event_s=DEADLINE_S)) as (stream, there):
        reading = asyncio.create_task(read_all(stream))
        for position in range(len(raw)):
            await send(there, raw[position : position + 1], ends=False)
            await asyncio.sleep(0)
        there.shutdown(socket.SHUT_WR)
        assert await reading == EVENTS[:3]


async def test_data_in_the_header_and_after_it_are_one() -> None:
    with pair() as (stream, there):
        await send(there, b'{"type": "x", "data": {"a": 1, "b": 1}, "data_length": 8, "payload_length": 0}\n{"b": 2}')
        assert await read_all(stream) == [Event("x", {"a": 1, "b": 2})]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\n", "malformed"),
        (b"[]\n", "malformed"),
        (b"GET / HTTP/1.1\r\n", "malformed"),
        (b'{"data": {}}\n', "malformed"),
        (b'{"type": 1}\n', "malformed"),
        (b'{"type": "' + b"x" * 65 + b'"}\n', "malformed"),
        (b'{"type": "x\xff"}\n', "malformed"),
        (b'{"type": "x", "data": []}\n', "malformed"),
        (b'{"type": "x", "data_length": -1}\n', "malformed"),
        (b'{"type": "x", "data_length": 1e3000}\n', "malformed"),
        (b'{"type": "x", "payload_length": "1"}\n', "malformed"),
        (b'{"type": "x", "data_length": 2}\n[]', "malformed"),
        (b'{"type": "x", "data_length": 1}\n{', "malformed"),
        (b'{"type": "x", "data_length": %d}\n' % (DATA_BYTES + 1), "too_large"),
        (b'{"type": "x", "payload_length": %d}\n' % (PAYLOAD_BYTES + 1), "too_large"),
        (b'{"type": "x", "payload_length": %d}\n' % 2**63, "too_large"),
        (b'{"type": "' + b"x" * HEADER_BYTES, "too_large"),
        (b'{"type": "x", "data": ' + b"[" * 8 + b"]" * 8 + b"}\n", "too_deep"),
        (b'{"type": "x", "data_length": 4000}\n' + b"[" * 4_000, "too_deep"),
    ],
)
async def test_what_is_no_event_is_refused(raw: bytes, code: str) -> None:
    with pair() as (stream, there):
        await send(there, raw)
        with pytest.raises(ProtocolError) as refusal:
            await read_all(stream)
    assert refusal.value.refusal == code


async def test_an_event_that_breaks_off_anywhere_is_a_lost_connection() -> None:
    whole = encode(EVENTS[2])
    for kept in range(1, len(whole)):
        with pair() as (stream, there):
            await send(there, whole[:kept])
            with pytest.raises(LinkError, match="within an event"):
                await stream.read()


@pytest.mark.parametrize("begun", [b"", b'{"type', b'{"type": "x", "data_length": 9}\n{"a"', encode(EVENTS[0])])
async def test_who_falls_silent_is_not_waited_for(begun: bytes) -> None:
    with pair() as (stream, there):
        await send(there, begun, ends=False)
        async with asyncio.timeout(DEADLINE_S):
            with pytest.raises(LinkError, match="silent"):
                await read_all(stream)


async def test_each_wait_has_its_own_deadline() -> None:
    """With the other deadlines far away, each of them alone ends the wait."""
    far = Limits()
    for limits, begun in (
        (replace(far, first_header_s=0.05), b'{"type'),
        (replace(far, event_s=0.05), b'{"type": "x", "data_length": 9}\n{"a"'),
        (replace(far, idle_s=0.05), encode(EVENTS[0])),
        (replace(far, event_s=0.05), encode(EVENTS[0]) + b"{"),
    ):
        with pair(limits) as (stream, there):
            await send(there, begun, ends=False)
            async with asyncio.timeout(2.0):
                with pytest.raises(LinkError, match="silent"):
                    await read_all(stream)


async def test_who_sends_a_byte_now_and_then_does_not_get_more_time() -> None:
    with pair() as (stream, there):

        async def drip() -> None:
            while True:
                await send(there, b" ", ends=False)
                await asyncio.sleep(0.01)

        dripping = asyncio.create_task(drip())
        async with asyncio.timeout(DEADLINE_S):
            with pytest.raises(LinkError, match="silent"):
                await stream.read()
        dripping.cancel()


async def write_for_ever(stream: EventStream) -> None:
    while True:
        await stream.write(EVENTS[3])


async def test_who_does_not_read_is_not_waited_for() -> None:
    with pair() as (stream, _there):
        async with asyncio.timeout(DEADLINE_S):
            with pytest.raises(LinkError, match="does not read"):
                await write_for_ever(stream)


async def test_who_is_gone_cannot_be_told_anything() -> None:
    with pair() as (stream, there):
        there.close()
        with pytest.raises(LinkError, match="gone"):
            await stream.write(EVENTS[0])
        await stream.end()


async def test_the_last_word_is_read_before_the_end() -> None:
    with pair(replace(QUICK, linger_s=DEADLINE_S)) as (stream, there):
        await send(there, bytes(100_000), ends=False)
        await stream.write(EVENTS[0])
        ending = asyncio.create_task(stream.end())
        received = b""
        while piece := await asyncio.get_running_loop().sock_recv(there, 4_096):
            received += piece
        assert not ending.done()
        there.shutdown(socket.SHUT_WR)
        await ending
    assert json.loads(received)["type"] == "describe"
