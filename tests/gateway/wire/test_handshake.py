import asyncio
from pathlib import Path

import pytest

from gateway.errors import ProtocolError
from gateway.wire import handshake
from gateway.wire.channel import Channel
from gateway.wire.dial import dial
from gateway.wire.handshake import greet, listen
from gateway.wire.messages import PROTOCOL_VERSION, Greeting, Hello, Message, Refused, Vocabulary
from gateway.wire.peers import Peer, Role
from tests.gateway.wire.ports import SOON_S, listening, talking

PEER = Peer(id="1", name="Shelf", role=Role.SATELLITE, secret_hash="0" * 64)
ANSWERS = Vocabulary(Greeting, Refused)


class Session:
    """A session on the gateway's side, and what was handed on in it."""

    def __init__(self, may_send: tuple[type[Message], ...] = (Hello,)) -> None:
        self.may_send = may_send
        self.heard: list[Message | bytes] = []
        self.end = ""

    async def talk(self, channel: Channel) -> None:
        if await greet(channel, PEER, gateway_id="gateway", version="1.0"):
            await listen(channel, PEER.role, self.may_send, self.message, self.sound)
        self.end = channel.end

    async def message(self, message: Message) -> None:
        self.heard.append(message)

    def sound(self, pcm: bytes) -> None:
        raise ProtocolError("muted", f"{len(pcm)} bytes that nobody wants")


async def answers(session: Session, folder: Path, *said: Message | bytes, count: int) -> list[Message | bytes | None]:
    """Return what a peer hears that says all this at once."""
    async with (
        listening(folder, {"/": talking(session.talk)}) as port,
        dial(port.address, "/", ANSWERS, pin=port.identity.fingerprint) as channel,
        asyncio.timeout(SOON_S),
    ):
        for item in said:
            if isinstance(item, bytes):
                await channel.play(item)
            else:
                channel.say(item)
        return [await channel.hear() for _ in range(count)]


def codes(heard: list[Message | bytes | None]) -> list[str | None]:
    return [item.code if isinstance(item, Refused) else None for item in heard]


async def test_hello_is_answered_with_the_greeting(tmp_path: Path) -> None:
    session = Session()
    said = (Hello(protocol=1), Hello(protocol=9), b"\0\0")
    greeting, refused = await answers(session, tmp_path, *said, count=2)
    assert greeting == Greeting(
        protocol=1, version="1.0", gateway_id="gateway", peer_id="1", role=Role.SATELLITE, name="Shelf"
    )
    assert session.heard == [Hello(protocol=9)]
    assert refused == Refused(code="muted", message="2 bytes that nobody wants")


async def test_what_a_role_may_not_say_is_refused_and_not_handed_on(tmp_path: Path) -> None:
    session = Session(may_send=())
    heard = await answers(session, tmp_path, Hello(protocol=1), Hello(protocol=1), Hello(protocol=1), count=3)
    assert heard[1] == heard[2] == Refused(code="not_allowed", message="a satellite may not say this", about="hello")
    assert session.heard == []


@pytest.mark.parametrize(
    ("first", "refused"),
    [
        (Hello(protocol=2), ("wrong_version", "hello", PROTOCOL_VERSION)),
        (Refused(code="", message=""), ("out_of_order", "refused", 0)),
        (b"\0\0", ("out_of_order", "", 0)),
    ],
)
async def test_anything_else_first_ends_the_connection(
    first: Message | bytes, refused: tuple[str, str, int], tmp_path: Path
) -> None:
    session = Session()
    said, end = await answers(session, tmp_path, first, count=2)
    assert isinstance(said, Refused)
    assert (said.code, said.about, said.protocol) == refused
    assert end is None
    assert session.end == refused[0]


async def test_who_says_no_hello_is_late_and_who_goes_before_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session()
    await answers(session, tmp_path, count=0)
    assert session.end == ""
    monkeypatch.setattr(handshake, "HELLO_S", 0.05)
    assert await answers(session, tmp_path, count=1) == [None]
    assert session.end == "late"
