"""Becoming a peer, from the client's side: look at both ports' fingerprints, prove the code, check the gateway's proof.

Keeps nothing; whoever pairs stores what comes back where only its owner reads it.
"""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Final

from gateway.errors import LinkError, TrustError
from gateway.wire.broker_words import (
    LONGEST_NAME_CHARS,
    PAIRING_FROM_BROKER,
    PairBegin,
    PairChallenge,
    PairDone,
    PairProof,
)
from gateway.wire.channel import Channel
from gateway.wire.codes import NONCE_BYTES, Agreement, client_proof, is_same, server_proof, typed_code
from gateway.wire.dial import Address, dial, fingerprint_of
from gateway.wire.messages import PROTOCOL_VERSION, Message, Refused
from gateway.wire.peers import Role

PATH: Final = "/pair"
ANSWER_S: Final = 10.0
"""The gateway answers at once: nobody has to decide anything any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """What a peer keeps of a pairing. The tokens are secret."""

    gateway_id: str
    peer_id: str
    voice_token: str = field(repr=False)
    broker_token: str = field(repr=False)
    voice_pin: bytes
    """The fingerprint that the voice port must show from now on."""
    broker_pin: bytes
    name: str
    """What the peer asked to be called, cut to what is allowed; the gateway's greeting says what became of it."""


async def pair(voice: Address, broker: Address, *, code: str, role: Role, name: str) -> Paired:
    """Become a peer of the gateway at these two ports, with the code that it shows, as typed.

    Raises ConfigError for what cannot be a code, LinkError where the gateway is not reached or lets nobody pair now,
    TrustError for a wrong code or a gateway that does not know it either.
    """
    key, name = typed_code(code), name[:LONGEST_NAME_CHARS] or role
    voice_pin, broker_pin = await fingerprint_of(voice), await fingerprint_of(broker)
    nonce = secrets.token_bytes(NONCE_BYTES)
    async with dial(broker, PATH, PAIRING_FROM_BROKER, pin=broker_pin) as channel:
        channel.say(PairBegin(protocol=PROTOCOL_VERSION, role=role, name=name, nonce=nonce.hex()))
        challenge = await _answer(channel, PairChallenge, broker)
        agreement = Agreement(
            role=role,
            name=name,
            client_nonce=nonce,
            server_nonce=bytes.fromhex(challenge.nonce),
            voice_fingerprint=voice_pin,
            broker_fingerprint=broker_pin,
        )
        channel.say(PairProof(proof=client_proof(key, agreement).hex()))
        done = await _answer(channel, PairDone, broker)
    if not is_same(bytes.fromhex(done.proof), server_proof(key, agreement)):
        raise TrustError(
            f"{broker} does not know the code that it wants to be told: it is not the gateway that shows it. "
            "Check the address; nothing was stored"
        )
    return Paired(
        gateway_id=done.gateway_id,
        peer_id=done.peer_id,
        voice_token=done.voice_token,
        broker_token=done.broker_token,
        voice_pin=voice_pin,
        broker_pin=broker_pin,
        name=name,
    )


async def _answer[Awaited: Message](channel: Channel, kind: type[Awaited], broker: Address) -> Awaited:
    """Return the gateway's next message, which has to be of this kind. Raises LinkError, TrustError."""
    try:
        async with asyncio.timeout(ANSWER_S):
            message = await channel.hear()
    except TimeoutError as error:
        raise LinkError(f"{broker} did not answer within {ANSWER_S:.0f} seconds; try again") from error
    if isinstance(message, Refused):
        raise _refused(broker, message.code)
    if message is None:
        raise LinkError(f"{broker} ended the pairing; `local-voice pair` on the gateway shows a new code")
    if not isinstance(message, kind):
        raise LinkError(
            f"{broker} answered out of order; is that a Local Voice gateway, and its version the same as this one's?"
        )
    return message


def _refused(broker: Address, code: str) -> LinkError | TrustError:
    """Return in words why the gateway did not pair. Its own words are a stranger's, so they are not shown."""
    if code in _WRONG:
        return TrustError(_WRONG[code])
    return LinkError(f"{broker} {_CLOSED.get(code, _UNKNOWN)}")


_WRONG: Final = {
    "wrong_code": "that code is not right; compare it with the one that the gateway shows, and try again. "
    "If it is the same, this is not the gateway's address, or something in between answers in its place",
    "too_many_wrong_codes": "that code is not right, and it was the last try; "
    "`local-voice pair` on the gateway shows a new code",
}
_UNKNOWN: Final = "did not pair; `local-voice pair` on the gateway shows a new code"
_CLOSED: Final = {
    "window_closed": "lets nobody pair now; `local-voice pair` on the gateway opens a window of five minutes "
    "and shows a code",
    "wrong_role": "waits for another kind of device; `local-voice pair home` on the gateway waits for Home Assistant, "
    "`local-voice pair satellite` for a satellite",
    "too_many": "is pairing with too many devices just now; try again in a minute",
    "wrong_version": "speaks another version of the protocol; bring both to the same version",
    "not_stored": "could not keep the pairing; its log says why",
}
