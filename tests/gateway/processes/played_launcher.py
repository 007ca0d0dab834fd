"""A launcher played by a test: the other end of the link of a process that runs inside of this one."""

import argparse
import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec

from gateway.processes.link import Link
from gateway.wire.messages import Message

SOON_S = 10.0
"""Nothing here takes a tenth of it."""


@dataclass
class PlayedLauncher[Heard: Message]:
    """What speaks with the process."""

    link: Link[Heard]
    raw: socket.socket
    """The same end, for what is no message."""
    process: asyncio.Task[int]

    def say(self, *messages: Message) -> None:
        for message in messages:
            self.link.say(message)

    async def told[M: Message](self, kind: type[M]) -> M:
        """Return what the process says next, which is of this kind."""
        async with asyncio.timeout(SOON_S):
            message = await self.link.hear()
        assert isinstance(message, kind), f"{kind.__name__} was expected, and {message} was said"
        return message

    async def is_told_nothing(self) -> bool:
        """Tell whether the process says nothing for a while."""
        try:
            async with asyncio.timeout(0.1):
                await self.link.hear()
        except TimeoutError:
            return True
        return False

    async def code(self) -> int:
        """Return the exit code that the process ends with; raises its fault, where it has one."""
        async with asyncio.timeout(SOON_S):
            return await self.process


@asynccontextmanager
async def played_launcher[Heard: Message](
    run: Callable[[argparse.Namespace], Awaitable[int]], decoder: msgspec.json.Decoder[Heard], **ports: int | None
) -> AsyncIterator[PlayedLauncher[Heard]]:
    """Run a process that is given these descriptors, which are its own from then on; it has ended after the block."""
    ours, theirs = socket.socketpair()
    raw = ours.dup()
    link = await Link.over(ours, decoder)
    arguments = argparse.Namespace(parent=os.getppid(), link=theirs.detach(), **ports)

    async def living() -> int:
        return await run(arguments)

    process = asyncio.create_task(living())
    launcher = PlayedLauncher(link, raw, process)
    with raw:
        try:
            yield launcher
            has_ended = process.done()
        finally:
            raw.shutdown(socket.SHUT_RDWR)
            await link.close()
            await asyncio.wait({process}, timeout=SOON_S)
    if not has_ended:  # otherwise the test has asked how
        await launcher.code()
