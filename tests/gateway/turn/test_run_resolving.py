"""Turns in which it is not clear at once what was meant, or in which more than one thing is."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from gateway.events import ActionDone, Event, Intent, IntentRecognized, Outcome, QuestionAsked, Reply, TurnEnded
from gateway.suggestions import Replacement, Suggestion
from gateway.turn.ear import Ear
from gateway.turn.earlier import Earlier
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import Stages
from tests.fakes import (
    LIGHT_ON,
    UNLOCK,
    UNLOCKED,
    ScriptedHome,
    ScriptedStt,
    ScriptedUnderstanding,
    heard,
    quiet,
    recognized,
    speech,
    stages,
)

COMMAND = (quiet(320), speech(960), quiet(1_000))
ANSWER = (speech(320), quiet(1_000))
SAID = "turn on the lab"
STANDING = Intent(name="HassTurnOn", slots={"name": "Standing Light"}, text="turn on the standing light")
CEILING = Intent(name="HassTurnOn", slots={"name": "Ceiling Light"}, text="turn on the ceiling light")
UNSURE = -2.65
"""Of a word: what is so much less likely than what was heard is asked about."""


def suggestion(intent: Intent, heard_name: str = "lab") -> Suggestion:
    name = str(intent.slots["name"])
    replaced = (Replacement(heard=heard_name, used=name, cost=0.5, is_name=True),)
    return Suggestion(sentence=intent.text, written=(intent.text,), heard=SAID, edits=3.0, cost=0.3, replaced=replaced)


def doubtful(
    *answers: str, likely: float = UNSURE, meant: Sequence[Intent] = (STANDING, CEILING), language: str = "en"
) -> tuple[Stages, ScriptedHome]:
    stt = ScriptedStt(recognized(SAID), *(recognized(answer) for answer in answers))
    stt.likely = {SAID: -1.2, **dict.fromkeys((intent.text for intent in meant), likely)}
    understanding = ScriptedUnderstanding(LIGHT_ON, *meant, language=language)
    understanding.suggested = tuple(map(suggestion, meant))
    home = ScriptedHome()
    return stages(stt=stt, understanding=understanding, home=home), home


async def turn(*stretches: list[bytes], parts: Stages, earlier: Earlier | None = None) -> list[Event]:
    ear = Ear(heard(*stretches), parts)
    return [event async for event in run_turn(ear, parts, Place(), is_awake=True, earlier=earlier)]


def the[E](events: list[Event], kind: type[E]) -> E:
    (event,) = [event for event in events if isinstance(event, kind)]
    return event


def outcome(events: list[Event]) -> Outcome:
    assert isinstance(events[-1], TurnEnded)
    return events[-1].outcome


async def test_what_was_misheard_is_done_and_told() -> None:
    parts, home = doubtful(likely=-1.2, meant=(STANDING,))
    told = the(await turn(*COMMAND, parts=parts), IntentRecognized)
    assert (told.heard, told.used) == (SAID, STANDING.text)
    assert [(one.heard, one.used) for one in told.replaced] == [("lab", "Standing Light")]
    assert not told.is_asked
    assert [request.intent for request in home.requests] == [STANDING]


async def test_what_may_be_one_of_two_is_asked_and_the_answer_is_done() -> None:
    parts, home = doubtful("The ceiling light.")
    events = await turn(*COMMAND, *ANSWER, parts=parts)
    assert the(events, QuestionAsked).text == "Did you mean Standing Light or Ceiling Light?"
    told = the(events, IntentRecognized)
    assert (told.name, dict(told.slots), told.is_asked) == ("HassTurnOn", {"name": "Ceiling Light"}, True)
    assert [request.intent for request in home.requests] == [CEILING]
    assert outcome(events) is Outcome.ACTION


async def test_a_yes_is_an_answer_where_one_thing_is_asked_about() -> None:
    parts, home = doubtful("Yes.", likely=UNSURE - 0.25, meant=(STANDING,))
    events = await turn(*COMMAND, *ANSWER, parts=parts)
    assert the(events, QuestionAsked).text == "Did you mean turn on the standing light?"
    assert [request.intent for request in home.requests] == [STANDING]


async def test_another_command_instead_of_an_answer_is_done() -> None:
    parts, home = doubtful(LIGHT_ON.text)
    told = the(await turn(*COMMAND, *ANSWER, parts=parts), IntentRecognized)
    assert (told.heard, told.is_asked) == (LIGHT_ON.text, False)
    assert [request.intent for request in home.requests] == [LIGHT_ON]


@pytest.mark.parametrize("answer", ["No, neither.", "What a day!"])
async def test_what_is_no_answer_does_nothing(answer: str) -> None:
    parts, home = doubtful(answer)
    events = await turn(*COMMAND, *ANSWER, parts=parts)
    assert (home.requests, outcome(events)) == ([], Outcome.NOT_UNDERSTOOD)
    assert the(events, Reply).text == "sorry"


async def test_nothing_is_done_where_nobody_answers() -> None:
    parts, home = doubtful("Yes.")
    events = await turn(*COMMAND, quiet(9_000), parts=parts)
    assert (home.requests, outcome(events)) == ([], Outcome.NOT_UNDERSTOOD)


async def test_nothing_is_asked_in_a_language_without_words_for_it() -> None:
    parts, home = doubtful("Yes.", language="pl")
    events = await turn(*COMMAND, *ANSWER, parts=parts)
    assert not [event for event in events if isinstance(event, QuestionAsked)]
    assert (home.requests, outcome(events)) == ([], Outcome.NOT_UNDERSTOOD)


async def test_several_commands_are_done_one_after_the_other_and_answered_once() -> None:
    both = replace(LIGHT_ON, text="turn on the lamp and the ceiling light", also=(CEILING,))
    home = ScriptedHome()
    parts = stages(stt=ScriptedStt(recognized(both.text)), understanding=ScriptedUnderstanding(both), home=home)
    events = await turn(*COMMAND, parts=parts)
    assert [request.intent for request in home.requests] == [replace(both, also=()), CEILING]
    assert len([event for event in events if isinstance(event, ActionDone)]) == 2
    assert the(events, Reply).text == "answer to HassTurnOn"


async def test_of_several_commands_none_is_done_before_what_one_of_them_opens_is_confirmed() -> None:
    both = replace(LIGHT_ON, text="turn on the lamp and unlock the front door", also=(UNLOCK,))
    home = ScriptedHome(foreseen=(UNLOCKED,))
    stt = ScriptedStt(recognized(both.text), recognized("No."))
    parts = stages(stt=stt, understanding=ScriptedUnderstanding(both), home=home)
    assert outcome(await turn(*COMMAND, *ANSWER, parts=parts)) is Outcome.NOT_CONFIRMED
    assert home.requests == []


async def test_it_is_what_the_turn_before_was_about() -> None:
    brighter = Intent(name="HassLightSet", slots={"name": "Lamp"}, text="make Lamp brighter")
    stt = ScriptedStt(recognized(LIGHT_ON.text), recognized("make it brighter"))
    home, earlier = ScriptedHome(), Earlier()
    parts = stages(stt=stt, understanding=ScriptedUnderstanding(LIGHT_ON, brighter), home=home)
    await turn(*COMMAND, parts=parts, earlier=earlier)
    await turn(*COMMAND, parts=parts, earlier=earlier)
    assert [request.intent for request in home.requests] == [LIGHT_ON, brighter]


async def test_it_is_nothing_where_nothing_was_said_before() -> None:
    home = ScriptedHome()
    parts = stages(stt=ScriptedStt(recognized("make it brighter")), home=home)
    assert outcome(await turn(*COMMAND, parts=parts, earlier=Earlier())) is Outcome.NOT_UNDERSTOOD
