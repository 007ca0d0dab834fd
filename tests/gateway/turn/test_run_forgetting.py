"""Turns in which something is to be forgotten: it is, or it is said that it may not be; and nothing else happens."""

from datetime import date

import pytest

from gateway.events import Event, NothingHeard, Outcome, QuestionAsked, Reply, SentenceAnswer, TurnEnded, TurnFailed
from gateway.turn import forgetting
from gateway.turn.cloud_wordings import WORDINGS
from gateway.turn.ear import Ear
from gateway.turn.earlier import Earlier
from gateway.turn.forgetting_phrases import PHRASES
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import NO_CLOUD, NO_MEMORY, Cloud, Memory, Stages
from tests.fakes import (
    LIGHT_ON,
    ScriptedCloud,
    ScriptedHome,
    ScriptedMemory,
    ScriptedStt,
    ScriptedUnderstanding,
    heard,
    quiet,
    recognized,
    speech,
    stages,
)
from tests.gateway.turn.test_run import COMMAND, outcome, the, types

SAID = PHRASES["en"]
LAST = "Forget what I just said."
TODAY = "forget everything I said today"
ANSWERED = (*COMMAND, speech(320), quiet(2_000))
QUESTION = "Should I forget everything that was said here today, 3 things?"


def parts(*said: str, memory: Memory = NO_MEMORY, cloud: Cloud = NO_CLOUD, home: ScriptedHome | None = None) -> Stages:
    """Return stages that hear this, one after the other."""
    stt = ScriptedStt(*(recognized(text) for text in said))
    return stages(stt=stt, memory=memory, cloud=cloud, home=home)


async def turn(parts: Stages, *stretches: list[bytes], earlier: Earlier | None = None) -> list[Event]:
    ear = Ear(heard(*(stretches or COMMAND)), parts)
    place = Place(area_id="kitchen", satellite_id="shelf")
    return [event async for event in run_turn(ear, parts, place, earlier=earlier)]


async def test_what_was_said_before_is_forgotten_and_that_is_said() -> None:
    memory, home = ScriptedMemory(), ScriptedHome(own=SentenceAnswer(text=LAST, speech="never"))
    events = await turn(parts(LAST, memory=memory, home=home))
    assert types(events)[:5] == ["wake", "speech_start", "speech_end", "transcript", "reply"]
    assert memory.asked == [("forget_last", "shelf")]
    assert the(events, Reply).text == SAID.forgotten
    assert outcome(events) is Outcome.FORGOTTEN
    assert isinstance(events[-1], TurnEnded)
    assert "forget" in events[-1].stages_ms
    assert not home.requests
    assert not home.sentences


async def test_it_counts_in_a_less_likely_reading_but_not_below_one_that_means_something_here() -> None:
    memory = ScriptedMemory()
    stt = ScriptedStt(recognized("forget what I just set", LAST))
    assert outcome(await turn(stages(stt=stt, memory=memory))) is Outcome.FORGOTTEN
    stt = ScriptedStt(recognized(LIGHT_ON.text, LAST))
    assert outcome(await turn(stages(stt=stt, memory=memory))) is Outcome.ACTION
    assert len(memory.asked) == 1


@pytest.mark.parametrize("said", ["forget it", "never mind", "forget that", "ask the cloud what I just said"])
async def test_what_only_takes_something_back_forgets_nothing(said: str) -> None:
    memory = ScriptedMemory()
    assert outcome(await turn(parts(said, memory=memory, cloud=ScriptedCloud()))) is not Outcome.FORGOTTEN
    assert memory.asked == []


async def test_where_nothing_is_remembered_that_is_said() -> None:
    for said in (LAST, TODAY):
        events = await turn(parts(said, memory=ScriptedMemory(last=0, today=0)))
        assert (the(events, Reply).text, outcome(events)) == (SAID.nothing, Outcome.FORGOTTEN)
        assert "question" not in types(events)


@pytest.mark.parametrize("said", [LAST, TODAY])
async def test_where_nobody_can_be_asked_to_forget_that_is_said_and_the_turn_has_failed(said: str) -> None:
    for memory in (NO_MEMORY, ScriptedMemory(last=None, today=None)):
        events = await turn(parts(said, memory=memory))
        assert the(events, Reply).text == SAID.unknown
        assert the(events, TurnFailed).code == "ledger"
        assert outcome(events) is Outcome.ERROR


