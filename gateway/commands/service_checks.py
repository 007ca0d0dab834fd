"""What `doctor` finds out about the service: ports, identity, peers, zeroconf, what is unprotected. Changes nothing."""

import asyncio
import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gateway.announce import is_heard_here
from gateway.commands.peers import paired
from gateway.config import Config, WyomingConfig
from gateway.errors import ConfigError, LinkError, VoiceError
from gateway.wire.dial import Address, fingerprint_of
from gateway.wire.identity import load_or_create_identity
from gateway.wire.port import bind

SHOWN_CHARS = 16
"""Of a fingerprint; what zeroconf announces, and what a person compares."""
LOOPBACK = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - dialled, not listened on
"""Where a port answers that listens on all addresses."""
ANOTHER_FOLDER = "if it is the machine's service, look with: sudo local-voice doctor"


class Level(StrEnum):
    """How a finding is to be taken; the value is its colour."""

    GOOD = "green"
    NOTE = "yellow"
    PROBLEM = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line."""

    label: str
    level: Level
    text: str


def service_findings(config: Config, folder: Path) -> list[Finding]:
    """Return what is to be said of the service whose identities and peers are in `folder`."""
    identities = {name: _fingerprint(folder / f"{name}.pem") for name in ("voice", "broker")}
    voice, broker = identities["voice"], identities["broker"]
    return [
        *(finding for finding in identities.values() if isinstance(finding, Finding)),
        _identity(voice),
        *asyncio.run(_looked_at(config, voice, broker)),
        _peers(folder),
        _wyoming(config.wyoming),
    ]


def _fingerprint(path: Path) -> bytes | Finding | None:
    if not path.exists():
        return None
    try:
        return load_or_create_identity(path).fingerprint
    except ConfigError as error:
        return Finding(label="Identity", level=Level.PROBLEM, text=str(error))


def _identity(voice: bytes | Finding | None) -> Finding:
    if isinstance(voice, bytes):
        return Finding(label="Identity", level=Level.GOOD, text=f"fingerprint {voice.hex()[:SHOWN_CHARS]}…")
    return Finding(label="Identity", level=Level.NOTE, text="none that can be used; the first start makes one")


async def _looked_at(config: Config, voice: bytes | Finding | None, broker: bytes | Finding | None) -> list[Finding]:
    host, port = config.server.host, config.server.port
    return list(
        await asyncio.gather(
            _port("voice", host, port, voice),
            _port("broker", host, port + 1, broker),
            _zeroconf(config.server.announce),
        )
    )


async def _port(name: str, host: str, port: int, expected: bytes | Finding | None) -> Finding:
    label, where = "Port", f"{port} ({name})"
    try:
        bind(host, port).close()
    except ConfigError as error:
        taken = str(error)
    else:
        return Finding(label=label, level=Level.GOOD, text=f"{where} is free: no gateway runs")
    address = Address(host=LOOPBACK.get(host, host), port=port)
    try:
        shown = await fingerprint_of(address)
    except LinkError:
        return Finding(label=label, level=Level.PROBLEM, text=f"{where}: {taken}")
    if shown == expected:
        return Finding(label=label, level=Level.GOOD, text=f"{where}: this gateway answers")
    text = f"{where}: something answers as {shown.hex()[:SHOWN_CHARS]}…, whose identity is not in this folder"
    return Finding(label=label, level=Level.NOTE, text=f"{text}; {ANOTHER_FOLDER}")


async def _zeroconf(is_wanted: bool) -> Finding:
    by_hand = "Home Assistant and satellites need this machine's address"
    if not is_wanted:
        return Finding(label="Zeroconf", level=Level.NOTE, text=f"off ([server] announce = false): {by_hand}")
    try:
        works = await is_heard_here()
    except LinkError as error:
        return Finding(label="Zeroconf", level=Level.NOTE, text=f"{error}: {by_hand}")
    if works:
        return Finding(label="Zeroconf", level=Level.GOOD, text="works on this machine: gateways here are found")
    return Finding(label="Zeroconf", level=Level.NOTE, text=f"what is announced here is not heard: {by_hand}")


def _peers(folder: Path) -> Finding:
    try:
        peers = paired() if folder.exists() else ()
    except VoiceError as error:
        return Finding(label="Peers", level=Level.PROBLEM, text=str(error))
    if not peers:
        return Finding(label="Peers", level=Level.NOTE, text="nobody is paired; `local-voice pair` shows a code")
    return Finding(label="Peers", level=Level.GOOD, text=f"{len(peers)} paired; `local-voice peers list` names them")


def _wyoming(config: WyomingConfig) -> Finding:
    if not config.enabled:
        return Finding(label="Wyoming", level=Level.GOOD, text="off")
    is_loopback = _is_loopback(config.host)
    who = f"every program on {config.host}" if is_loopback else f"anybody on {config.host}"
    text = f"unprotected: {who} can listen through it (port {config.port})"
    return Finding(label="Wyoming", level=Level.NOTE if is_loopback else Level.PROBLEM, text=text)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
