"""Each role and each message of both ports, at the voice port: what is not in the table is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import pytest

from gateway.errors import LinkError, ProtocolError, TrustError
from gateway.wire import broker_words, messages, request_words, voice_words
from gateway.wire.messages import Message, Refused, name_of
from gateway.wire.peers import Role
from gateway.wire.voice_words import MAY_SEND
from tests.gateway.server.peers import Peer, ScriptedHome
from tests.gateway.server.scripted_gateway import scripted_gateway

KINDS: Final = sorted(
    {
        kind
        for module in (messages, voice_words, request_words, broker_words)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Message) and kind is not Message
    },
    key=name_of,
)
VALUES: Final[dict[str, object]] = {
    "protocol": 1, "version": "test", "gateway_id": "g", "peer_id": "p", "role": "home", "name": "n", "code": "c",
    "message": "m", "nonce": "0" * 64, "proof": "0" * 64, "voice_token": "t", "broker_token": "t", "peers": [],
    "seconds": 1, "reason": "expired", "changed": [], "states": [], "entities": 0, "id": 1, "intent": "i",
    "slots": {}, "response": "r", "text": "t", "satellite_id": "s", "muted": False, "area_id": None,
    "connected": True, "outcome": "action", "listening": True, "rate_hz": 16_000, "bytes": 0, "device": "speaker",
    "exist": True, "texts": ["t"], "satellite_ids": ["s"], "language": "en", "stt_model": "m", "stt_models": ["m"],
    "voice": "v", "voices": [], "wake_words": ["w"], "known_wake_words": [], "wake_sensitivity": 50,
    "size": 0, "hash": "0" * 64, "at": "a", "key": "0" * 64, "signature": "0" * 128, "first": 1, "rows": [],
    "is_enforced": True, "is_same_user": False, "layers": [], "missing": {}, "attempts": 1, "ways_out": [],
    "model": "m", "host": "h", "row": 1, "timer_id": 1,
}  # fmt: skip


def example(kind: type[Message]) -> str:
    """Return a message of this kind in which every field that must be there is."""
    fields = {field.encode_name: VALUES[field.name] for field in msgspec.structs.fields(kind) if field.required}
    return msgspec.json.encode({"type": name_of(kind), **fields}).decode()


async def answer(peer: Peer, raw: str) -> str:
    """Return with which code a message is refused; nothing where it is not."""
    before = len(peer.all_told(Refused))
    await peer.say_raw(raw)
    await peer.say_raw('{"type": "rob"}')  # is always refused: whatever was said before it has been answered
    await peer.refused("unknown_type")
    await peer.until(lambda: peer.all_told(Refused)[-1].code == "unknown_type")
    refused = peer.all_told(Refused)[before:]
    return refused[0].code if len(refused) > 1 or raw == '{"type": "rob"}' else ""


async def test_each_role_may_say_only_what_is_in_the_table(tmp_path: Path, state: Callable[[str], None]) -> None:
    assert len(KINDS) >= 59
    said = allowed = 0
    async with scripted_gateway(tmp_path) as gateway:
        for role in (Role.HOME, Role.SATELLITE):
            for kind in KINDS:
                peer_context = gateway.home() if role is Role.HOME else gateway.satellite()
                async with peer_context as peer:
                    await peer.greeted()
                    code = await answer(peer, example(kind))
                may = kind in MAY_SEND[role]
                assert (code not in ("not_allowed", "unknown_type")) == may, f"{role}, {name_of(kind)}: {code}"
                said, allowed = said + 1, allowed + may
        assert gateway.household.changes == []
        for stranger in (Role.CONSENT, None):
            token = "nobody.secret" if stranger is None else gateway.tokens[gateway.pair(stranger)]
            for kind in KINDS:
                with pytest.raises((TrustError, LinkError), match=r"does not know|pause|status 403"):
                    async with ScriptedHome.connected(gateway.address, pin=gateway.pin, token=token):
                        raise AssertionError(f"{stranger} was let in, and could say {name_of(kind)}")
                said += 1
    state(f"voice port: 4 roles x {len(KINDS)} messages = {said} tried, {allowed} allowed, all others refused")


def test_the_table_holds_every_message_that_the_gateway_understands() -> None:
    understood = {kind for kinds in MAY_SEND.values() for kind in kinds}
    for kind in KINDS:
        is_known = True
        try:
            voice_words.TO_GATEWAY.decode(example(kind).encode())
        except ProtocolError:
            is_known = False
        assert is_known == (kind in understood), name_of(kind)