async def test_what_was_said_today_is_forgotten_after_a_yes() -> None:
    memory = ScriptedMemory()
    events = await turn(parts(TODAY, "Yes.", memory=memory), *ANSWERED)
    assert the(events, QuestionAsked).text == QUESTION
    assert memory.asked == [("said_today", "shelf"), ("forget_today", "shelf")]
    assert the(events, Reply).text == "Okay, I have forgotten 3 things."
    assert outcome(events) is Outcome.FORGOTTEN


async def test_a_yes_after_midnight_is_about_the_day_that_was_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    days = iter([date(2026, 11, 22), date(2026, 11, 23)])
    monkeypatch.setattr(forgetting, "this_day", lambda: next(days))
    memory = ScriptedMemory()
    await turn(parts(TODAY, "Yes.", memory=memory), *ANSWERED)
    assert memory.days == [date(2026, 11, 22)] * 2


@pytest.mark.parametrize("answer", ["No.", "What?", "", "turn on the lamp"])
async def test_anything_but_a_yes_keeps_it(answer: str) -> None:
    memory, cloud, home = ScriptedMemory(), ScriptedCloud(waiting=1), ScriptedHome()
    events = await turn(parts(TODAY, answer, memory=memory, cloud=cloud, home=home), *ANSWERED)
    assert (the(events, Reply).text, outcome(events)) == (SAID.kept, Outcome.NOT_CONFIRMED)
    assert memory.asked == [("said_today", "shelf")]
    assert cloud.withdrawn == []
    assert not home.requests


async def test_silence_keeps_it_too() -> None:
    memory = ScriptedMemory()
    events = await turn(parts(TODAY, memory=memory), *COMMAND, quiet(10_000))
    assert (outcome(events), memory.asked) == (Outcome.NOT_CONFIRMED, [("said_today", "shelf")])


async def test_what_the_cloud_was_to_be_asked_is_not_asked_any_more_and_no_sound_of_it_is_kept() -> None:
    cloud, memory, earlier = ScriptedCloud(), ScriptedMemory(), Earlier()
    await turn(parts("how old is the moon", memory=memory, cloud=cloud), earlier=earlier)
    assert earlier.pcm
    cloud.waiting = 1
    events = await turn(parts(LAST, memory=memory, cloud=cloud), earlier=earlier)
    assert the(events, Reply).text == f"{WORDINGS['en'].withdrawn} {SAID.forgotten}"
    assert cloud.withdrawn == ["shelf"]
    assert not earlier.pcm


async def test_that_much_is_so_even_where_nobody_can_be_asked_to_forget() -> None:
    cloud, earlier = ScriptedCloud(waiting=1), Earlier()
    earlier.keep(b"\1\0" * 512, cloud)
    events = await turn(parts(LAST, cloud=cloud), earlier=earlier)
    assert the(events, Reply).text == f"{WORDINGS['en'].withdrawn} {SAID.unknown}"
    assert not earlier.pcm


async def test_it_is_asked_back_in_the_language_of_the_house() -> None:
    memory = ScriptedMemory(today=1)
    stt = ScriptedStt(recognized("Lösche alles, was ich heute gesagt habe."), recognized("Ja, bitte."))
    understanding = ScriptedUnderstanding(LIGHT_ON, language="de")
    events = await turn(stages(stt=stt, memory=memory, understanding=understanding), *ANSWERED)
    assert "eine Äußerung" in the(events, QuestionAsked).text
    assert the(events, Reply).text == "Okay, ich habe eine Äußerung vergessen."


async def test_who_says_so_is_heard_through_noise_and_babble_is_not_answered() -> None:
    memory = ScriptedMemory()
    noisy = stages(stt=ScriptedStt(recognized(LAST, score=-0.9)), memory=memory)
    assert outcome(await turn(noisy)) is Outcome.FORGOTTEN
    babble = stages(stt=ScriptedStt(recognized("what I just said forget", score=-0.9)), memory=memory)
    assert the(await turn(babble), NothingHeard).reason == "noise"
    assert len(memory.asked) == 1
