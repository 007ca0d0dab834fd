import asyncio
import logging
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import ClientSession, Fingerprint, web

from gateway.wire import listener as listeners
from gateway.wire.identity import client_context
from gateway.wire.listener import MOST_STRANGERS_AN_ADDRESS, Handler, Listener
from gateway.wire.port import bind
from tests.gateway.wire.ports import HOST, SOON_S, Port, listening

type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connected(port: Port, *, source: str = HOST) -> Streams:
    """Return a connection with TLS, over which nothing has been said."""
    return await asyncio.open_connection(
        port.address.host, port.address.port, ssl=client_context(), local_addr=(source, 0)
    )


async def rest(reader: asyncio.StreamReader) -> bytes:
    """Return what still comes, until the connection ends, which has to be soon."""
    async with asyncio.timeout(SOON_S):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


async def asked(port: Port, raw: bytes) -> bytes:
    """Return what a request in these bytes is answered with."""
    reader, writer = await connected(port)
    writer.write(raw)
    answer = await rest(reader)
    writer.transport.abort()
    return answer


async def until(is_so: Callable[[], bool]) -> None:
    """Return when it is so; the event loop only has to come round."""
    async with asyncio.timeout(SOON_S):
        while not is_so():  # noqa: ASYNC110 - a listener tells nobody
            await asyncio.sleep(0.001)


async def hello(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(text="hello")


class Guests:
    """A handler that keeps its guests, whether or not it vouches for them."""

    def __init__(self, *, vouches: bool) -> None:
        self.vouches = vouches
        self.came = asyncio.Event()
        self.count = 0
        self.listener: Listener | None = None

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if self.vouches:
            assert self.listener is not None
            self.listener.vouch(request)
        self.count += 1
        self.came.set()
        await asyncio.Event().wait()
        raise AssertionError


GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (GET + b"\r\n", b"200"),
        (b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", b"404"),
        (GET + b"Content-Length: 2\r\n\r\nab", b"400"),
        (GET + b"Content-Encoding: gzip\r\n\r\n", b"400"),
        (GET + b"X: " + b"x" * 9_000 + b"\r\n\r\n", b"400"),
        (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n\r\n", b"400"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
async def test_one_request_is_answered_and_then_the_connection_ends(
    request_: bytes, status: bytes, tmp_path: Path
) -> None:
    async with listening(tmp_path, {"/": hello}) as port:
        answer = await asked(port, request_ + GET + b"\r\n")
        assert answer.split(b" ")[1] == status
        assert answer.count(b"HTTP/1.1") + answer.count(b"HTTP/1.0") == 1
        await until(lambda: port.listener.connections == 0)


async def test_a_refusal_keeps_its_status_and_a_fault_is_logged_without_its_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(_: web.BaseRequest) -> web.StreamResponse:
        raise web.HTTPForbidden(text='{"code": "x"}', content_type="application/json")

    async def fail(_: web.BaseRequest) -> web.StreamResponse:
        raise LookupError("what was said")

    async with listening(tmp_path, {"/": refuse, "/fail": fail}) as port, ClientSession() as session:
        for path, status in (("/", 403), ("/fail", 500)):
            async with session.get(
                f"https://{port.address}{path}",
                ssl=Fingerprint(port.identity.fingerprint),
                server_hostname="lv-gateway",
            ) as response:
                assert response.status == status
                assert "what was said" not in await response.text()
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert said == ["test port: a request failed: LookupError"]


async def test_who_says_nothing_is_let_go_at_each_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "TLS_S", 0.1)
    monkeypatch.setattr(listeners, "HEADER_S", 0.1)
    monkeypatch.setattr(listeners, "STRANGER_S", 0.1)
    monkeypatch.setattr(listeners, "CLOSING_S", 0.1)
    guests = Guests(vouches=False)
    async with listening(tmp_path, {"/": guests.handle}) as port:
        silent = await asyncio.open_connection(port.address.host, port.address.port)
        headless = await connected(port)
        slow = await connected(port)
        slow[1].write(GET)
        stranger = await connected(port)
        stranger[1].write(GET + b"\r\n")
        for reader, writer in (silent, headless, slow, stranger):
            assert await rest(reader) == b""
            writer.transport.abort()
        assert guests.count == 1
        await until(lambda: port.listener.connections == 0)


async def test_who_is_vouched_for_may_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "HEADER_S", 0.1)
    monkeypatch.setattr(listeners, "STRANGER_S", 0.1)
    monkeypatch.setattr(listeners, "CLOSING_S", 0.1)
    guests = Guests(vouches=True)
    async with listening(tmp_path, {"/": guests.handle}) as port:
        guests.listener = port.listener
        reader, writer = await connected(port)
        writer.write(GET + b"\r\n")
        await guests.came.wait()
        stranger = await connected(port)
        assert await rest(stranger[0]) == b""  # longer than a stranger may stay
        assert port.listener.connections == 1
        assert not reader.at_eof()
        writer.transport.abort()
        stranger[1].transport.abort()


async def test_what_is_no_tls_or_goes_at_once_leaves_nothing(tmp_path: Path) -> None:
    async with listening(tmp_path, {"/": hello}) as port:
        for sent in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b"\0" * 100, b""):
            reader, writer = await asyncio.open_connection(port.address.host, port.address.port)
            writer.write(sent)
            writer.write_eof()
            await rest(reader)
            writer.transport.abort()
        for _ in range(20):
            _, writer = await connected(port)
            writer.close()
            writer.transport.abort()
        await until(lambda: port.listener.connections == 0)
        assert (await asked(port, GET + b"\r\n")).endswith(b"hello")


