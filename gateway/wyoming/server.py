"""The Wyoming port, as Home Assistant's `wyoming` integration uses it: stt, tts, wake words, sentences.

Not served: `select-program` (there is one of each), `transcript-start/-chunk/-stop`, `handled-start/-chunk/-stop` and
`intents-start/-stop` (answers come whole), SSML, and everything of satellites: microphone, speaker, timers, pipelines.
"""

import asyncio
import logging
import socket
from collections import Counter
from functools import partial
from typing import Final

from gateway.errors import ConfigError
from gateway.wyoming.connection import Connection, Turnstiles
from gateway.wyoming.event_stream import EventStream
from gateway.wyoming.limits import Limits
from gateway.wyoming.services import Services, Turnstile

BACKLOG: Final = 16
KERNEL_BYTES: Final = 64 * 1024
"""What the kernel keeps for us in each direction of a connection; it may round up to twice that."""
PAUSE_S: Final = 0.1
"""Out of file descriptors: some will be free by then."""

_LOG = logging.getLogger(__name__)


class WyomingServer:
    """Serves whoever can reach the port: there is no telling who it is. Belongs to the running event loop."""

    def __init__(self, services: Services, *, host: str, port: int, limits: Limits | None = None) -> None:
        """`host` is an address or name of this machine; `port` 0 is any that is free."""
        self._services = services
        self._host = host
        self._port = port
        self._limits = limits or Limits()
        ears, recognition, voice, sentences = (Turnstile(self._limits.answer_s) for _ in range(4))
        self._turnstiles = Turnstiles(ears=ears, recognition=recognition, voice=voice, sentences=sentences)
        self._socket: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._connections: dict[asyncio.Task[None], str] = {}
        """Tasks, by the address of the peer."""
        self.turned_away = 0
        """How many connections were refused for lack of room."""

    @property
    def port(self) -> int:
        """The port's number, once it has started."""
        return self._port

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    async def start(self) -> None:
        """Listen. Raises ConfigError where that is not possible."""
        self._socket = _listening(self._host, self._port)
        self._port = self._socket.getsockname()[1]
        self._accepting = asyncio.create_task(self._accept(self._socket))

    async def close(self) -> None:
        """Listen no more, and end every connection."""
        tasks = list(self._connections)
        if self._accepting is not None:
            tasks.append(self._accepting)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        if self._socket is not None:
            self._socket.close()

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(0)  # where somebody always waits, the others still run
            try:
                connected, address = await loop.sock_accept(listening)
            except OSError as error:
                _LOG.warning("wyoming: no connection could be accepted (%s)", error.strerror)
                await asyncio.sleep(PAUSE_S)
                continue
            host = str(address[0])
            if not self._has_room(host):
                self.turned_away += 1
                connected.close()
                continue
            task = asyncio.create_task(self._serve(connected))
            self._connections[task] = host
            task.add_done_callback(partial(self._gone, connected))

    def _has_room(self, host: str) -> bool:
        present = Counter(self._connections.values())
        return present.total() < self._limits.connections and present[host] < self._limits.connections_an_address

    async def _serve(self, connected: socket.socket) -> None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await Connection(EventStream(connected, self._limits), self._services, self._turnstiles).run()

    def _gone(self, connected: socket.socket, task: asyncio.Task[None]) -> None:
        del self._connections[task]
        connected.close()


def _listening(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises ConfigError."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):  # those that are accepted inherit it
            listening.setsockopt(socket.SOL_SOCKET, buffer, KERNEL_BYTES)
        listening.bind((host, port))
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"wyoming.host, wyoming.port: cannot listen on {host or 'all addresses'}, port {port} ({error.strerror}); "
            "choose another port, or an address of this machine"
        ) from error
    return listening
