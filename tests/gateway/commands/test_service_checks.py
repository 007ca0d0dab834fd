import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from gateway.broker.store import PeerStore
from gateway.commands.doctor import _show_service
from gateway.commands.service_checks import Finding, Level, service_findings
from gateway.config import Config, ServerConfig, WyomingConfig
from gateway.paths import gateway_dir
from gateway.wire.identity import Identity, load_or_create_identity
from gateway.wire.peers import Role

LOOPBACK = "127.0.0.1"
DEADLINE_S = 10.0


@pytest.fixture
def config() -> Config:
    """A server on two ports of the loopback that nobody else has."""
    while True:
        with socket.create_server((LOOPBACK, 0)) as first:
            port = first.getsockname()[1]
            try:
                socket.create_server((LOOPBACK, port + 1)).close()
            except OSError, OverflowError:
                continue
            return Config(server=ServerConfig(host=LOOPBACK, port=port, announce=False))


def found(config: Config, label: str) -> list[Finding]:
    return [finding for finding in service_findings(config, gateway_dir()) if finding.label == label]


@contextmanager
def answering(port: int, identity: Identity) -> Iterator[None]:
    """Take TLS connections on a port with an identity during the block."""
    loop = asyncio.new_event_loop()

    async def closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = loop.run_until_complete(asyncio.start_server(closed, LOOPBACK, port, ssl=identity.server_context()))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield
    finally:
        server.close()
        asyncio.run_coroutine_threadsafe(server.wait_closed(), loop).result(DEADLINE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(DEADLINE_S)
        loop.close()


def identity(name: str) -> Identity:
    return load_or_create_identity(gateway_dir() / f"{name}.pem")


def test_before_the_first_start_nothing_is_there_and_nothing_is_made(config: Config) -> None:
    findings = service_findings(config, gateway_dir())
    assert [(finding.label, finding.level) for finding in findings] == [
        ("Identity", Level.NOTE),
        ("Port", Level.GOOD),
        ("Port", Level.GOOD),
        ("Zeroconf", Level.NOTE),
        ("Peers", Level.NOTE),
        ("Wyoming", Level.GOOD),
    ]
    assert "is free" in findings[1].text
    assert not gateway_dir().exists()


def test_a_gateway_of_ours_is_known_by_its_fingerprints(config: Config) -> None:
    voice, broker = identity("voice"), identity("broker")
    with ExitStack() as stack:
        stack.enter_context(answering(config.server.port, voice))
        stack.enter_context(answering(config.server.port + 1, broker))
        ports = found(config, "Port")
    assert [finding.level for finding in ports] == [Level.GOOD, Level.GOOD]
    assert all(finding.text.endswith("this gateway answers") for finding in ports)
    assert voice.fingerprint.hex()[:16] in found(config, "Identity")[0].text


def test_another_gateway_on_our_port_is_told_from_ours(config: Config, tmp_path: Path) -> None:
    identity("voice")
    stranger = load_or_create_identity(tmp_path / "stranger.pem")
    with answering(config.server.port, stranger):
        finding = found(config, "Port")[0]
    assert finding.level is Level.NOTE
    assert f"something answers as {stranger.fingerprint.hex()[:16]}" in finding.text


def test_a_program_that_speaks_no_tls_on_our_port_is_a_problem(config: Config) -> None:
    with socket.create_server((LOOPBACK, config.server.port)) as taken:

        def hang_up() -> None:
            taken.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        finding = found(config, "Port")[0]
        thread.join(DEADLINE_S)
    assert finding.level is Level.PROBLEM
    assert "choose another port" in finding.text


def test_a_damaged_identity_is_named(config: Config) -> None:
    identity("voice").path.write_text("no certificate")
    findings = found(config, "Identity")
    assert findings[0].level is Level.PROBLEM
    assert "voice.pem: cannot be used" in findings[0].text


def test_peers_are_counted(config: Config) -> None:
    store = PeerStore(gateway_dir())
    store.add(name="Kitchen", role=Role.SATELLITE, area="Kitchen")
    store.add(name="Home", role=Role.HOME)
    store.close()
    assert found(config, "Peers")[0].text.startswith("2 paired")
    (gateway_dir() / "peers.json").write_text("{")
    assert found(config, "Peers")[0].level is Level.PROBLEM


@pytest.mark.parametrize(
    ("host", "level", "words"),
    [
        (LOOPBACK, Level.NOTE, "every program on 127.0.0.1 can listen through it (port 10300)"),
        ("localhost", Level.NOTE, "every program on localhost"),
        ("192.168.1.5", Level.PROBLEM, "anybody on 192.168.1.5 can listen through it (port 10300)"),
        ("gateway.lan", Level.PROBLEM, "anybody on gateway.lan"),
    ],
)
def test_wyoming_is_called_unprotected_wherever_it_listens(config: Config, host: str, level: Level, words: str) -> None:
    finding = found(replace(config, wyoming=WyomingConfig(enabled=True, host=host)), "Wyoming")[0]
    assert finding.level is level
    assert finding.text.startswith("unprotected: ")
    assert words in finding.text


def test_zeroconf_is_tried(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.announce.addresses_to_announce", lambda: (LOOPBACK,))
    announcing = replace(config, server=replace(config.server, announce=True))
    assert found(announcing, "Zeroconf")[0].text.startswith("works on this machine")

    def no_network() -> tuple[str, ...]:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("gateway.announce.addresses_to_announce", no_network)
    assert "Network is unreachable" in found(announcing, "Zeroconf")[0].text


def test_announcements_that_nobody_hears_are_told(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing_is_heard() -> bool:
        return False

    monkeypatch.setattr("gateway.commands.service_checks.is_heard_here", nothing_is_heard)
    finding = found(replace(config, server=replace(config.server, announce=True)), "Zeroconf")[0]
    assert (finding.level, "not heard" in finding.text) == (Level.NOTE, True)


def test_doctor_shows_it(config: Config) -> None:
    console = Console(width=200, no_color=True)
    with console.capture() as capture:
        _show_service(console, replace(config, wyoming=WyomingConfig(enabled=True, host="192.168.1.5")))
    shown = capture.get()
    assert "[server] announce = false" in shown
    assert "Wyoming       unprotected: anybody on 192.168.1.5" in shown
