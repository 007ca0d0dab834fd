"""A gateway at the owner's socket that says what a test has it say, and remembers what it was asked."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from gateway.paths import gateway_dir
from gateway.wire.broker_words import OWNER_TO_BROKER
from gateway.wire.messages import Message, encode
from gateway.wire.owners_lines import OWNER_SOCKET, socket_path

type Answers = Callable[[Message], Iterable[Message]]


@asynccontextmanager
async def scripted(answers: Answers) -> AsyncIterator[list[Message]]:
    """Answer each question; yields the list of what was asked."""
    asked: list[Message] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            message = OWNER_TO_BROKER.decode(line)
            asked.append(message)
            for answer in answers(message):
                writer.write(encode(answer) + b"\n")
        writer.close()

    gateway_dir().mkdir(parents=True, exist_ok=True)
    folder_fd = os.open(gateway_dir(), os.O_RDONLY | os.O_DIRECTORY)
    try:
        async with await asyncio.start_unix_server(converse, socket_path(folder_fd, OWNER_SOCKET)):
            yield asked
    finally:
        os.close(folder_fd)
