"""A server as a process on loopback: started, waited for until it answers, and ended by its id."""

import asyncio
import os
import random
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import IO, Final

from wyoming.client import AsyncTcpClient
from wyoming.info import Describe

from bench.resident import family, resident_mib
from gateway.errors import EngineError
from gateway.sandbox.privileges import die_with_parent

HOST: Final = "127.0.0.1"
READY_S: Final = 60.0
"""Loading takes seconds; on a small and busy computer many."""
ANSWER_S: Final = 2.0
RETRY_S: Final = 0.1
GOODBYE_S: Final = 10.0
LAST_WORDS_BYTES: Final = 2_000
PORTS: Final = range(20_000, 32_000)
"""Below those that Linux gives to whoever dials: one of these is not taken between being chosen and being used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A server that answers."""

    name: str
    port: int
    """On `HOST`; it speaks the Wyoming protocol."""
    pid: int

    def resident_mib(self) -> float:
        """Return what it and the processes that it started have in memory, each page by its share."""
        return resident_mib(family(self.pid))


@asynccontextmanager
async def served(
    name: str,
    command: Sequence[str],
    *,
    port: int,
    environment: Mapping[str, str],
    folder: Path,
    ready_s: float = READY_S,
) -> AsyncIterator[Peer]:
    """Run a server until the block is left, in `folder`. It is killed where this process ends before it.

    Raises EngineError where it does not answer a `describe` at `port` within `ready_s`.
    """
    parent = os.getpid()
    with tempfile.TemporaryFile() as log:  # a pipe that nobody reads would hold it up
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env=environment,
            preexec_fn=lambda: die_with_parent(parent),
        )
        try:
            await _answers(name, process, port, log, ready_s)
            yield Peer(name=name, port=port, pid=process.pid)
        finally:
            await _end(process)


def free_port() -> int:
    """Return a port that nobody has on loopback, nor the next one, which a gateway takes, too."""
    while True:
        port = random.choice(PORTS)  # noqa: S311 - no secret
        with socket.socket() as first, socket.socket() as second, suppress(OSError):
            first.bind((HOST, port))
            second.bind((HOST, port + 1))
            return port


def usual_environment(**more: str) -> dict[str, str]:
    """Return what a server is started with: a shell's usual variables, and none that lead Python or a model astray."""
    kept = {name: value for name in ("PATH", "LANG", "LC_ALL", "TZ") if (value := os.environ.get(name))}
    return kept | more


async def _answers(name: str, process: asyncio.subprocess.Process, port: int, log: IO[bytes], ready_s: float) -> None:
    until_s = monotonic() + ready_s
    while not await _describes_itself(port):
        if process.returncode is not None:
            raise EngineError(f"{name} ended while it was starting: {_last_words(log)}")
        if monotonic() > until_s:
            raise EngineError(f"{name} does not answer within {ready_s:.0f} s: {_last_words(log)}")
        await asyncio.sleep(RETRY_S)


async def _describes_itself(port: int) -> bool:
    with suppress(OSError, EOFError, TimeoutError, ValueError):
        async with asyncio.timeout(ANSWER_S), AsyncTcpClient(HOST, port) as client:
            await client.write_event(Describe().event())
            return await client.read_event() is not None
    return False


def _last_words(log: IO[bytes]) -> str:
    """Return the last line that it said; it has heard nothing yet."""
    log.seek(max(log.seek(0, os.SEEK_END) - LAST_WORDS_BYTES, 0))
    return next(
        (line for line in reversed(log.read().decode(errors="replace").splitlines()) if line), "it said nothing"
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE_S):
            await process.wait()
            return
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
