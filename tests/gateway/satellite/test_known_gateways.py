import stat
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.satellite.known_gateways import (
    MOST_GATEWAYS,
    KnownGateway,
    forget,
    from_pairing,
    known_gateways,
    parse_address,
    remember,
    the_only,
)
from gateway.wire.dial import Address
from gateway.wire.pairing import Paired

VOICE = Address(host="192.0.2.1", port=10870)
PAIRED = Paired(
    gateway_id="0123456789abcdef",
    peer_id="fedcba9876543210",
    voice_token="voice-secret",  # noqa: S106 - a secret of nobody's
    broker_token="broker-secret",  # noqa: S106 - the same
    voice_pin=bytes(range(1, 33)),
    broker_pin=bytes(range(32, 64)),
    name="Kitchen",
)
GATEWAY = from_pairing(VOICE, PAIRED)


def at(host: str) -> KnownGateway:
    return replace(GATEWAY, voice=Address(host=host, port=10870))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "satellite.json"


def test_what_pairing_gave_is_kept_whole_and_only_its_owner_reads_it(file: Path) -> None:
    remember(file, GATEWAY)
    assert known_gateways(file) == (GATEWAY,)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert GATEWAY.broker == Address(host="192.0.2.1", port=10871)
    assert (GATEWAY.voice_token, GATEWAY.voice_pin) == ("voice-secret", bytes(range(1, 33)))


def test_a_gateway_is_not_shown_with_its_secrets() -> None:
    assert "secret" not in repr(GATEWAY)


def test_a_gateway_that_is_paired_anew_takes_the_place_of_itself(file: Path) -> None:
    for gateway in (GATEWAY, at("192.0.2.2"), replace(GATEWAY, voice_pin=bytes(32))):
        remember(file, gateway)
    assert [(one.voice.host, one.voice_pin[0]) for one in known_gateways(file)] == [
        ("192.0.2.2", 1),
        ("192.0.2.1", 0),
    ]


def test_what_is_forgotten_is_gone_and_the_others_stay(file: Path) -> None:
    remember(file, GATEWAY)
    remember(file, at("192.0.2.2"))
    forget(file, GATEWAY)
    assert known_gateways(file) == (at("192.0.2.2"),)
    assert b"192.0.2.1" not in file.read_bytes()


def test_the_file_does_not_grow_for_ever(file: Path) -> None:
    for number in range(MOST_GATEWAYS + 2):
        remember(file, at(f"192.0.2.{number}"))
    assert [one.voice.host for one in known_gateways(file)][:1] == ["192.0.2.2"]
    assert len(known_gateways(file)) == MOST_GATEWAYS


def test_before_the_first_pairing_nothing_is_known(file: Path) -> None:
    assert known_gateways(file) == ()


@pytest.mark.parametrize("content", [b"", b"[", b"[{}]", b'[{"voice": 1}]', b"\xff", b"[" * 60_000])
def test_a_damaged_file_is_refused_with_the_way_out(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"satellite.json: is damaged; delete it and pair this satellite again"):
        known_gateways(file)


def test_the_only_gateway_need_not_be_named() -> None:
    assert the_only((GATEWAY,)) is GATEWAY


def test_without_a_gateway_one_has_to_be_named() -> None:
    with pytest.raises(ConfigError, match="not paired yet; name its gateway: local-voice satellite --gateway HOST"):
        the_only(())


def test_of_several_gateways_one_has_to_be_named() -> None:
    with pytest.raises(ConfigError, match=r"name it: --gateway 192.0.2.1:10870 or --gateway 192.0.2.2:10870"):
        the_only((GATEWAY, at("192.0.2.2")))


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("gateway.local", "gateway.local", 10870),
        (" gateway ", "gateway", 10870),
        ("192.0.2.1:7000", "192.0.2.1", 7000),
        ("[2001:db8::1]", "2001:db8::1", 10870),
        ("[2001:db8::1]:7000", "2001:db8::1", 7000),
        ("2001:db8::1", "2001:db8::1", 10870),
        ("[fe80::1%eth0]:65534", "fe80::1%eth0", 65_534),
    ],
)
def test_an_address_is_read_as_people_write_it(text: str, host: str, port: int) -> None:
    assert parse_address(text, default_port=10870) == Address(host=host, port=port)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ":", ":7000", "host:", "host:x", "host:0", "host:65535", "host:-1", "host:07000", "host:\u0667"),
        *("https://host", "host/path", "me@host", "[::1", "[]", "[::1]x", "[::1]7000", "[::1]:", "a b", "x]"),
    ],
)
def test_what_is_no_address_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ConfigError, match="must be a host or an address"):
        parse_address(text, default_port=10870)
