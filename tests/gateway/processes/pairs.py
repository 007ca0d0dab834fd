"""Both ends of a link, and a process that says what it is told to."""

import argparse
import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from gateway.processes.habits import heed_the_launcher_alone
from gateway.processes.link import Link
from gateway.processes.words import Failed, Ping, Pong, Serve, Serving, Stop, Written

HEARD: Final = msgspec.json.Decoder(Failed | Serving | Written | Pong)


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[Link[Failed | Serving | Written | Pong], socket.socket]]:
    """Return a link, and the bare other end of it."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    link = await Link.over(ours, HEARD)
    try:
        yield link, theirs
    finally:
        await link.close()
        theirs.close()


def descriptors() -> set[int]:
    """Return what this process has open, and one more: the folder that is read for it."""
    return {int(path.name) for path in Path("/proc/self/fd").iterdir()}


async def _talk(link_number: int) -> None:
    """Tell what this process has, then do as it is told: `serve` answers, `stop` ends."""
    decoder = msgspec.json.Decoder(Serve | Stop | Ping | Failed)
    link = await Link.over(socket.socket(fileno=link_number), decoder)
    ids = descriptors()
    told = {
        "session": os.getsid(0),
        "descriptors": sorted(ids),
        "proxy": os.environ.get("HTTPS_PROXY", ""),
        "user": os.getuid(),
    }
    link.say(Failed(code="told", message=msgspec.json.encode(told).decode()))
    while (message := await link.hear()) is not None:
        match message:
            case Serve():
                link.say(Serving())
            case Ping():
                link.say(Pong())
            case Stop():
                break
            case Failed(code="hang"):
                signal.pause()
            case Failed(code="crash"):
                os.kill(os.getpid(), signal.SIGKILL)
            case Failed(code="hang up"):
                await link.close()
                signal.pause()
    await link.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for option in ("parent", "link", "port", "keep"):
        parser.add_argument(f"--{option}", type=int)
    heed_the_launcher_alone()
    asyncio.run(_talk(parser.parse_args().link))
