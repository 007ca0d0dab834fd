import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from gateway.errors import LinkError, TrustError
from gateway.wire import dial as dialling
from gateway.wire.channel import Channel
from gateway.wire.dial import Address, dial, fingerprint_of
from gateway.wire.messages import Hello
from tests.gateway.wire.ports import HOST, SOON_S, WORDS, listening, talking


def test_an_address_is_written_as_in_links() -> None:
    assert str(Address(host="gateway.local", port=10870)) == "gateway.local:10870"
    assert str(Address(host="fe80::1", port=10870)) == "[fe80::1]:10870"


async def echo(channel: Channel) -> None:
    while (heard := await channel.hear()) is not None:
        assert isinstance(heard, Hello)
        channel.say(heard)


async def test_who_shows_the_pin_is_spoken_to(tmp_path: Path) -> None:
    async with (
        listening(tmp_path, {"/": talking(echo)}) as port,
        dial(port.address, "/", WORDS, pin=port.identity.fingerprint) as channel,
        asyncio.timeout(SOON_S),
    ):
        channel.say(Hello(protocol=7))
        assert await channel.hear() == Hello(protocol=7)


async def test_who_shows_another_pin_is_told_nothing_not_even_the_token(tmp_path: Path) -> None:
    asked: list[str] = []

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.headers.get("Authorization", ""))
        return web.Response(status=401)

    async with listening(tmp_path, {"/": handle}) as port:
        with pytest.raises(TrustError, match="is not the gateway this device was paired with"):
            async with dial(port.address, "/", WORDS, pin=b"x" * 32, token="secret"):  # noqa: S106 - an example
                pass
        assert asked == []
        with pytest.raises(TrustError, match="does not know this device"):
            async with dial(port.address, "/", WORDS, pin=port.identity.fingerprint, token="secret"):  # noqa: S106
                pass
        assert asked == ["Bearer secret"]


@pytest.mark.parametrize(
    ("status", "error", "says"),
    [
        (401, TrustError, "pair it again with a code that the gateway shows"),
        (403, LinkError, "answered with status 403; is that a Local Voice gateway"),
        (404, LinkError, "answered with status 404; is that a Local Voice gateway"),
        (429, LinkError, "makes a pause of a minute"),
        (503, LinkError, "has too many connections of this device; is it running twice"),
    ],
)
async def test_every_refusal_says_what_to_do(status: int, error: type[Exception], says: str, tmp_path: Path) -> None:
    async def handle(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status)

    async with listening(tmp_path, {"/": handle}) as port:
        with pytest.raises(error, match=says):
            async with dial(port.address, "/", WORDS, pin=port.identity.fingerprint):
                pass


@asynccontextmanager
async def silence() -> AsyncIterator[Address]:
    """Accept connections and say nothing."""
    with socket.create_server((HOST, 0)) as server:
        yield Address(host=HOST, port=server.getsockname()[1])


async def test_who_is_not_there_or_says_nothing_is_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialling, "CONNECT_S", 0.2)
    async with silence() as silent:
        for address, why in ((Address(host=HOST, port=1), "[Cc]onnect"), (silent, "no answer in time")):
            with pytest.raises(LinkError, match=f"{address} is not reached .*{why}.*is the gateway running"):
                await fingerprint_of(address)
            with pytest.raises(LinkError, match=f"{address} is not reached .*{why}.*is the gateway running"):
                async with dial(address, "/", WORDS, pin=b"x" * 32):
                    pass


async def test_what_is_no_gateway_is_not_reached() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, HOST, 0)
    async with server:
        address = Address(host=HOST, port=server.sockets[0].getsockname()[1])
        with pytest.raises(LinkError, match="is not reached"):
            await fingerprint_of(address)
        with pytest.raises(LinkError, match="is not reached"):
            async with dial(address, "/", WORDS, pin=b"x" * 32):
                pass


async def test_a_dialled_connection_that_is_cut_wakes_who_listens(tmp_path: Path) -> None:
    async def wait(channel: Channel) -> None:
        await channel.hear()

    async with (
        listening(tmp_path, {"/": talking(wait)}) as port,
        dial(port.address, "/", WORDS, pin=port.identity.fingerprint) as channel,
        asyncio.timeout(SOON_S),
    ):
        hearing = asyncio.create_task(channel.hear())
        channel.say(Hello(protocol=1))
        await asyncio.sleep(0)
        channel.cut("too_slow")
        assert await hearing is None
        channel.cut("again")
        assert channel.end == "too_slow"
