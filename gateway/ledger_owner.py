"""The ledger's end of `ledger.sock`: the owner's questions, a message a line. Only the owner can open the socket."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from gateway.processes.ledger_words import Answer, Asked, AskLedger, LedgerSays
from gateway.wire.messages import LARGEST_MESSAGE_BYTES
from gateway.wire.owners_lines import hang_up, next_line

MOST_CONNECTIONS: Final = 8
"""A person has a few terminals."""
QUIET_S: Final = 360.0
"""Somebody reads what would come of a correction before they say yes."""
SEND_S: Final = 10.0
"""A recording, to a program that may be writing it to a slow disk."""
PAUSE_S: Final = 0.1
"""Out of file descriptors: some will be free by then."""

type Answering = Callable[[Asked], Awaitable[tuple[Answer, bytes]]]

_ASKED: Final = msgspec.json.Decoder(AskLedger)
_LOG = logging.getLogger(__name__)


class OwnersDoor:
    """Serves the owner on a socket that listens already: this process may not have one listen."""

    def __init__(self, listening: socket.socket, answer: Answering) -> None:
        listening.setblocking(False)
        self._listening = listening
        self._answer = answer
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Serve until cancelled; then nobody is connected any more."""
        loop = asyncio.get_running_loop()
        try:
            with self._listening:
                while True:
                    try:
                        accepted, _ = await loop.sock_accept(self._listening)
                    except OSError as error:
                        _LOG.error("nobody is let in at the ledger's socket (%s)", error.strerror)
                        await asyncio.sleep(PAUSE_S)
                        continue
                    if len(self._tasks) >= MOST_CONNECTIONS:
                        accepted.close()
                        continue
                    task = asyncio.create_task(self._converse(accepted))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _converse(self, accepted: socket.socket) -> None:
        reader, writer = await asyncio.open_unix_connection(sock=accepted, limit=LARGEST_MESSAGE_BYTES)
        try:
            while line := await next_line(reader, within_s=QUIET_S):
                writer.write(msgspec.json.encode(await self._says(line)) + b"\n")
                async with asyncio.timeout(SEND_S):
                    await writer.drain()
        except TimeoutError, ConnectionError:
            pass  # it reads nothing, or has gone
        finally:
            await hang_up(writer, within_s=SEND_S)

    async def _says(self, line: bytes) -> LedgerSays:
        try:
            asked = _ASKED.decode(line)
        except ValueError, RecursionError:  # msgspec's are ValueErrors
            return LedgerSays(id=0, error="malformed", message="that is no question; is the gateway of this version?")
        answer, sound = await self._answer(asked.question)
        return LedgerSays(id=asked.id, answer=answer, sound=sound)
