"""A listening port: TLS, one request a connection, and limits on all that strangers may do to it.

aiohttp has no deadline for headers and no bound on connections, so connections are accepted here and handed to it.
A stranger is a connection that nobody has vouched for yet; strangers are few, brief, and few from one address.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from asyncio.sslproto import SSLProtocol
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

TLS_S = 10.0
"""A slow computer on a bad network needs two."""
HEADER_S = 5.0
"""From the handshake's end to the last header; a peer sends them at once."""
STRANGER_S = 30.0
"""From the headers to being let in or paired; a pairing client answers at once, its person has typed before."""
MOST_STRANGERS = 64
MOST_STRANGERS_AN_ADDRESS = 16
"""So that one machine, gone wild, does not keep the others out."""
LINE_BYTES = 2_048
FIELD_BYTES = 4_096
TLS_BUFFER_BYTES = 16 * 1024
"""A TLS record. asyncio would hold sixteen times as much ready for each connection."""
CLOSING_S = 2.0
PAUSE_S = 0.1
"""Out of file descriptors: some will be free by then."""

type Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_LOG = logging.getLogger(__name__)
_SILENT = logging.getLogger("gateway.wire.http")
"""aiohttp logs what strangers sent; that is nothing for a log."""
_SILENT.disabled = True

SSLProtocol.max_size = TLS_BUFFER_BYTES


@dataclass(eq=False, slots=True)
class _Visit:
    """One accepted connection."""

    address: str
    transport: asyncio.Transport | None = None
    deadline: asyncio.TimerHandle | None = None
    is_stranger: bool = True
    has_asked: bool = False


class _Server(web.Server):
    """aiohttp's protocol factory, which says when a connection is gone."""

    def __init__(self, handler: Handler, on_lost: Callable[[RequestHandler], None]) -> None:
        super().__init__(
            handler,
            logger=_SILENT,
            access_log=None,
            keepalive_timeout=HEADER_S,
            max_line_size=LINE_BYTES,
            max_field_size=FIELD_BYTES,
        )
        self._on_lost = on_lost

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        self._on_lost(handler)


class Listener:
    """Serves `handlers`, by path, on a socket that listens (`port.bind`).

    Belongs to the event loop that is running when it is made.
    """

    def __init__(
        self,
        bound: socket.socket,
        context: ssl.SSLContext,
        handlers: Mapping[str, Handler],
        *,
        most_connections: int,
        name: str,
    ) -> None:
        """`most_connections` counts strangers and peers; `name` is how the log calls this port."""
        self._socket = bound
        self._context = context
        self._handlers = dict(handlers)
        self._most = most_connections
        self._name = name
        self._server = _Server(self._answer, self._lost)
        self._visits: dict[RequestHandler, _Visit] = {}
        self._greeting: set[asyncio.Task[None]] = set()
        self._open: set[_Visit] = set()
        self._accepting: asyncio.Task[None] | None = None
        self.turned_away = 0
        """How many connections were refused for lack of room."""

    @property
    def port(self) -> int:
        """The port's number."""
        number: int = self._socket.getsockname()[1]
        return number

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._open)

    def start(self) -> None:
        """Accept who comes, and who has come since the socket listens."""
        self._socket.setblocking(False)
        self._accepting = asyncio.create_task(self._accept())

    async def close(self) -> None:
        """Listen no more, and end every connection."""
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.wait({self._accepting})
        self._socket.close()
        for task in list(self._greeting):
            task.cancel()
        await self._server.shutdown(CLOSING_S)
        for visit in list(self._open):
            _abort(visit)

    def vouch(self, request: web.BaseRequest) -> None:
        """Say that the request comes from a peer: it may stay."""
        visit = self._visits.get(request.protocol)
        if visit is not None:
            visit.is_stranger = False
            _cancel_deadline(visit)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(0)  # where somebody always waits, the others still run
            try:
                accepted, address = await loop.sock_accept(self._socket)
            except OSError as error:
                _LOG.warning("%s: no connection could be accepted (%s)", self._name, error.strerror)
                await asyncio.sleep(PAUSE_S)
                continue
            host = str(address[0]).removeprefix("::ffff:")
            if not self._has_room(host):
                self.turned_away += 1
                accepted.close()
                continue
            visit = _Visit(host)
            self._open.add(visit)
            task = asyncio.create_task(self._greet(accepted, visit))
            self._greeting.add(task)
            task.add_done_callback(self._greeting.discard)

    def _has_room(self, host: str) -> bool:
        strangers = Counter(visit.address for visit in self._open if visit.is_stranger)
        return (
            len(self._open) < self._most
            and strangers.total() < min(MOST_STRANGERS, self._most // 2)  # the other half is the peers'
            and strangers[host] < MOST_STRANGERS_AN_ADDRESS
        )

    async def _greet(self, accepted: socket.socket, visit: _Visit) -> None:
        """Take the TLS handshake, and see to it that a request follows."""
        loop = asyncio.get_running_loop()
        accepted.setblocking(False)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        protocol = self._server()
        self._visits[protocol] = visit  # before the handshake: the request may be here as soon as it is done
        try:
            visit.transport, _ = await loop.connect_accepted_socket(
                lambda: protocol,
                accepted,
                ssl=self._context,
                ssl_handshake_timeout=TLS_S,
                ssl_shutdown_timeout=CLOSING_S,
            )
        except OSError, TimeoutError:  # ssl.SSLError is an OSError: not TLS, too old, gone, or silent
            accepted.close()
            self._lost(protocol)
            return
        except asyncio.CancelledError:
            accepted.close()
            raise
        if visit.transport.is_closing():
            self._lost(protocol)
        else:
            visit.deadline = visit.deadline if visit.has_asked else loop.call_later(HEADER_S, _abort, visit)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        visit = self._visits.get(request.protocol) or _Visit(address="")  # it may have gone already
        visit.has_asked, visit.transport = True, request.transport
        _cancel_deadline(visit)
        visit.deadline = asyncio.get_running_loop().call_later(STRANGER_S, _abort, visit)
        response = await self._response(request)
        response.force_close()  # one request a connection
        return response

    async def _response(self, request: web.BaseRequest) -> web.StreamResponse:
        handler = self._handlers.get(request.path)
        if handler is None or request.method != "GET":
            return web.Response(status=404)
        if request.can_read_body or "Content-Encoding" in request.headers:
            return web.Response(status=400)
        try:
            return await handler(request)
        except web.HTTPException as refusal:
            return web.Response(status=refusal.status, text=refusal.text, content_type=refusal.content_type)
        except Exception as error:
            _LOG.error("%s: a request failed: %s", self._name, type(error).__name__)
            raise

    def _lost(self, protocol: RequestHandler) -> None:
        visit = self._visits.pop(protocol, None)
        if visit is not None:
            _cancel_deadline(visit)
            self._open.discard(visit)


def _cancel_deadline(visit: _Visit) -> None:
    if visit.deadline is not None:
        visit.deadline.cancel()
        visit.deadline = None


def _abort(visit: _Visit) -> None:
    with contextlib.suppress(Exception):
        if visit.transport is not None:
            visit.transport.abort()
