import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import ifaddr
import pytest
from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from gateway.announce import MDNS_PORT, SERVICE_TYPE, addresses_to_announce, announced, is_heard_here
from gateway.errors import LinkError

ID = "0123456789abcdef"
NAME = f"local-voice-{ID}.{SERVICE_TYPE}"
FINGERPRINT = bytes(range(32))
LOOPBACK = "127.0.0.1"
EVERY_V4 = "0.0.0.0"  # noqa: S104 - nothing listens on it here
DEADLINE_S = 10.0


class Browser:
    """A real zeroconf browser on the loopback."""

    def __init__(self, zeroconf: AsyncZeroconf) -> None:
        self.zeroconf = zeroconf.zeroconf
        self.changes: asyncio.Queue[tuple[ServiceStateChange, str]] = asyncio.Queue()
        self.browsing = AsyncServiceBrowser(zeroconf.zeroconf, [SERVICE_TYPE], handlers=[self.changed])

    def changed(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        self.changes.put_nowait((state_change, name))

    async def next(self) -> tuple[ServiceStateChange, str]:
        async with asyncio.timeout(DEADLINE_S):
            return await self.changes.get()

    async def found(self) -> AsyncServiceInfo:
        information = AsyncServiceInfo(SERVICE_TYPE, NAME)
        assert await information.async_request(self.zeroconf, DEADLINE_S * 1000)
        return information


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    zeroconf = AsyncZeroconf(interfaces=[LOOPBACK])
    browser = Browser(zeroconf)
    try:
        yield browser
    finally:
        await browser.browsing.async_cancel()
        await zeroconf.async_close()


async def test_a_browser_finds_the_gateway_and_sees_it_go() -> None:
    async with browsing() as browser:
        async with announced(gateway_id=ID, voice_fingerprint=FINGERPRINT, port=10870, host=LOOPBACK):
            assert await browser.next() == (ServiceStateChange.Added, NAME)
            information = await browser.found()
        assert await browser.next() == (ServiceStateChange.Removed, NAME)
    assert information.properties == {b"id": ID.encode(), b"fp": b"0001020304050607"}
    assert information.server == f"local-voice-{ID}.local."
    assert (information.port, information.parsed_addresses()) == (10870, [LOOPBACK])


async def test_nothing_that_is_announced_names_the_machine() -> None:
    async with (
        browsing() as browser,
        announced(gateway_id=ID, voice_fingerprint=FINGERPRINT, port=10870, host=LOOPBACK),
    ):
        await browser.next()
        information = await browser.found()
        told = f"{information.name} {information.server} {information.properties}"
    assert socket.gethostname() not in told


async def test_an_address_that_changes_is_announced_anew() -> None:
    current = ["127.0.0.1"]

    def addresses(host: str) -> tuple[str, ...]:
        return tuple(current)

    async with (
        browsing() as browser,
        announced(gateway_id=ID, voice_fingerprint=FINGERPRINT, port=10870, addresses=addresses, look_again_s=0.05),
    ):
        assert await browser.next() == (ServiceStateChange.Added, NAME)
        current.append("127.0.0.7")
        assert await browser.next() == (ServiceStateChange.Removed, NAME)
        assert await browser.next() == (ServiceStateChange.Added, NAME)
        assert sorted((await browser.found()).parsed_addresses()) == ["127.0.0.1", "127.0.0.7"]


async def test_a_network_that_cannot_is_warned_about_once_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    tries = asyncio.Semaphore(0)
    loop = asyncio.get_running_loop()

    def no_addresses(host: str) -> tuple[str, ...]:
        loop.call_soon_threadsafe(tries.release)
        raise OSError(101, "Network is unreachable")

    with caplog.at_level(logging.WARNING):
        async with (
            asyncio.timeout(DEADLINE_S),
            announced(gateway_id=ID, voice_fingerprint=FINGERPRINT, port=1, addresses=no_addresses, look_again_s=0.001),
        ):
            for _ in range(5):
                await tries.acquire()
    assert [record.getMessage() for record in caplog.records] == [
        "the gateway is not announced (Network is unreachable): "
        "give its address to Home Assistant and satellites by hand"
    ]


@pytest.fixture
def port_of_somebody_else() -> object:
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        taken.bind(("", MDNS_PORT))
    except OSError:
        taken.close()
        pytest.skip("another program answers zeroconf on this machine: its port cannot be taken away")
    with taken:
        yield


@pytest.mark.usefixtures("port_of_somebody_else")
async def test_a_port_that_is_taken_leaves_the_gateway_serving(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LinkError, match="zeroconf does not work here"):
        await is_heard_here()
    warned = asyncio.Event()

    def is_shown(_: logging.LogRecord) -> bool:
        warned.set()
        return True

    monkeypatch.setattr(caplog.handler, "filter", is_shown)
    async with (
        asyncio.timeout(DEADLINE_S),
        announced(gateway_id=ID, voice_fingerprint=FINGERPRINT, port=1, host=LOOPBACK),
    ):
        await warned.wait()
    assert caplog.messages[0].startswith("the gateway is not announced (Address already in use)")


async def test_an_announcement_is_heard_on_the_same_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.announce.addresses_to_announce", lambda: (LOOPBACK,))
    assert await is_heard_here()


# Which addresses


def adapters(monkeypatch: pytest.MonkeyPatch, **addresses: list[str]) -> None:
    """Give this machine other interfaces, as the library describes them."""
    found = [
        ifaddr.Adapter(
            name, name, [ifaddr.IP((ip, 0, 0) if ":" in ip else ip, 64 if ":" in ip else 24, name) for ip in ips]
        )
        for name, ips in addresses.items()
    ]
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: found)


def test_the_loopback_is_announced_only_where_there_is_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    adapters(monkeypatch, lo=["127.0.0.1", "::1"], eth0=["192.168.1.5", "fe80::5"])
    assert addresses_to_announce() == ("192.168.1.5", "fe80::5")
    adapters(monkeypatch, lo=["127.0.0.1", "::1"])
    assert addresses_to_announce() == ("127.0.0.1", "::1")


def test_containers_and_public_addresses_are_left_out_where_there_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    adapters(monkeypatch, docker0=["172.17.0.1"], eth0=["10.0.0.5", "2606:4700::5"])
    assert addresses_to_announce() == ("10.0.0.5",)
    adapters(monkeypatch, eth0=["2606:4700::5"])
    assert addresses_to_announce() == ("2606:4700::5",)


def test_where_the_port_listens_on_one_address_that_one_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    adapters(monkeypatch, eth0=["192.168.1.5", "fd00::5"])
    assert addresses_to_announce("127.0.0.9") == ("127.0.0.9",)
    assert addresses_to_announce(EVERY_V4) == ("192.168.1.5",)
    assert addresses_to_announce("::") == ("192.168.1.5", "fd00::5")
    assert "127.0.0.1" in addresses_to_announce("localhost")
