"""Which addresses a request may go to: for a cloud, those of the whole internet; for a local one, the home's own.

So that no name, whoever answers for it, leads an approved request to the router, or one for the home's own machine to
somewhere else.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

LOCAL: Final = tuple(
    ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)
"""This machine (RFC 1122, RFC 4291), private ones (RFC 1918, RFC 4193), and link-local ones (RFC 3927, RFC 4291)."""
RELAYS: Final = ip_network("192.88.99.0/24")
"""Of 6to4, which is no more (RFC 7526)."""
UNICAST: Final = IPv6Network("2000::/3")
"""All that IANA has given out of IPv6 for the internet."""
NAT64: Final = IPv6Network("64:ff9b::/96")
"""An IPv4 address is its end (RFC 6052)."""

type Address = IPv4Address | IPv6Address


def wrong_for(addresses: Iterable[str], *, is_local: bool) -> str:
    """Return why a request may not go to a name with these addresses, or nothing; one wrong one is enough.

    `private_address` where one is not of the internet, `public_address` where one is not of the home's own network.
    """
    found = [ip_address(address) for address in addresses]
    if is_local:
        return "" if all(_is_local(address) for address in found) else "public_address"
    return "" if all(_is_public(_reached(address)) for address in found) else "private_address"


def _is_local(address: Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return any((mapped or address) in network for network in LOCAL)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        return address in UNICAST and address.is_global
    return address.is_global and not address.is_multicast and address not in RELAYS


def _reached(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address
