"""What the owner says of a new destination, checked: an HTTPS address and nothing that could be taken for another."""

import re
import ssl
from collections.abc import Mapping
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from types import MappingProxyType
from typing import Final, NoReturn
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.broker.destination import Destination, Kind
from gateway.errors import ConfigError
from gateway.wire.consent_words import AddDestination
from gateway.wire.messages import NAME_CHARS

TAILS: Final[Mapping[Kind, str]] = MappingProxyType(
    {Kind.CHAT: "/chat/completions", Kind.TRANSCRIPTION: "/audio/transcriptions"}
)
"""What OpenAI-compatible services call these, after what they tell their users (`https://host/v1`)."""
VERSION: Final = "/v1"
"""Where they are in nearly every service."""
HTTPS_PORT: Final = 443
LONGEST_HOST_CHARS: Final = 253
"""RFC 1035."""
LONGEST_KEY_CHARS: Final = 512
"""Keys of services have up to 200."""
LONGEST_MODEL_CHARS: Final = 100
LONGEST_CA_CHARS: Final = 32_768
"""As in the message, whatever the length of the file's lines was: some ten certificates."""
_NAME: Final = re.compile(r"[a-z0-9_-]{1,32}")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A name whose last label is one is taken for an address by some, and for another one by others."""
_PATH: Final = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*")
"""RFC 3986."""


def destination_of(words: AddDestination, now: datetime) -> Destination:
    """Return the destination that `words` describe, without a key version (`CloudStore.put` gives one).

    Raises ConfigError naming what was found and what is allowed; never the key, nor what may hold a password.
    """
    if not _NAME.fullmatch(words.name):
        raise ConfigError(f"{_shown(words.name)}: a destination's name has 1 to 32 of the characters a-z, 0-9, - and _")
    if words.kind not in Kind:
        raise ConfigError(f"{_shown(words.kind)}: a destination's kind is one of: {', '.join(Kind)}")
    kind = Kind(words.kind)
    if not (1 <= len(words.model) <= LONGEST_MODEL_CHARS and words.model.isprintable() and words.model.strip()):
        _refuse(words, f"model: {_shown(words.model)} is not 1 to {LONGEST_MODEL_CHARS} printable characters")
    if len(words.key) > LONGEST_KEY_CHARS or not is_visible(words.key):
        _refuse(words, f"the key is not up to {LONGEST_KEY_CHARS} printable ASCII characters without spaces")
    host, port, path = _address(words)
    return Destination(
        id=words.name,
        kind=kind,
        host=host,
        port=port,
        path=_whole_path(words, path, kind),
        model=words.model,
        is_local=words.is_local,
        key=words.key,
        key_version=0,
        ca=_certificates(words),
        added_at=now.isoformat(timespec="seconds"),
    )


def is_visible(text: str) -> bool:
    """Tell whether a key or a PIN is of visible ASCII characters alone."""
    return text.isascii() and text.isprintable() and " " not in text


def _address(words: AddDestination) -> tuple[str, int, str]:
    """Return host, port and path."""
    url = words.url
    if not url.isprintable() or " " in url or "\\" in url:
        _refuse(words, "the address holds spaces, backslashes or characters that are not printable")
    scheme, _, rest = url.partition("://")
    if scheme.lower() != "https" or not rest:
        _refuse(words, "the address is not of the form https://HOST[:PORT][/PATH]")
    if "?" in rest or "#" in rest or "@" in rest.partition("/")[0]:
        _refuse(words, "the address holds a user, a password, a query or a fragment; a key is asked for by itself")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ConfigError(f"{words.name}: the address has no valid host or port: {_shown(url)}") from error
    if port == 0 or ("[" in url and ":" not in host):
        _refuse(words, f"the address has no valid host or port: {_shown(url)}")
    return _host(words, host), port or HTTPS_PORT, parts.path


def _host(words: AddDestination, host: str) -> str:
    """Return a host in ASCII, in small letters."""
    if ":" in host:
        return _ipv6(words, host)
    try:
        ascii_host = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_host = ""
    labels = ascii_host.split(".")
    if len(ascii_host) > LONGEST_HOST_CHARS or not all(map(_LABEL.fullmatch, labels)):
        _refuse(words, f"{_shown(host)} is not a host")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(ip_address(ascii_host))
        except ValueError:
            _refuse(words, f"{_shown(host)} is not an address: four numbers from 0 to 255")
    return ascii_host


def _ipv6(words: AddDestination, host: str) -> str:
    try:
        address = IPv6Address(host)
    except ValueError:
        _refuse(words, f"{_shown(host)} is not an address")
    if address.scope_id is not None:
        _refuse(words, f"{_shown(host)}: an address with a zone is good on one machine only; give another one")
    return str(address)


def _whole_path(words: AddDestination, path: str, kind: Kind) -> str:
    """Return a path with the tail that is the same everywhere."""
    found = path.rstrip("/") or VERSION
    for other, tail in TAILS.items():
        if other is not kind and found.endswith(tail):
            _refuse(words, f"the address is of another kind of service: --kind {other.value}")
    whole = found if found.endswith(TAILS[kind]) else found + TAILS[kind]
    if len(whole) > NAME_CHARS or not _PATH.fullmatch(whole):
        _refuse(words, f"the address's path is not up to {NAME_CHARS} of the ASCII characters that a path may have")
    return whole


def _certificates(words: AddDestination) -> str:
    """Return the certificates alone, whatever else is in the file that they came from."""
    if not words.ca:
        return ""
    try:
        found = x509.load_pem_x509_certificates(words.ca.encode("utf-8"))
        pem = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in found).decode("ascii")
        ssl.create_default_context(cadata=pem)
    except (ValueError, ssl.SSLError) as error:
        raise ConfigError(f"{words.name}: the authority's file holds no certificates in PEM form") from error
    if len(pem) > LONGEST_CA_CHARS:
        _refuse(words, f"the authority's certificates take more than {LONGEST_CA_CHARS} characters")
    return pem


def _refuse(words: AddDestination, why: str) -> NoReturn:
    raise ConfigError(f"{words.name}: {why}")


def _shown(text: str) -> str:
    return repr(text[:80])
