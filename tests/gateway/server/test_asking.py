"""What follows an announcement at its satellite: a turn without a wake word, or an answer that is only written down."""

import asyncio
from pathlib import Path

import pytest

from gateway.errors import EngineError
from gateway.turn import answer
from gateway.wire.request_words import Forget
from gateway.wire.voice_words import (
    Announce,
    Announced,
    AnnounceOver,
    Answered,
    Chime,
    Drain,
    Listening,
    MuteSatellite,
    Silence,
    TurnBegan,
    TurnHappened,
)
from tests.fakes import ScriptedHome, ScriptedStt, quiet, recognized, speech, stages, wake_word
from tests.gateway.server.scripted_gateway import scripted_gateway
from tests.gateway.server.test_announcing import kitchen


async def test_an_answer_is_told_and_not_acted_upon(tmp_path: Path) -> None:
    acting = ScriptedHome()
    async with kitchen(tmp_path, stages(home=acting)) as (_, home, satellite, satellite_id):
        home.say(Announce(id=1, text="which lamp", satellite_ids=(satellite_id,), then="answer"))
        await satellite.told(Drain)
        assert not satellite.all_told(Listening)
        satellite.play()
        assert (await satellite.told(Listening)).listening
        await home.satellite_is(satellite_id, activity="listening")
        await satellite.hear(quiet(300), speech(900), quiet(1_000))
        assert await home.told(Answered) == Answered(id=1, text="turn on the lamp")
        await satellite.told(Listening, 2)
        kinds = [type(told) for told in home.heard if isinstance(told, Announced | AnnounceOver | Answered)]
        assert kinds == [Announced, AnnounceOver, Answered]
        assert not satellite.all_told(Chime)
        assert acting.requests == []
        assert acting.sentences == []
        assert home.all_told(TurnBegan) == []
        assert home.all_told(TurnHappened) == []


@pytest.mark.parametrize("what", ["silence", "mute"])
async def test_who_says_nothing_is_not_waited_for(tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "ANSWER_MS", 480)
    async with kitchen(tmp_path) as (_, home, satellite, satellite_id):
        satellite.is_quick = True
        if what == "mute":
            home.say(MuteSatellite(satellite_id=satellite_id, muted=True))
            await home.satellite_is(satellite_id, muted=True)
        home.say(Announce(id=1, text="question", satellite_ids=(satellite_id,), then="answer"))
        await satellite.told(Listening)
        if what == "silence":
            await satellite.hear(quiet(600))
        assert (await home.told(Answered)).text == ""
        await satellite.told(Listening, 2)


async def test_a_satellite_that_goes_leaves_no_question_open(tmp_path: Path) -> None:
    async with kitchen(tmp_path) as (gateway, home, satellite, satellite_id):
        satellite.is_quick = True
        home.say(Announce(id=1, text="question", satellite_ids=(satellite_id,), then="answer"))
        await satellite.told(Listening)
        gateway.revoke(satellite_id)
        assert (await home.told(Answered)).text == ""


async def test_the_wake_word_instead_of_an_answer_begins_a_turn(tmp_path: Path) -> None:
    async with kitchen(tmp_path) as (_, home, satellite, satellite_id):
        home.say(Announce(id=1, text="question", satellite_ids=(satellite_id,), then="answer"))
        await satellite.until(lambda: satellite.received_bytes > 0)
        await satellite.hear(quiet(2_500), wake_word(), quiet(600))
        assert (await home.told(Answered)).text == ""
        assert satellite.all_told(Silence)
        satellite.is_quick = True
        await satellite.hear(speech(900), quiet(1_000))
        assert (await home.told(TurnHappened)).outcome == "action"
        kinds = [type(told) for told in home.heard if isinstance(told, AnnounceOver | Answered | TurnBegan)]
        assert kinds == [AnnounceOver, Answered, TurnBegan]
        assert [told.wake_word for told in home.all_told(TurnBegan)] == ["okay_nabu"]


