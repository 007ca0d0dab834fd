import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.broker import cloud_tls
from gateway.broker.cloud_tls import context_for
from gateway.broker.destination import Destination, Kind
from gateway.errors import ConfigError
from tests.clouds import Authority

EVERYBODY_S = Destination(
    id="answers",
    kind=Kind.CHAT,
    host="cloud.example",
    port=443,
    path="/v1/chat/completions",
    model="some-model",
    is_local=False,
    key="",
    key_version=1,
    added_at="2026-11-22T10:00:00Z",
)


@pytest.fixture
def compiled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which OpenSSL looks for authorities: there are none, nor elsewhere on this machine."""
    folder = tmp_path / "ssl"
    paths = ssl.DefaultVerifyPaths("", "", "", str(folder / "cert.pem"), "", str(folder / "certs"))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    monkeypatch.setattr(cloud_tls, "KNOWN_AUTHORITIES", (str(tmp_path / "known.crt"),))
    folder.mkdir()
    return folder


def test_certificate_and_name_are_always_checked() -> None:
    for destination in (EVERYBODY_S, replace(EVERYBODY_S, ca=Authority().pem)):
        context = context_for(destination)
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
        assert context.hostname_checks_common_name is False
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_the_authorities_are_those_of_openssl(compiled_in: Path) -> None:
    (compiled_in / "cert.pem").write_text(Authority().pem + Authority().pem)
    (compiled_in.parent / "known.crt").write_text(Authority().pem)
    assert len(context_for(EVERYBODY_S).get_ca_certs()) == 2


def test_where_openssl_has_none_the_system_has_some(compiled_in: Path) -> None:
    (compiled_in.parent / "known.crt").write_text(Authority().pem)
    assert len(context_for(EVERYBODY_S).get_ca_certs()) == 1


def test_where_nobody_has_any_nothing_is_believed(compiled_in: Path) -> None:
    assert context_for(EVERYBODY_S).get_ca_certs() == []
    (compiled_in / "certs").mkdir()
    assert context_for(EVERYBODY_S).get_ca_certs() == []


def test_an_authority_of_the_owner_s_is_the_only_one(compiled_in: Path) -> None:
    (compiled_in / "cert.pem").write_text(Authority().pem + Authority().pem)
    assert len(context_for(replace(EVERYBODY_S, ca=Authority().pem)).get_ca_certs()) == 1


@pytest.mark.parametrize("ca", ["secret", "-----BEGIN CERTIFICATE-----\nsecret\n-----END CERTIFICATE-----\n", "ключ"])
def test_what_is_no_certificate_is_refused(ca: str) -> None:
    with pytest.raises(ConfigError, match="answers: its authority is no certificate in PEM"):
        context_for(replace(EVERYBODY_S, ca=ca))
