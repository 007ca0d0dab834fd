"""What the process that hears has to do with requests to the cloud: it proposes, and says what became of them."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from gateway.house import House
from gateway.processes.words import (
    CloudIs,
    Decided,
    Peers,
    Ping,
    Pong,
    Propose,
    Proposed,
    Protected,
    Stop,
    Withdraw,
    Withdrawn,
)
from gateway.wire.dial import Address
from gateway.wire.peers import Peer, Role, new_token
from gateway.wire.request_words import Converse, Conversed
from gateway.wire.voice_words import HouseUsable
from tests.gateway.running_service import HOST, until
from tests.gateway.running_voice_process import Played, begin, home_of, play, running
from tests.gateway.server.peers import ScriptedSatellite

QUESTION: Final = "Who wrote the book about the white whale?"
READY: Final = CloudIs(is_allowed=True, contents=("text",))


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    played = play(monkeypatch)
    yield played
    played.parts.close()


async def test_what_nobody_here_can_answer_is_proposed_once_the_broker_says_that_it_may_be(played: Played) -> None:
    async with running() as launcher, home_of(launcher) as home:
        home.tell(House(name="Home"))
        await home.told(HouseUsable)
        for number, said in enumerate((CloudIs(is_allowed=False, contents=("text",)), READY), 1):
            launcher.say(said, Ping())
            await launcher.told(Pong)
            home.say(Converse(id=number, text=QUESTION, language="en"))
            if said is READY:
                asked = await launcher.told(Propose)
                assert (asked.satellite_id, asked.content, asked.text) == ("", "text", QUESTION)
                launcher.say(Proposed(id=asked.id, request_id="f00d"))
            outcome = (await home.told(Conversed, number)).outcome
            assert outcome == ("consent_asked" if said is READY else "not_understood")


async def test_what_is_taken_back_is_not_asked_for_any_more(played: Played) -> None:
    async with running() as launcher, home_of(launcher) as home:
        home.tell(House(name="Home"))
        await home.told(HouseUsable)
        home.say(Converse(id=1, text="forget that", language="en"))
        asked = await launcher.told(Withdraw)
        assert asked.satellite_id == ""
        launcher.say(Withdrawn(id=asked.id, requests=1))
        assert (await home.told(Conversed)).outcome == "never_mind"


async def test_what_became_of_a_request_is_said_where_it_was_asked_for(played: Played) -> None:
    token, secret_hash = new_token("shelf")
    peers = Peers(peers=(Peer(id="shelf", name="Shelf", role=Role.SATELLITE, secret_hash=secret_hash),))
    async with running() as launcher:
        await launcher.serving()
        launcher.say(peers, Ping())
        await launcher.told(Pong)
        address = Address(host=HOST, port=launcher.port)
        pin = launcher.identity.fingerprint
        async with ScriptedSatellite.connected(address, pin=pin, token=token) as satellite:
            await satellite.greeted()
            answer = Decided(
                request_id="f00d", satellite_id="shelf", content="text", fate="answered", text="Herman Melville."
            )
            launcher.say(msgspec.structs.replace(answer, satellite_id=""))
            launcher.say(msgspec.structs.replace(answer, satellite_id="gone"))
            launcher.say(answer)
            await satellite.until(lambda: satellite.received_bytes > 0, "an answer")
        launcher.say(Stop())
        assert await launcher.code() == 0


async def test_what_becomes_of_one_while_models_are_loaded_harms_nobody(played: Played) -> None:
    async with running() as launcher:
        with played.parts.gate:
            launcher.say(begin(), READY)
            await until(lambda: "hardened" in played.done)
            launcher.say(Decided(request_id="f00d", satellite_id="shelf", content="text", fate="expired"), Ping())
            await launcher.told(Pong)
        await launcher.told(Protected)
        launcher.say(Stop())
        assert await launcher.code() == 0
