"""The gateways that this satellite was paired with: their pins and our tokens, in one file of its owner's."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from gateway.errors import ConfigError
from gateway.files import read_bounded, write_privately
from gateway.wire.dial import Address
from gateway.wire.pairing import Paired

MOST_GATEWAYS: Final = 32
"""A satellite stands in one house; the gateway that was paired longest ago is forgotten first."""
LARGEST_BYTES: Final = 64 * 1024
"""A gateway takes about half a kilobyte."""
HIGHEST_PORT: Final = 65_534
"""The broker has the port after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGateway:
    """A gateway, and what proves to each other who we are. The tokens are secret."""

    voice: Address
    gateway_id: str
    peer_id: str
    name: str
    """What this satellite was called when it was paired."""
    voice_pin: bytes
    broker_pin: bytes
    voice_token: str = field(repr=False)
    broker_token: str = field(repr=False)

    @property
    def broker(self) -> Address:
        """Where its broker's port is."""
        return broker_of(self.voice)


def from_pairing(voice: Address, paired: Paired) -> KnownGateway:
    """Return what is kept of a pairing with the gateway at `voice`."""
    return KnownGateway(
        voice=voice,
        gateway_id=paired.gateway_id,
        peer_id=paired.peer_id,
        name=paired.name,
        voice_pin=paired.voice_pin,
        broker_pin=paired.broker_pin,
        voice_token=paired.voice_token,
        broker_token=paired.broker_token,
    )


def broker_of(voice: Address) -> Address:
    """Return where the broker of the gateway at `voice` is: the port after it."""
    return Address(host=voice.host, port=voice.port + 1)


def parse_address(text: str, *, default_port: int) -> Address:
    """Return the address in `text`: `host`, `host:port`, `[IPv6]` or `[IPv6]:port`. Raises ConfigError."""
    found = _ADDRESS.fullmatch(text.strip())
    host = found and (found["bracketed"] or found["name"] or found["bare_ipv6"])
    port = int(found["port"] or default_port) if found else default_port
    if not host or port > HIGHEST_PORT:
        raise ConfigError(
            f"--gateway: found {text!r}; must be a host or an address, with a port from 1 to "
            f"{HIGHEST_PORT} where it is not {default_port}: gateway.local, 192.168.1.5:{default_port}, [fd00::5]"
        )
    return Address(host=host, port=port)


def known_gateways(path: Path) -> tuple[KnownGateway, ...]:
    """Return the gateways in the file, the last one to be paired at the end. Raises ConfigError."""
    content = read_bounded(path, LARGEST_BYTES)
    if content is None:
        return ()
    try:
        return _DECODER.decode(content)
    except (msgspec.DecodeError, ValueError) as error:
        raise ConfigError(f"{path}: is damaged; delete it and pair this satellite again") from error


def remember(path: Path, gateway: KnownGateway) -> None:
    """Keep `gateway`, in place of what was known of its address. Raises ConfigError."""
    others = tuple(known for known in known_gateways(path) if known.voice != gateway.voice)
    write_privately(path, msgspec.json.encode((*others, gateway)[-MOST_GATEWAYS:]))


def forget(path: Path, gateway: KnownGateway) -> None:
    """Keep nothing of `gateway`. Raises ConfigError."""
    write_privately(
        path, msgspec.json.encode([known for known in known_gateways(path) if known.voice != gateway.voice])
    )


def the_only(known: tuple[KnownGateway, ...]) -> KnownGateway:
    """Return the gateway that is meant where none is named. Raises ConfigError where that is not clear."""
    if not known:
        raise ConfigError("this satellite was not paired yet; name its gateway: local-voice satellite --gateway HOST")
    if len(known) > 1:
        raise ConfigError(f"which gateway? name it: --gateway {' or --gateway '.join(str(one.voice) for one in known)}")
    return known[0]


_ADDRESS: Final = re.compile(
    r"(?:\[(?P<bracketed>[^\s\[\]/@?#]+)\]|(?P<name>[^\s\[\]/@?#:]+))(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"|(?P<bare_ipv6>[^\s\[\]/@?#:]*:[^\s\[\]/@?#:]*:[^\s\[\]/@?#]*)"
)
_DECODER: Final = msgspec.json.Decoder(tuple[KnownGateway, ...])
