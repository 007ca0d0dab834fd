import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from gateway.errors import ConfigError
from gateway.wire.dial import fingerprint_of
from gateway.wire.identity import SERVER_NAME, client_context, gateway_id, load_or_create_identity
from tests.gateway.wire.ports import listening


def test_an_identity_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "gateway" / "voice.pem"
    first = load_or_create_identity(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create_identity(path) == first
    assert len(first.fingerprint) == 32
    assert load_or_create_identity(tmp_path / "other.pem").fingerprint != first.fingerprint


def test_a_certificate_is_good_whatever_the_clock_says_and_names_no_household(tmp_path: Path) -> None:
    path = load_or_create_identity(tmp_path / "voice.pem").path
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    assert certificate.not_valid_before_utc < datetime(2001, 1, 1, tzinfo=UTC)
    assert certificate.not_valid_after_utc > datetime(9999, 1, 1, tzinfo=UTC)
    assert certificate.subject.rfc4514_string() == f"CN={SERVER_NAME}"


@pytest.mark.parametrize("content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"])
def test_a_damaged_identity_is_named_with_the_way_out_and_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "voice.pem"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"voice\.pem: cannot be used as this gateway's identity .* or delete it"):
        load_or_create_identity(path)
    assert path.read_bytes() == content


def test_a_certificate_without_its_key_is_no_identity(tmp_path: Path) -> None:
    path = load_or_create_identity(tmp_path / "voice.pem").path
    pem = path.read_bytes()
    path.write_bytes(pem[pem.index(b"-----BEGIN CERTIFICATE") :])
    with pytest.raises(ConfigError, match="cannot be used as this gateway's identity"):
        load_or_create_identity(path)


def test_a_gateways_id_depends_on_both_fingerprints() -> None:
    assert gateway_id(b"v" * 32, b"b" * 32) == gateway_id(b"v" * 32, b"b" * 32)
    ids = {gateway_id(voice * 32, broker * 32) for voice in (b"v", b"w") for broker in (b"b", b"c")}
    assert len(ids) == 4
    assert {len(made) for made in ids} == {16}


async def test_a_port_speaks_tls_1_3_and_nothing_older(tmp_path: Path) -> None:
    async with listening(tmp_path, {}) as port:
        assert await fingerprint_of(port.address) == port.identity.fingerprint
        older = client_context()
        older.minimum_version = ssl.TLSVersion.TLSv1_2
        older.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(OSError):  # noqa: PT011 - an alert, or a reset before it is read
            await asyncio.open_connection(port.address.host, port.address.port, ssl=older)
