"""What became of a request is said at the satellite that asked, and done there where it was a sound that was heard."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import EngineError, HomeError
from gateway.server import cloud_answers as module
from gateway.server.cloud_answers import LONGEST_COMMAND_CHARS, CloudAnswer
from gateway.turn.cloud_wordings import WORDINGS
from gateway.turn.stages import Tongue
from gateway.wire.peers import Role
from gateway.wire.voice_words import TurnHappened
from tests.fakes import (
    LIGHT_ON,
    UNLOCKED,
    ScriptedCloud,
    ScriptedStt,
    ScriptedTts,
    ScriptedUnderstanding,
    quiet,
    recognized,
    speech,
    stages,
    wake_word,
)
from tests.gateway.server.peers import ScriptedSatellite
from tests.gateway.server.scripted_gateway import ScriptedGateway, scripted_gateway

SAID = WORDINGS["en"]
WORDS = "the capital is confidential"


def answer(satellite_id: str, *, fate: str = "answered", text: str = "", content: str = "text") -> CloudAnswer:
    return CloudAnswer("0123", satellite_id, content, fate, text)


class House:
    """A gateway with one satellite in the kitchen."""

    def __init__(self, gateway: ScriptedGateway, satellite: ScriptedSatellite, satellite_id: str) -> None:
        self.gateway = gateway
        self.satellite = satellite
        self.id = satellite_id

    @property
    def said(self) -> list[str]:
        return [text for text, _, _ in self.gateway.equipment.said]

    async def hears_of(self, *answers: CloudAnswer) -> None:
        """Have the server told of each; return when all was said, or was not."""
        for one in answers:
            self.gateway.server.decided(one)
        telling = self.gateway.server._cloud_answers._telling
        async with asyncio.timeout(10):
            while telling:
                await asyncio.wait(set(telling))


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    async with scripted_gateway(folder) as gateway, gateway.home() as home:
        satellite_id = gateway.pair(Role.SATELLITE, area="Kitchen")
        async with gateway.satellite(satellite_id) as satellite:
            await home.satellite_is(satellite_id, connected=True)
            yield House(gateway, satellite, satellite_id)


async def test_an_answer_is_heard_where_it_was_asked_for_and_nowhere_else(tmp_path: Path) -> None:
    async with house(tmp_path) as kitchen:
        other_id = kitchen.gateway.pair(Role.SATELLITE)
        async with kitchen.gateway.satellite(other_id) as other:
            await other.greeted()
            await kitchen.hears_of(answer(kitchen.id, text="Canberra."))
            assert kitchen.said == ["The cloud says: Canberra."]
            await kitchen.satellite.until(lambda: b"Canberra." in kitchen.satellite.pcm)
            assert other.pcm == b""


@pytest.mark.parametrize(
    ("fate", "text"),
    [
        ("failed", SAID.failed),
        ("refused", SAID.not_sent),
        ("revoked", SAID.not_sent),
        ("expired", SAID.expired),
        ("answered", SAID.failed),
    ],
)
async def test_a_request_that_ended_otherwise_is_spoken_of(tmp_path: Path, fate: str, text: str) -> None:
    async with house(tmp_path) as kitchen:
        await kitchen.hears_of(answer(kitchen.id, fate=fate, text="  "))
        assert kitchen.said == [text]


async def test_nothing_is_said_of_what_was_taken_back_there_or_of_what_a_home_was_told(tmp_path: Path) -> None:
    async with house(tmp_path) as kitchen:
        await kitchen.hears_of(answer(kitchen.id, fate="withdrawn"), answer("", text="Canberra."))
        assert kitchen.said == []


async def test_what_was_heard_is_done_as_if_it_was_said_there(tmp_path: Path) -> None:
    async with house(tmp_path) as kitchen:
        await kitchen.hears_of(answer(kitchen.id, text=" turn on the lamp ", content="audio"))
        (request,) = kitchen.gateway.household.performed
        assert (request.intent, request.area_id, request.satellite_id) == (LIGHT_ON, "kitchen", kitchen.id)
        assert not request.is_confirmed
        assert kitchen.said == ["The cloud heard: turn on the lamp. answer to HassTurnOn"]


async def test_what_needs_a_yes_is_not_done(tmp_path: Path) -> None:
    async with house(tmp_path) as kitchen:
        kitchen.gateway.household.foreseen = (UNLOCKED,)
        await kitchen.hears_of(answer(kitchen.id, text="unlock the front door", content="audio"))
        assert kitchen.gateway.household.performed == []
        assert kitchen.said == ["The cloud heard: unlock the front door. Okay, I left it as it is."]


@pytest.mark.parametrize("text", ["sing a song", "turn on the lamp" + "!" * LONGEST_COMMAND_CHARS])
async def test_what_was_heard_and_means_nothing_is_told_and_not_proposed_again(tmp_path: Path, text: str) -> None:
    async with house(tmp_path) as kitchen:
        await kitchen.hears_of(answer(kitchen.id, text=text, content="audio"))
        assert kitchen.gateway.household.performed == []
        (said,) = kitchen.said
        assert said.startswith(f"The cloud heard: {text[:16].partition('!')[0]}")
        assert said.endswith(" sorry")


async def test_a_home_that_does_not_do_it_is_said_to_be_away(tmp_path: Path) -> None:
    async with house(tmp_path) as kitchen:
        kitchen.gateway.household.home_fault = HomeError("scripted")
        await kitchen.hears_of(answer(kitchen.id, text="turn on the lamp", content="audio"))
        assert kitchen.said == ["The cloud heard: turn on the lamp. Home Assistant does not answer."]


async def test_where_the_satellite_is_gone_nothing_is_said_and_nothing_done(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        gone = gateway.pair(Role.SATELLITE)
        absent = House(gateway, None, gone)  # type: ignore[arg-type]
        await absent.hears_of(answer(gone, text="turn on the lamp", content="audio"), answer("never was", text="x"))
        assert absent.said == []
        assert gateway.household.performed == []


async def test_an_error_ends_nothing_and_the_log_holds_no_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gateway.server.cloud_answers")
    async with house(tmp_path) as kitchen:
        kitchen.gateway.equipment.fault = EngineError(WORDS)
        await kitchen.hears_of(answer(kitchen.id, text=WORDS))
        kitchen.gateway.equipment.fault = None
        kitchen.gateway.household.home_fault = KeyError(WORDS)  # type: ignore[assignment]
        await kitchen.hears_of(answer(kitchen.id, text="turn on the lamp", content="audio"))
        await kitchen.hears_of(answer(kitchen.id, text=WORDS))
    assert caplog.messages == [
        "request 0123: answered, not said: engine",
        "request 0123: answered, not said: KeyError",
        f"request 0123: answered, said at {kitchen.id}",
    ]
    assert WORDS not in repr(answer("shelf", text=WORDS))


async def test_only_so_many_wait_for_their_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "MOST_ANSWERS", 1)
    async with house(tmp_path) as kitchen:
        await kitchen.hears_of(answer(kitchen.id, text="one"), answer(kitchen.id, text="two"))
        assert kitchen.said == ["The cloud says: one"]
    assert caplog.messages == ["request 0123: answered, not said: too many at once"]


async def test_a_server_that_is_closed_says_nothing_more(tmp_path: Path) -> None:
    async with house(tmp_path) as kitchen:
        kitchen.gateway.server.decided(answer(kitchen.id, text="one"))
        await kitchen.gateway.server.close()
        assert kitchen.said == []


async def test_from_the_question_to_the_late_answer(tmp_path: Path) -> None:
    cloud = ScriptedCloud()
    asking = stages(stt=ScriptedStt(recognized("ask the cloud how old the moon is")), cloud=cloud)
    async with scripted_gateway(tmp_path, asking) as gateway, gateway.home() as home:
        satellite_id = gateway.pair(Role.SATELLITE)
        async with gateway.satellite(satellite_id) as satellite:
            await home.satellite_is(satellite_id, connected=True)
            await satellite.hear(quiet(2_500), wake_word(), quiet(300), speech(900), quiet(1_000))
            assert (await home.told(TurnHappened)).outcome == "consent_asked"
            assert [(asked.satellite_id, asked.text) for asked in cloud.proposals] == [
                (satellite_id, "how old the moon is")
            ]
            gateway.server.decided(answer(satellite_id, text="Old."))
            await satellite.until(lambda: b"Old." in satellite.pcm)


async def test_what_was_said_before_is_known_in_the_next_turn_and_forgotten_when_the_satellite_goes(
    tmp_path: Path,
) -> None:
    cloud = ScriptedCloud()
    stt = ScriptedStt(recognized("order a pizza"), recognized("ask the cloud to listen"), recognized("order a pizza"))
    async with scripted_gateway(tmp_path, stages(stt=stt, cloud=cloud)) as gateway, gateway.home() as home:
        satellite_id = gateway.pair(Role.SATELLITE)
        async with gateway.satellite(satellite_id) as satellite:
            await home.satellite_is(satellite_id, connected=True)
            for turns in (1, 2, 3):
                await satellite.hear(quiet(2_500), wake_word(), quiet(300), speech(900), quiet(1_000))
                await home.told(TurnHappened, turns)
            session = gateway.server._satellites._sessions[satellite_id]
            conversation = session.conversation
            assert conversation is not None
            assert conversation._earlier.pcm
        await home.satellite_is(satellite_id, connected=False)
        async with asyncio.timeout(5):  # that it has gone is told before its conversation has ended
            while conversation._earlier.pcm:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
    assert [(asked.content, bool(asked.sound)) for asked in cloud.proposals] == [("audio", True)]


async def test_an_answer_is_told_and_done_in_the_language_that_was_asked_in(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        german = ScriptedUnderstanding(replace(LIGHT_ON, text="schalte die Lampe ein"), language="de")
        it.gateway.equipment.other = Tongue(understanding=german, tts=ScriptedTts())
        told = replace(answer(it.id, text=WORDS), language="de")
        done = replace(answer(it.id, text="schalte die Lampe ein", content="audio"), language="de")
        await it.hears_of(told, done)
        assert {language for _, language, _ in it.gateway.equipment.said} == {"de"}
        assert any("answer to HassTurnOn" in text for text in it.said)
