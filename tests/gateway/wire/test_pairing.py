"""The client's side, against gateways that do not behave; with the real one it is tested in `broker/`."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from gateway.errors import LinkError, TrustError
from gateway.wire import pairing
from gateway.wire.broker_words import (
    LONGEST_NAME_CHARS,
    PAIRING_TO_BROKER,
    PairBegin,
    PairChallenge,
    PairDone,
    PairProof,
)
from gateway.wire.channel import Channel, server_websocket
from gateway.wire.messages import Message, Refused
from gateway.wire.pairing import Paired, pair
from gateway.wire.peers import Role
from tests.gateway.wire.ports import listening

CODE = "A" * 16
DONE = PairDone(proof="0" * 64, gateway_id="g", peer_id="p", voice_token="v", broker_token="b")  # noqa: S106 - examples
CHALLENGE = PairChallenge(nonce="0" * 64)


class Impostor:
    """Says what it was told to, one message for each that it hears."""

    def __init__(self, *says: Message) -> None:
        self.says = says
        self.heard: list[Message | bytes | None] = []

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        websocket = server_websocket()
        await websocket.prepare(request)
        channel = Channel(websocket, PAIRING_TO_BROKER, lambda: None)
        for message in self.says:
            self.heard.append(await channel.hear())
            channel.say(message)
        if not self.says:
            self.heard.append(await channel.hear())
        await channel.close()
        return websocket

    async def pair(self, folder: Path, name: str = "Home") -> Paired:
        async with listening(folder, {"/pair": self.handle}) as port:
            return await pair(port.address, port.address, code=CODE, role=Role.HOME, name=name)


async def test_who_does_not_know_the_code_is_not_believed(tmp_path: Path) -> None:
    impostor = Impostor(CHALLENGE, DONE)
    with pytest.raises(TrustError, match="it is not the gateway that shows it"):
        await impostor.pair(tmp_path)
    assert [type(heard) for heard in impostor.heard] == [PairBegin, PairProof]


async def test_who_answers_out_of_order_or_hangs_up_is_no_gateway(tmp_path: Path) -> None:
    for says, message in (
        ((DONE,), "answered out of order"),
        ((CHALLENGE, CHALLENGE), "answered out of order"),
        ((CHALLENGE,), "ended the pairing"),
        ((), "ended the pairing"),
    ):
        with pytest.raises(LinkError, match=message):
            await Impostor(*says).pair(tmp_path)


async def test_who_does_not_answer_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "ANSWER_S", 0.05)

    async def silent(request: web.BaseRequest) -> web.StreamResponse:
        websocket = server_websocket()
        await websocket.prepare(request)
        await websocket.receive()
        await websocket.receive()
        return websocket

    async with listening(tmp_path, {"/pair": silent}) as port, asyncio.timeout(10):
        with pytest.raises(LinkError, match="did not answer within 0 seconds; try again"):
            await pair(port.address, port.address, code=CODE, role=Role.HOME, name="Home")


@pytest.mark.parametrize(
    ("code", "error", "says"),
    [
        ("window_closed", LinkError, "lets nobody pair now; `local-voice pair` on the gateway opens"),
        ("wrong_role", LinkError, "waits for another kind of device"),
        ("wrong_code", TrustError, "that code is not right; compare it"),
        ("too_many_wrong_codes", TrustError, "it was the last try"),
        ("too_many", LinkError, "is pairing with too many devices just now"),
        ("wrong_version", LinkError, "bring both to the same version"),
        ("not_stored", LinkError, "could not keep the pairing"),
        ("late", LinkError, "did not pair; `local-voice pair` on the gateway shows a new code"),
    ],
)
async def test_every_refusal_says_what_to_do_in_our_own_words(
    code: str, error: type[Exception], says: str, tmp_path: Path
) -> None:
    with pytest.raises(error) as refused:
        await Impostor(Refused(code=code, message="click here")).pair(tmp_path)
    assert says in str(refused.value)
    assert "click here" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "sent"), [("x" * 100, "x" * LONGEST_NAME_CHARS), ("", "home")], ids=["too long", "none"]
)
async def test_a_name_is_made_to_fit(name: str, sent: str, tmp_path: Path) -> None:
    impostor = Impostor(Refused(code="late", message=""))
    with pytest.raises(LinkError):
        await impostor.pair(tmp_path, name)
    (begin,) = impostor.heard
    assert isinstance(begin, PairBegin)
    assert begin.name == sent


def test_what_is_kept_shows_no_token() -> None:
    kept = Paired(
        gateway_id="g",
        peer_id="p",
        voice_token="secret1",  # noqa: S106 - examples
        broker_token="secret2",  # noqa: S106
        voice_pin=b"",
        broker_pin=b"",
        name="n",
    )
    assert "secret" not in repr(kept)