async def test_one_machine_gone_wild_does_not_keep_the_others_out(tmp_path: Path) -> None:
    async with listening(tmp_path, {"/": hello}) as port:
        wild = [await connected(port) for _ in range(MOST_STRANGERS_AN_ADDRESS)]
        with pytest.raises(OSError):  # noqa: PT011 - reset, or an end before the handshake
            await connected(port)
        assert port.listener.turned_away == 1
        other = await connected(port, source="127.0.0.2")
        other[1].write(GET + b"\r\n")
        assert (await rest(other[0])).endswith(b"hello")
        for _, writer in (*wild, other):
            writer.transport.abort()


async def test_a_port_has_a_bound_for_peers_and_strangers_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "CLOSING_S", 0.1)
    guests = Guests(vouches=True)
    async with listening(tmp_path, {"/": guests.handle}, most=2) as port:
        guests.listener = port.listener
        first = await connected(port)
        with pytest.raises(OSError):  # noqa: PT011 - half of the port is kept for peers
            await connected(port)
        first[1].write(GET + b"\r\n")
        await until(lambda: guests.count == 1)
        second = await connected(port)
        second[1].write(GET + b"\r\n")
        await until(lambda: guests.count == 2)
        with pytest.raises(OSError):  # noqa: PT011 - reset, or an end before the handshake
            await connected(port)
        first[1].transport.abort()
        await until(lambda: port.listener.connections == 1)
        third = await connected(port)
        for _, writer in (second, third):
            writer.transport.abort()


async def test_closing_ends_every_connection_whatever_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "CLOSING_S", 0.1)
    guests = Guests(vouches=True)
    async with listening(tmp_path, {"/": guests.handle}) as port:
        guests.listener = port.listener
        shaking = await asyncio.open_connection(port.address.host, port.address.port)
        headless = await connected(port)
        guest = await connected(port)
        guest[1].write(GET + b"\r\n")
        await guests.came.wait()
        await until(lambda: port.listener.connections == 3)
    for reader, writer in (shaking, headless, guest):
        assert await rest(reader) == b""
        writer.transport.abort()


async def test_vouching_for_a_connection_that_is_gone_does_no_harm(tmp_path: Path) -> None:
    came, gone, vouched = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async with listening(tmp_path, {}) as port:

        async def late(request: web.BaseRequest) -> web.StreamResponse:
            came.set()
            await gone.wait()
            port.listener.vouch(request)
            vouched.set()
            return web.Response()

        port.listener._handlers["/"] = late
        _, writer = await connected(port)
        writer.write(GET + b"\r\n")
        await came.wait()
        writer.transport.abort()
        await until(lambda: port.listener.connections == 0)
        gone.set()
        async with asyncio.timeout(SOON_S):
            await vouched.wait()
        assert port.listener.connections == 0


async def test_a_listener_that_was_never_started_closes_its_socket(tmp_path: Path) -> None:
    async with listening(tmp_path, {}) as port:
        bound = bind(HOST, 0)
        handlers: dict[str, Handler] = {}
        unstarted = Listener(bound, port.identity.server_context(), handlers, most_connections=1, name="x")
        await unstarted.close()
        assert bound.fileno() == -1


async def test_an_accept_that_fails_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listeners, "PAUSE_S", 0.001)
    async with listening(tmp_path, {"/": hello}) as port:
        loop = asyncio.get_running_loop()
        accept = loop.sock_accept
        failures = [OSError(24, "Too many open files")]

        async def sometimes(bound: socket.socket) -> tuple[socket.socket, object]:
            if failures:
                raise failures.pop()
            return await accept(bound)

        monkeypatch.setattr(loop, "sock_accept", sometimes)
        for _ in range(2):  # the first is still accepted in the old way
            assert (await asked(port, GET + b"\r\n")).endswith(b"hello")
    assert "test port: no connection could be accepted (Too many open files)" in caplog.text
