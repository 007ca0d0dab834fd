"""Telling the home network by zeroconf that a gateway is here: an id and how its fingerprint starts, nothing else.

It proves nothing, so nothing depends on it: where the network cannot do it, the gateway says so once and serves on.
"""

import asyncio
import contextlib
import ipaddress
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import ifaddr
from zeroconf import Error as ZeroconfError
from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from gateway.errors import LinkError

SERVICE_TYPE: Final = "_local-voice._tcp.local."
FINGERPRINT_CHARS: Final = 16
"""As much as a person compares; identity is the whole fingerprint, which pairing pins."""
LOOK_AGAIN_S: Final = 60.0
"""An address that DHCP gives out anew, or a network that came up after us, is announced within this time."""
CLOSE_S: Final = 3.0
"""The farewell takes a quarter of a second."""
HEARD_S: Final = 3.0
"""An announcement is heard on the same machine within milliseconds."""
MDNS_PORT: Final = 5353
CONTAINER_BRIDGES: Final = ("docker", "br-", "veth", "virbr", "hassio", "lxc", "cni", "podman")
"""How interfaces begin that lead nowhere but to this machine's own containers."""
_PROBE_TYPE: Final = "_lv-probe._tcp.local."

type Addresses = Callable[[str], tuple[str, ...]]

_LOG = logging.getLogger(__name__)
logging.getLogger("zeroconf").setLevel(logging.CRITICAL)  # a line for each socket; ours is the one that says what to do


def addresses_to_announce(host: str = "") -> tuple[str, ...]:
    """Return the addresses at which others reach a port that listens on `host` (empty: everywhere).

    Those of the loopback only where there are no others. Raises OSError for a name that is not known.
    """
    if host and (given := _given(host)):
        return given
    found = [
        ipaddress.ip_address(ip.ip if isinstance(ip.ip, str) else ip.ip[0])
        for adapter in ifaddr.get_adapters()
        if not adapter.name.startswith(CONTAINER_BRIDGES)
        for ip in adapter.ips
        if not (host == "0.0.0.0" and ip.is_IPv6)  # noqa: S104 - compared, not listened on
    ]
    outward = [address for address in found if not address.is_loopback]
    at_home = [address for address in outward if not address.is_global]
    return tuple(str(address) for address in at_home or outward or found)


@asynccontextmanager
async def announced(
    *,
    gateway_id: str,
    voice_fingerprint: bytes,
    port: int,
    host: str = "",
    addresses: Addresses = addresses_to_announce,
    look_again_s: float = LOOK_AGAIN_S,
) -> AsyncIterator[None]:
    """Announce the voice port during the block, in the background; follow changes of this machine's addresses."""

    def information(where: tuple[str, ...]) -> AsyncServiceInfo:
        name = f"local-voice-{gateway_id}"
        return AsyncServiceInfo(
            SERVICE_TYPE,
            f"{name}.{SERVICE_TYPE}",
            parsed_addresses=list(where),
            port=port,
            properties={"id": gateway_id, "fp": voice_fingerprint.hex()[:FINGERPRINT_CHARS]},
            server=f"{name}.local.",
        )

    task = asyncio.create_task(_keep_announcing(information, lambda: addresses(host), look_again_s))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=2 * CLOSE_S)


async def is_heard_here() -> bool:
    """Tell whether an announcement that is made on this machine is heard on it. Raises LinkError, with the reason."""
    name = f"{secrets.token_hex(8)}.{_PROBE_TYPE}"
    heard = asyncio.Event()

    def changed(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        del zeroconf, service_type, name, state_change  # given by keyword
        heard.set()

    try:
        where = addresses_to_announce()
        _check_port()
        listening = AsyncZeroconf(interfaces=list(where))
        browser = AsyncServiceBrowser(listening.zeroconf, [_PROBE_TYPE], handlers=[changed])
        try:
            probe = AsyncServiceInfo(_PROBE_TYPE, name, parsed_addresses=list(where), port=1, server=name)
            async with _responding(probe, where), asyncio.timeout(HEARD_S):
                return await heard.wait()
        finally:
            await browser.async_cancel()
            await listening.async_close()
    except TimeoutError:
        return False
    except (OSError, RuntimeError, ZeroconfError) as error:
        raise LinkError(f"zeroconf does not work here ({_reason(error)})") from error


async def _keep_announcing(
    information: Callable[[tuple[str, ...]], AsyncServiceInfo],
    addresses: Callable[[], tuple[str, ...]],
    look_again_s: float,
) -> None:
    has_warned = False
    while True:
        try:
            where = await asyncio.to_thread(addresses)
            async with _responding(information(where), where):
                while await asyncio.to_thread(addresses) == where:  # noqa: ASYNC110 - no event tells of new addresses
                    await asyncio.sleep(look_again_s)
        except (OSError, RuntimeError, ZeroconfError, TimeoutError) as error:
            if not has_warned:
                _LOG.warning(
                    "the gateway is not announced (%s): give its address to Home Assistant and satellites by hand",
                    _reason(error),
                )
            has_warned = True
            await asyncio.sleep(look_again_s)


@asynccontextmanager
async def _responding(information: AsyncServiceInfo, where: tuple[str, ...]) -> AsyncIterator[None]:
    """Answer questions about a service during the block. Raises OSError, RuntimeError or zeroconf's own errors."""
    _check_port()
    zeroconf = AsyncZeroconf(interfaces=list(where))
    try:
        # No probing for the name: it is ours alone, and after a crash we would meet ourselves.
        await (await zeroconf.async_register_service(information, cooperating_responders=True))
        yield
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await zeroconf.async_unregister_all_services()
        await zeroconf.async_close()


def _check_port() -> None:
    """Raise OSError where somebody has the port to themselves; the library would leave a socket behind."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        probe.bind(("", MDNS_PORT))


def _given(host: str) -> tuple[str, ...]:
    """Return the addresses that `host` names; none where it stands for all."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return tuple(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, None)))
    return () if address.is_unspecified else (host,)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
