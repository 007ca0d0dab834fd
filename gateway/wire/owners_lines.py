"""Sockets in the gateway's folder, which only its owner may open: one message a line, and every wait bounded."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

OWNER_SOCKET: Final = "owner.sock"
"""The broker's."""
LEDGER_SOCKET: Final = "ledger.sock"
SEND_S: Final = 5.0
"""Both ends are on this machine: who does not read a line within this time hangs."""


def socket_path(folder_fd: int, name: str) -> str:
    """Return a socket's path by way of its folder's descriptor: its own may have no more than 107 bytes.

    The descriptor has to stay open.
    """
    return f"/proc/self/fd/{folder_fd}/{name}"


async def connect(folder: Path, name: str, *, limit: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a socket in `folder`; a line that is heard has at most `limit` bytes. Raises OSError."""
    folder_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return await asyncio.open_unix_connection(socket_path(folder_fd, name), limit=limit)
    finally:
        os.close(folder_fd)


async def next_line(reader: asyncio.StreamReader, *, within_s: float) -> bytes:
    """Return the next line; nothing where there is none, or none in time, or too long a one."""
    with suppress(TimeoutError, ValueError, ConnectionError):
        async with asyncio.timeout(within_s):
            line = await reader.readline()
            return line if line.endswith(b"\n") else b""
    return b""


async def hang_up(writer: asyncio.StreamWriter, *, within_s: float) -> None:
    """Send what waits, as long as the other side reads it, and end the connection."""
    writer.close()
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(within_s):
            await writer.wait_closed()
    writer.transport.abort()
