"""A descriptor can be sent over a socket, and would be a way out, or in. Who reads as we do never gets one."""

import array
import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from gateway.processes.link import Link
from gateway.processes.words import FromVoice, Serving

SPOKEN = msgspec.json.encode(Serving()) + b"\n"

type Reading = Callable[[socket.socket], Awaitable[list[int]]]
"""Reads one message; returns the descriptors that it knows it got."""


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def send(sock: socket.socket, sent: socket.socket) -> None:
    rights = array.array("i", [sent.fileno()])
    assert sock.sendmsg([SPOKEN], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]) == len(SPOKEN)


async def by_link(end: socket.socket) -> list[int]:
    """As launcher and broker read what the voice process says."""
    link = await Link.over(end.dup(), msgspec.json.Decoder(FromVoice))
    assert isinstance(await link.hear(), Serving)
    await link.close()
    return []


async def by_stream(end: socket.socket) -> list[int]:
    """As the broker reads what comes over its owner's socket."""
    reader, writer = await asyncio.open_unix_connection(sock=end.dup())
    assert await reader.readline() == SPOKEN
    writer.close()
    await writer.wait_closed()
    return []


async def by_itself(end: socket.socket) -> list[int]:
    """As nobody does here: with room for descriptors."""
    end.setblocking(True)
    return socket.recv_fds(end, len(SPOKEN), maxfds=1)[1]


async def installed(reading: Reading) -> int:
    """Return how many descriptors this process has more after reading one message with a descriptor."""
    ours, theirs = socket.socketpair()
    with ours, theirs, socket.create_server(("127.0.0.1", 0)) as sent:
        send(theirs, sent)
        before = descriptors()
        got = await reading(ours)
        more = descriptors() - before
        for descriptor in got:
            os.close(descriptor)
        return more


@pytest.mark.parametrize("reading", [by_link, by_stream])
async def test_no_descriptor_is_ever_taken(reading: Reading) -> None:
    assert await installed(reading) == 0


async def test_one_is_taken_by_who_makes_room_for_it() -> None:
    """So that the test above can fail."""
    assert await installed(by_itself) == 1


def test_nothing_of_ours_makes_room() -> None:
    """The only calls that do are named like this, in Python."""
    receiving = ("recv_fds", "recvmsg", "recvmsg_into", "recv_handle")
    for path in (Path(__file__).parents[3] / "gateway").rglob("*.py"):
        assert not any(call in path.read_text(encoding="utf-8") for call in receiving), path
