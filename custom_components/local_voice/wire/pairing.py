"""Becoming a gateway's peer with the code that it shows, and leaving it again (`docs/protocol.md`, "Pairing").

Both sides prove the code with HMAC-SHA-256 over everything that was agreed, both certificates included: somebody in
between shows other certificates, and so fails. Nothing that a gateway says is believed before its proof is checked.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant

from ..const import (
    CONF_BROKER_PIN,
    CONF_BROKER_TOKEN,
    CONF_GATEWAY_ID,
    CONF_PEER_ID,
    CONF_VOICE_PIN,
    CONF_VOICE_TOKEN,
)
from .broker_messages import FROM_BROKER, FROM_BROKER_PAIRING, Leave, PairBegin, PairChallenge, PairDone, PairProof
from .errand import ErrandError, errand, fingerprint_of
from .messages import PROTOCOL_VERSION

ROLE: Final = "home"
CODE_CHARS: Final = 16
NONCE_BYTES: Final = 32
LONGEST_NAME_CHARS: Final = 60

_LOGGER = logging.getLogger(__name__)
_ALPHABET: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_MISREAD: Final = str.maketrans("018", "OIB")
"""Base 32 has no 0, 1 and 8; who types one misread its neighbour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """What is kept of a pairing. The tokens are secret."""

    gateway_id: str
    peer_id: str
    voice_token: str = field(repr=False)
    broker_token: str = field(repr=False)
    voice_pin: bytes
    broker_pin: bytes

    def as_data(self, host: str, port: int) -> dict[str, Any]:
        """Return it as a config entry keeps it."""
        return {
            CONF_HOST: host,
            CONF_PORT: port,
            CONF_GATEWAY_ID: self.gateway_id,
            CONF_PEER_ID: self.peer_id,
            CONF_VOICE_TOKEN: self.voice_token,
            CONF_BROKER_TOKEN: self.broker_token,
            CONF_VOICE_PIN: self.voice_pin.hex(),
            CONF_BROKER_PIN: self.broker_pin.hex(),
        }


def typed_code(text: str) -> str:
    """Return a code as a person typed it: any case, spaces and dashes as they like.

    Raises ErrandError `invalid_code` for what cannot be one.
    """
    code = "".join(text.split()).replace("-", "").upper().translate(_MISREAD)
    if len(code) != CODE_CHARS or not _ALPHABET.issuperset(code):
        raise ErrandError("invalid_code")
    return code


async def pair(hass: HomeAssistant, host: str, port: int, *, code: str, name: str) -> Paired:
    """Become a peer of the gateway whose voice port this is, with the code that it shows, as typed.

    `name` is what the gateway's owner sees in the list of peers. Raises ErrandError.
    """
    key, name = typed_code(code), name[:LONGEST_NAME_CHARS]
    voice_pin, broker_pin = await fingerprint_of(host, port), await fingerprint_of(host, port + 1)
    nonce = secrets.token_bytes(NONCE_BYTES)
    async with errand(hass, host, port + 1, "/pair", FROM_BROKER_PAIRING, pin=broker_pin) as broker:
        await broker.say(PairBegin(protocol=PROTOCOL_VERSION, role=ROLE, name=name, nonce=nonce.hex()))
        challenge = await broker.hear(PairChallenge)
        agreed = ROLE.encode(), name.encode(), nonce, bytes.fromhex(challenge.nonce), voice_pin, broker_pin
        await broker.say(PairProof(proof=_proof(key, b"client", *agreed).hex()))
        done = await broker.hear(PairDone)
    if not hmac.compare_digest(bytes.fromhex(done.proof), _proof(key, b"server", *agreed)):
        raise ErrandError("not_proven")
    return Paired(
        gateway_id=done.gateway_id,
        peer_id=done.peer_id,
        voice_token=done.voice_token,
        broker_token=done.broker_token,
        voice_pin=voice_pin,
        broker_pin=broker_pin,
    )


async def leave(hass: HomeAssistant, data: Mapping[str, Any]) -> None:
    """Tell a gateway that we are its peer no more. Never fails: where it cannot be told, the log says what to do."""
    host, port = data[CONF_HOST], data[CONF_PORT] + 1
    pin, token = bytes.fromhex(data[CONF_BROKER_PIN]), data[CONF_BROKER_TOKEN]
    try:
        async with errand(hass, host, port, "/broker", FROM_BROKER, pin=pin, token=token) as broker:
            await broker.greet()
            await broker.say(Leave())
            await broker.ended()
    except ErrandError as error:
        if error.key == "unknown_token":
            return  # it has forgotten us already
        _LOGGER.warning(
            "The gateway at %s could not be told that Home Assistant leaves (%s); "
            "`local-voice peers` on the gateway removes peer %s",
            host,
            error.key,
            data[CONF_PEER_ID],
        )


def _proof(code: str, side: bytes, *agreed: bytes) -> bytes:
    parts = b"local-voice pairing 1", side, *agreed
    message = b"".join(len(part).to_bytes(4) + part for part in parts)
    return hmac.digest(code.encode(), message, hashlib.sha256)
