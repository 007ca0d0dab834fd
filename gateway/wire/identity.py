"""Who a port is: a self-signed P-256 certificate, which peers pin by its SHA-256 fingerprint. Names prove nothing."""

import hashlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.errors import ConfigError
from gateway.files import read_bounded, write_privately

SERVER_NAME = "lv-gateway"
"""What every gateway's certificate calls itself: a household has no name of its own on the network."""
LARGEST_BYTES = 16 * 1024
"""A key and a certificate on this curve take about one kilobyte."""
ID_CHARS = 16
_VALID_FROM = datetime(2000, 1, 1, tzinfo=UTC)
_VALID_UNTIL = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""RFC 5280's "no expiry": small computers start with a wrong clock, and a pin is revoked by forgetting it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One port's key and certificate, in one PEM file that only its owner reads."""

    path: Path
    fingerprint: bytes
    """SHA-256 of the certificate's DER form, 32 bytes."""

    def server_context(self) -> ssl.SSLContext:
        """Return what a listening port needs: TLS 1.3 and nothing older, no resumption. Raises ConfigError."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.num_tickets = 0
        try:
            context.load_cert_chain(self.path)
        except (OSError, ssl.SSLError) as error:
            raise _unusable(self.path, type(error).__name__) from error
        return context


def load_or_create_identity(path: Path) -> Identity:
    """Return the identity in `path`; the first time, make it. Raises ConfigError where it can be neither."""
    pem = read_bounded(path, LARGEST_BYTES)
    if pem is None:
        pem = _new_pem()
        write_privately(path, pem)
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise _unusable(path, "it holds no certificate") from error
    identity = Identity(path=path, fingerprint=hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest())
    identity.server_context()
    return identity


def gateway_id(voice_fingerprint: bytes, broker_fingerprint: bytes) -> str:
    """Return the id of the gateway whose two ports have these fingerprints: 16 hex characters, no secret."""
    return hashlib.sha256(voice_fingerprint + broker_fingerprint).hexdigest()[:ID_CHARS]


def client_context() -> ssl.SSLContext:
    """Return what a peer dials with: TLS 1.3; whom it reached is told by the fingerprint, not by authorities."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the pin is compared before anything is said
    return context


def _new_pem() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, SERVER_NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_VALID_FROM)
        .not_valid_after(_VALID_UNTIL)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(SERVER_NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret + certificate.public_bytes(Encoding.PEM)


def _unusable(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{path}: cannot be used as this gateway's identity ({why}); restore it from a backup, "
        "or delete it and pair every device again"
    )
