"""The link between two processes."""

import array
import asyncio
import os
import socket

import pytest

from gateway.errors import LinkError, ProtocolError
from gateway.processes.link import MOST_UNSENT_BYTES
from gateway.processes.words import LARGEST_BYTES, Failed, Serving, Written
from tests.gateway.processes.pairs import descriptors, pair


async def test_messages_come_in_order_and_then_the_end() -> None:
    async with pair() as (link, other):
        other.send(b'{"type":"written","id":1}\n{"type":"wri')
        other.send(b'tten","id":2,"error":"full"}\n{"type":"serving"}\n')
        other.shutdown(socket.SHUT_WR)
        assert await link.hear() == Written(id=1)
        assert await link.hear() == Written(id=2, error="full")
        assert await link.hear() == Serving()
        assert await link.hear() is None


async def test_what_breaks_off_in_the_middle_is_the_end() -> None:
    async with pair() as (link, other):
        other.send(b'{"type":"serving"}')
        other.shutdown(socket.SHUT_WR)
        assert await link.hear() is None


@pytest.mark.parametrize(
    "said",
    [
        b"hello\n",
        b'{"type":"stop"}\n',
        b'{"type":"written","id":"one"}\n',
        b'{"type":"written","id":-1}\n',
        b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
    ],
)
async def test_what_is_no_message_is_an_error(said: bytes) -> None:
    async with pair() as (link, other):
        sending = asyncio.create_task(asyncio.get_running_loop().sock_sendall(other, said))
        with pytest.raises(ProtocolError, match="no message"):
            await link.hear()
        await sending


async def test_a_message_that_never_ends_is_an_error() -> None:
    async with pair() as (link, other):
        endless = asyncio.create_task(asyncio.get_running_loop().sock_sendall(other, b"a" * 4 * LARGEST_BYTES))
        with pytest.raises(ProtocolError):
            await link.hear()
        endless.cancel()
        await asyncio.wait({endless})


async def test_to_somebody_who_has_gone_nothing_is_said() -> None:
    async with pair() as (link, other):
        other.close()
        for _ in range(3):
            link.say(Serving())
            await asyncio.sleep(0)
        assert await link.hear() is None
        link.say(Serving())


async def test_a_reset_is_the_end() -> None:
    async with pair() as (link, other):
        link.say(Serving())
        await asyncio.sleep(0)
        other.close()  # with something unread, which is a reset
        assert await link.hear() is None


async def test_for_somebody_who_reads_nothing_there_is_an_end_to_what_waits() -> None:
    async with pair() as (link, _):
        large = Failed(code="x", message="a" * 4_000)

        def say_all() -> None:
            for _ in range(MOST_UNSENT_BYTES):
                link.say(large)

        with pytest.raises(LinkError, match="nothing is read"):
            say_all()
        link.say(large)


async def test_descriptors_that_are_sent_along_are_not_taken() -> None:
    async with pair() as (link, other):
        read, write = os.pipe()
        try:
            before = len(descriptors())
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [read, write]))
            other.sendmsg([b'{"type":"serving"}\n'], [rights])
            assert await link.hear() == Serving()
            assert len(descriptors()) == before
        finally:
            os.close(read)
            os.close(write)


async def test_closing_sends_what_waits_and_waits_for_nobody_for_ever() -> None:
    async with pair() as (link, other):
        link.say(Serving())
        await link.close()
        assert await asyncio.get_running_loop().sock_recv(other, 100) == b'{"type":"serving"}\n'
    async with pair() as (link, _):
        link.say(Failed(code="x", message="a" * 4_000))
        for _ in range(200):
            link.say(Failed(code="x", message="a" * 4_000))
        await link.close()