async def test_an_answer_that_cannot_be_recognised_is_none_and_the_satellite_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stt = ScriptedStt(recognized("turn on the lamp"), fails=True)
    async with kitchen(tmp_path, stages(stt=stt)) as (_, home, satellite, satellite_id):
        satellite.is_quick = True
        home.say(Announce(id=1, text="question", satellite_ids=(satellite_id,), then="answer"))
        await satellite.told(Listening)
        await satellite.hear(speech(900), quiet(1_000))
        assert (await home.told(Answered)).text == ""
        stt.fails = False
        await satellite.hear(quiet(2_500), wake_word(), quiet(300), speech(900), quiet(1_000))
        assert (await home.told(TurnHappened)).outcome == "action"
    assert f"{satellite_id}: failed: {EngineError.code}" in caplog.messages


@pytest.mark.parametrize("way", ["forget", "leave"])
async def test_an_answer_that_nobody_waits_for_any_more_is_not_listened_to(tmp_path: Path, way: str) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.satellite() as satellite:
        satellite_id = (await satellite.greeted()).peer_id
        async with gateway.home() as home:
            await home.satellite_is(satellite_id, connected=True)
            home.say(Announce(id=1, text="question", satellite_ids=(satellite_id,), then="answer"))
            await satellite.told(Listening)
            if way == "forget":
                home.say(Forget(id=1))
                assert not (await satellite.told(Listening, 2)).listening
                assert not home.all_told(Answered)
        assert not (await satellite.told(Listening, 2)).listening


async def test_a_question_that_nobody_waits_for_any_more_is_not_followed_by_anything(tmp_path: Path) -> None:
    async with kitchen(tmp_path) as (_, home, satellite, satellite_id):
        here = (satellite_id,)
        home.say(Announce(id=1, text="x"), Announce(id=2, text="y", satellite_ids=here, then="listen"))
        home.say(Announce(id=3, satellite_ids=here, then="listen"))
        await home.told(Announced, 3)
        home.say(Forget(id=2), Forget(id=3), Announce(id=4, text="z"))
        await home.told(Announced, 4)
        satellite.is_quick = True
        satellite.play()
        await home.told(AnnounceOver, which=lambda told: told.id == 4)
        assert satellite.pcm.replace(b"\0", b"") == b"xyz"
        assert not satellite.all_told(Chime)
        assert not satellite.all_told(Listening)


async def test_a_turn_without_a_wake_word_follows_an_announcement(tmp_path: Path) -> None:
    acting = ScriptedHome()
    async with kitchen(tmp_path, stages(home=acting)) as (_, home, satellite, satellite_id):
        satellite.is_quick = True
        home.say(Announce(id=1, text="well", satellite_ids=(satellite_id,), then="listen"))
        await satellite.told(Listening)
        assert await home.told(TurnBegan) == TurnBegan(satellite_id=satellite_id, wake_word="")
        assert [told.id for told in home.all_told(AnnounceOver)] == [1]
        await satellite.hear(speech(900), quiet(1_000))
        happened = await home.told(TurnHappened)
        assert (happened.outcome, happened.wake_word) == ("action", "")
        assert len(acting.requests) == 1
        assert not satellite.all_told(Chime)


@pytest.mark.parametrize("then", ["listen", "answer"])
async def test_where_nothing_is_said_before_a_chime_says_that_one_may_speak(tmp_path: Path, then: str) -> None:
    async with kitchen(tmp_path) as (_, home, satellite, satellite_id):
        satellite.is_quick = True
        home.say(Announce(id=1, satellite_ids=(satellite_id,), then=then))
        await satellite.told(Listening)
        assert len(satellite.all_told(Chime)) == 1
        assert satellite.pcm == b""
        await satellite.hear(speech(900), quiet(1_000))
        await home.told(TurnHappened if then == "listen" else Answered)


async def test_a_question_at_a_satellite_that_is_away_is_told(tmp_path: Path) -> None:
    async with kitchen(tmp_path) as (_, home, _, _):
        home.say(Announce(id=1, satellite_ids=("nobody",), then="answer"))
        assert (await home.told(Announced)).error == "not_connected"
        await asyncio.sleep(0)
        assert home.all_told(Answered) == []
