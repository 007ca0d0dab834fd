"""The key that signs the audit log: Ed25519, in a file that only its owner reads."""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from gateway.errors import ConfigError
from gateway.files import read_bounded, write_privately

KEY_NAME: Final = "audit.pem"
LARGEST_BYTES: Final = 4 * 1024
"""Such a key takes 119 bytes."""


def read_key(path: Path) -> Ed25519PrivateKey | None:
    """Return the key in `path`, None where there is no such file. Raises ConfigError."""
    pem = read_bounded(path, LARGEST_BYTES)
    if pem is None:
        return None
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise _unusable(path) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable(path)
    return key


def create_key(path: Path) -> Ed25519PrivateKey:
    """Make a key, and write it into `path`. Raises ConfigError."""
    key = Ed25519PrivateKey.generate()
    write_privately(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def _unusable(path: Path) -> ConfigError:
    return ConfigError(
        f"{path}: cannot be used as the audit log's key; restore it from a backup, or move it and the log away: then "
        "a new log begins, and Home Assistant says so"
    )
