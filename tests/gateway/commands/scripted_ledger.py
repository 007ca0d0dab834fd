"""A gateway at the ledger's socket that says what a test has it say, and remembers what it was asked."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import msgspec

from gateway.paths import gateway_dir
from gateway.processes.ledger_words import Asked, AskLedger, LedgerSays
from gateway.wire.owners_lines import LEDGER_SOCKET

DEADLINE_S = 5.0

type Says = Callable[[AskLedger], LedgerSays | bytes]


@asynccontextmanager
async def scripted_ledger(says: Says) -> AsyncIterator[list[Asked]]:
    """Answer each question; yields the list of what was asked."""
    asked: list[Asked] = []
    conversing: set[asyncio.Task[None]] = set()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversing.add(asyncio.create_task(converse(reader, writer)))

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                message = msgspec.json.decode(line, type=AskLedger)
                asked.append(message.question)
                said = says(message)
                writer.write(said if isinstance(said, bytes) else msgspec.json.encode(said) + b"\n")
        except ConnectionError:
            pass  # it was hung up in the middle of what we said
        finally:
            writer.transport.abort()
            with suppress(ConnectionError):
                await writer.wait_closed()

    gateway_dir().mkdir(parents=True, exist_ok=True)
    folder_fd = os.open(gateway_dir(), os.O_RDONLY | os.O_DIRECTORY)
    try:
        path = f"/proc/self/fd/{folder_fd}/{LEDGER_SOCKET}"
        async with await asyncio.start_unix_server(accepted, path):
            yield asked
            async with asyncio.timeout(DEADLINE_S):
                await _let_in(path)
                await asyncio.gather(*conversing)
    finally:
        os.close(folder_fd)


async def _let_in(path: str) -> None:
    """Return when everybody has been let in who connected before: the last of them hung up without a word."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write_eof()
    with suppress(ConnectionError):
        await reader.read()
    writer.close()
    await writer.wait_closed()
