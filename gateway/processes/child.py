"""A process of ours, from its start to its end: what the launcher does with both of its children alike."""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final

import msgspec

from gateway.errors import LinkError, ProcessError
from gateway.processes.link import Link
from gateway.processes.words import Ping, Stop
from gateway.wire.messages import Message

GOODBYE_S: Final = 4.5
"""After that it is killed: all has stopped within five seconds."""
PING_S: Final = 5.0
MOST_SILENT_S: Final = 30.0
"""Loading a model may hold up an event loop for seconds on a small computer; who says nothing for this long hangs."""
DYING_S: Final = 2.0
"""The kernel takes a killed process away at once, unless its disk hangs."""


_ASTRAY: Final = frozenset(
    {"HOSTALIASES", "LOCALDOMAIN", "OPENSSL_CONF", "OPENSSL_MODULES", "RES_OPTIONS", "SSLKEYLOGFILE"}
)
"""What libc's resolver and OpenSSL would heed: where a name leads, and who may read along, is not for them to say."""

_LOG = logging.getLogger("gateway.launcher")


@dataclass(frozen=True, slots=True)
class Child[Heard: Message]:
    """A process that runs, and what it is spoken with through."""

    process: asyncio.subprocess.Process
    link: Link[Heard]

    async def end(self) -> None:
        """Ask it to end, and see to it that it does."""
        self.link.say(Stop())
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await self.process.wait()
        await self.kill()

    async def watch(self) -> None:
        """Ask for signs of life until cancelled; one that gives none is killed, and ends like any other."""
        while True:
            await asyncio.sleep(PING_S)
            with suppress(LinkError):  # it reads nothing: its link is cut
                self.link.say(Ping())
            if monotonic() - self.link.heard_s > MOST_SILENT_S:
                _LOG.error("%d: no sign of life for %.0f s; it is killed", self.process.pid, MOST_SILENT_S)
                with suppress(ProcessLookupError, PermissionError):
                    self.process.kill()
                return

    async def kill(self) -> None:
        """End it now; nothing of it is left when this returns.

        One of another user takes CAP_KILL; without it, it still ends by itself as soon as its link is closed.
        """
        with suppress(ProcessLookupError, PermissionError):
            self.process.kill()
        with suppress(TimeoutError):
            async with asyncio.timeout(DYING_S):
                await self.process.wait()
        await self.link.close()

    async def ended(self) -> str:
        """Return how it has ended, once its link is closed; it is killed where only that is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DYING_S):
                await self.process.wait()
        await self.kill()
        code = self.process.returncode
        return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"


@asynccontextmanager
async def started[Heard: Message](
    module: str,
    decoder: msgspec.json.Decoder[Heard],
    descriptors: Mapping[str, int],
    *,
    more: Collection[int] = (),
    user: int | None = None,
) -> AsyncIterator[Child[Heard]]:
    """Run a module of ours during the block; at its end the process is asked to stop.

    It gets one end of a pair as `--link`, those of `descriptors` by their names, each of `more` as `--keep`, and our
    id as `--parent`. It has no terminal: Ctrl-C is for the launcher, which ends all in order. Raises ProcessError where
    it cannot be started.
    """
    ours, theirs = socket.socketpair()
    inherited = {"link": theirs.fileno(), **descriptors}
    named = [*inherited.items(), *(("keep", number) for number in more)]
    arguments = [word for name, number in named for word in (f"--{name}", str(number))]
    with theirs:
        link = await Link.over(ours, decoder)
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", module, "--parent", str(os.getpid()), *arguments),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(*inherited.values(), *more),
                start_new_session=True,
                env={name: value for name, value in os.environ.items() if not _leads_astray(name)},
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            )
        except BaseException as error:
            await asyncio.shield(link.close())
            if isinstance(error, OSError):
                raise ProcessError(f"{module} cannot be started ({error.strerror})") from error
            raise
    child = Child(process, link)
    watching = asyncio.create_task(child.watch())
    try:
        yield child
    except BaseException:
        await asyncio.shield(child.end())
        raise
    finally:
        watching.cancel()
    await child.kill()


def _leads_astray(name: str) -> bool:
    """Tell whether a variable of the environment could have requests go elsewhere, or be read by others."""
    return name.lower().endswith("_proxy") or name in _ASTRAY
