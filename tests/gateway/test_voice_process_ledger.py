"""What the process that hears has to do with the ledger: it hands over turns, and answers what its owner asks."""

import asyncio
from collections.abc import Iterator
from typing import Final

import pytest

from gateway import voice_process
from gateway.errors import EngineError, VoiceError
from gateway.house import House
from gateway.ledger.rows import decoded
from gateway.processes.ledger_words import (
    AskLedger,
    AskTimers,
    AskVoice,
    Gone,
    KeepTimers,
    KeepTurn,
    Learned,
    LedgerSays,
    TimersKept,
    TurnKept,
    VoiceSays,
    VoicesQuestion,
)
from gateway.processes.words import Ping, Pong, Protected, Stop
from gateway.timers import LastingTimer
from gateway.voice_service import VoiceService
from gateway.wire.learning_words import RuleWords
from gateway.wire.ledger_words import AskStats, AskTurns, Kept, LedgerDone, SomethingForgotten, Stats, Turns
from gateway.wire.request_words import Converse, Conversed
from gateway.wire.timer_words import TimersRunning
from gateway.wire.voice_words import HouseUsable
from tests.gateway.running_service import until
from tests.gateway.running_voice_process import Played, Running, begin, home_of, play, running

RULE: Final = RuleWords(rule_id="a" * 32, kind="words", said="lime", meant="light")
LEARNED: Final = Learned(rules=(RULE,), transcripts_s=3_600)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    played = play(monkeypatch)
    yield played
    played.parts.close()


async def timers_are_back(launcher: Running, *kept: LastingTimer) -> None:
    """Answer the first question that a voice process has for its ledger; it keeps what runs from then on."""
    asked = await launcher.told(AskLedger)
    assert (asked.by, asked.question) == ("timers", AskTimers(id=1))
    launcher.say(LedgerSays(id=asked.id, answer=TimersKept(id=1, timers=kept)))
    keeping = await launcher.told(AskLedger)
    assert isinstance(keeping.question, KeepTimers)
    assert [timer.number for timer in keeping.question.timers] == [timer.number for timer in kept]
    launcher.say(LedgerSays(id=keeping.id, answer=LedgerDone(id=1)))


async def test_timers_that_were_kept_go_on_and_the_home_is_told(played: Played) -> None:
    bread = LastingTimer(number=7, left_s=1_800.5, name="bread", satellite_id="shelf", duration_s=3_600)
    async with running() as launcher, home_of(launcher) as home:
        assert (await home.told(TimersRunning)).timers == ()
        launcher.say(LEARNED)
        await timers_are_back(launcher, bread)
        (timer,) = (await home.told(TimersRunning, 2)).timers
        assert (timer.timer_id, timer.name, timer.duration_s) == (7, "bread", 3_600)
        assert 1_780 < timer.left_s <= 1_801


async def test_a_turn_goes_to_the_ledger_and_what_it_answers_to_the_home(played: Played) -> None:
    async with running() as launcher, home_of(launcher) as home:
        launcher.say(LEARNED)
        await timers_are_back(launcher)
        assert (await home.told(Kept, 2)).transcripts_s == 3_600
        home.tell(House(name="Home"))
        await home.told(HouseUsable)
        home.say(Converse(id=1, text="colourless green ideas", user_id="user"))
        kept = await launcher.told(KeepTurn)
        row = decoded(kept.turn)
        assert (row.heard, row.outcome, row.user_id) == ("colourless green ideas", "not_understood", "user")
        await home.told(Conversed)
        home.say(AskTurns(id=2))
        launcher.say(TurnKept(id=kept.id))
        asked = await launcher.told(AskLedger)
        assert (asked.by, asked.question) == ("home", AskTurns(id=2))
        launcher.say(LedgerSays(id=asked.id, answer=Turns(id=2, before=7)), Gone())
        assert await home.told(Turns) == Turns(id=2, before=7)
        await home.told(SomethingForgotten)


async def test_what_was_taught_is_understood_from_then_on_and_by_what_is_loaded_later(played: Played) -> None:
    async with running() as launcher:
        with played.parts.gate:
            launcher.say(begin(), LEARNED)
            await until(lambda: "hardened" in played.done)
        await launcher.told(Protected)
        assert [rule.said for rule in played.parts.understands.rules] == ["lime"]
        launcher.say(Learned(), Ping())
        await launcher.told(Pong)
        assert played.parts.understands.rules == ()


class TestTheOwnersQuestions:
    async def test_they_are_answered_under_their_number(self, played: Played) -> None:
        async with running() as launcher:
            await launcher.serving()
            launcher.say(LEARNED)
            await timers_are_back(launcher)
            launcher.say(AskVoice(id=5, by="owner", question=AskStats(id=9)))
            asked = await launcher.told(AskLedger)
            assert asked.by == "owner"
            launcher.say(LedgerSays(id=asked.id, answer=Stats(id=9)))
            async with asyncio.timeout(5):
                while isinstance(message := await launcher.link.hear(), AskLedger):
                    launcher.say(LedgerSays(id=message.id, answer=Turns(id=9)))
            assert isinstance(message, VoiceSays)
            assert (message.id, message.error, type(message.answer)) == (5, "", Stats)
            launcher.say(Stop())
            assert await launcher.code() == 0

    async def test_while_models_are_loaded_nobody_can_tell(self, played: Played) -> None:
        async with running() as launcher:
            with played.parts.gate:
                launcher.say(begin(), AskVoice(id=5, by="owner", question=AskStats(id=9)))
                says = await launcher.told(VoiceSays)
                assert (says.id, says.error, says.answer) == (5, "away", None)
            await launcher.told(Protected)
            launcher.say(Stop())

    @pytest.mark.parametrize(
        ("fault", "code"), [(EngineError("scripted"), "engine"), (ValueError("words"), "internal")]
    )
    async def test_one_that_fails_ends_nothing_else(
        self,
        played: Played,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        fault: Exception,
        code: str,
    ) -> None:
        async def fails(_: VoiceService, asked: VoicesQuestion, *, by: str) -> VoiceError:
            raise fault

        monkeypatch.setattr(VoiceService, "answer", fails)
        async with running() as launcher:
            await launcher.serving()
            launcher.say(AskVoice(id=5, by="owner", question=AskStats(id=9)))
            assert (await launcher.told(VoiceSays)).error == code
            launcher.say(Ping())
            await launcher.told(Pong)
        assert "words" not in caplog.text

    async def test_only_so_many_are_open_and_they_end_with_the_process(
        self, played: Played, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def waits(_: VoiceService, asked: VoicesQuestion, *, by: str) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(VoiceService, "answer", waits)
        async with running() as launcher:
            await launcher.serving()
            for number in range(voice_process.MOST_ASKED + 1):
                launcher.say(AskVoice(id=number, by="owner", question=AskStats(id=9)))
            says = await launcher.told(VoiceSays)
            assert (says.id, says.error) == (voice_process.MOST_ASKED, "too_many")
            launcher.say(Stop())
            assert await launcher.code() == 0
