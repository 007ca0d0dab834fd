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

from gateway.wyoming.connection import Connection, Turnstiles
from gateway.wyoming.event_stream import EventStream
from gateway.wyoming.limits import Limits
from gateway.wyoming.services import Services, Turnstile

PAUSE_S: Final = 0.1
"""Out of file descriptors: some will be free by then."""

_LOG = logging.getLogger(__name__)


class WyomingServer:
    """Serves whoever can reach the port: there is no telling who it is. Belongs to the running event loop."""

    def __init__(self, services: Services, listening: socket.socket, *, limits: Limits | None = None) -> None:
        """`listening` is `port.listen`'s."""
        self._services = services
        self._socket = listening
        self.port: Final[int] = listening.getsockname()[1]
        self._limits = limits or Limits()
        ears, recognition, voice, sentences = (Turnstile(self._limits.answer_s) for _ in range(4))
        self._turnstiles = Turnstiles(ears=ears, recognition=recognition, voice=voice, sentences=sentences)
        self._accepting: asyncio.Task[None] | None = None
        self._connections: dict[asyncio.Task[None], str] = {}
        """Tasks, by the address of the peer."""
        self.turned_away = 0
        """How many connections were refused for lack of room."""

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    def start(self) -> None:
        """Accept who comes, and who has come since the socket listens."""
        self._socket.setblocking(False)
        self._accepting = asyncio.create_task(self._accept())

    async def close(self) -> None:
        """Listen no more, and end every connection."""
        tasks = list(self._connections)
        if self._accepting is not None:
            tasks.append(self._accepting)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._socket.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(0)  # where somebody always waits, the others still run
            try:
                connected, address = await loop.sock_accept(self._socket)
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
