"""What a household marked: after a yes and the PIN, from some rooms, or never; and nobody is told the PIN."""

from dataclasses import replace

import pytest

from gateway.events import ActionRequest, ActionResult, Event, Intent, Outcome, QuestionAsked, Reply, as_json
from gateway.house import Entity, Guard
from gateway.turn.stages import Stages
from tests.fakes import (
    LIGHT_ON,
    LIT,
    NEVER_MIND,
    UNLOCK,
    UNLOCKED,
    ScriptedHome,
    ScriptedStt,
    ScriptedUnderstanding,
    quiet,
    recognized,
    speech,
    stages,
)
from tests.gateway.turn.test_run import COMMAND, outcome, the, turn, types

ANSWER = (speech(320), quiet(1_000))
LONG_ANSWER = (speech(2_400), quiet(1_000))
TOGGLE = replace(UNLOCK, name="HassToggle")
"""Not done before it is certain that nothing follows."""
PIN_QUESTION = "What is the PIN? Say it digit by digit."


def lighting(guarded: Entity, *answers: str, home: ScriptedHome | None = None) -> tuple[Stages, ScriptedHome]:
    home = home or ScriptedHome()
    home.foreseen = (guarded,)
    stt = ScriptedStt(recognized("turn on the lamp"), *(recognized(answer) for answer in answers))
    return stages(stt=stt, home=home, understanding=ScriptedUnderstanding(LIGHT_ON, NEVER_MIND)), home


def told(events: list[Event]) -> str:
    return str([as_json(event) for event in events if event.type != "reply_audio"])


async def test_after_a_yes_the_pin_is_asked_for_and_goes_to_the_home_alone() -> None:
    parts, home = lighting(replace(LIT, guard=Guard.PIN), "Yes.", "One, two, three, four.")
    parts.stt.partial = "one two three"  # type: ignore[attr-defined]
    events = await turn(*COMMAND, *ANSWER, *LONG_ANSWER, parts=parts)
    questions = [(event.text, event.is_secret) for event in events if isinstance(event, QuestionAsked)]
    assert questions == [("Should I turn on the Lamp?", False), (PIN_QUESTION, True)]
    assert [(request.is_confirmed, request.pin) for request in home.requests] == [(True, "1234")]
    assert outcome(events) is Outcome.ACTION
    assert [word in told(events).casefold() for word in ("yes", "one, two", "one two", "1234")] == [True] + [False] * 3
    assert "partial" not in types(events)[types(events).index("question") :]


@pytest.mark.parametrize("answer", ["No.", "Never mind.", "Twelve.", "Okay."])
async def test_without_digits_nothing_is_done(answer: str) -> None:
    parts, home = lighting(replace(LIT, guard=Guard.PIN), "Yes.", answer)
    events = await turn(*COMMAND, *ANSWER, *ANSWER, parts=parts)
    assert (outcome(events), home.requests) == (Outcome.NOT_CONFIRMED, [])
    assert the(events, Reply).text == "Okay, I left it as it is."


async def test_where_nobody_says_a_pin_nothing_is_done() -> None:
    parts, home = lighting(replace(LIT, guard=Guard.PIN), "Yes.")
    events = await turn(*COMMAND, *ANSWER, quiet(9_000), parts=parts)
    assert (outcome(events), home.requests) == (Outcome.NOT_CONFIRMED, [])


async def test_without_a_yes_the_pin_is_not_asked_for() -> None:
    parts, home = lighting(replace(LIT, guard=Guard.PIN), "No.", "1234")
    events = await turn(*COMMAND, *ANSWER, *ANSWER, parts=parts)
    assert (outcome(events), home.requests) == (Outcome.NOT_CONFIRMED, [])
    assert the(events, QuestionAsked).text == "Should I turn on the Lamp?"


async def test_a_pin_that_the_home_does_not_take_is_said_to_be_wrong() -> None:
    class Refusing(ScriptedHome):
        async def perform(self, request: ActionRequest) -> ActionResult:
            return ActionResult(error="wrong_pin")

    parts, _ = lighting(replace(LIT, guard=Guard.PIN), "Yes.", "1235", home=Refusing())
    events = await turn(*COMMAND, *ANSWER, *ANSWER, parts=parts)
    assert the(events, Reply).text == "That PIN is not right, so I left it as it is."
    assert outcome(events) is Outcome.NOT_CONFIRMED


@pytest.mark.parametrize(
    ("guarded", "said"),
    [
        (replace(LIT, guard=Guard.NEVER), "I never do that by voice."),
        (replace(LIT, guard=Guard.FREE, guard_area_ids=("hall",)), "That can't be asked for from here."),
        (replace(LIT, guard=Guard.PIN, guard_area_ids=("hall",)), "That can't be asked for from here."),
    ],
)
async def test_what_may_not_be_asked_for_is_refused_without_a_question(guarded: Entity, said: str) -> None:
    parts, home = lighting(guarded, "Yes.", "1234")
    events = await turn(*COMMAND, *ANSWER, *ANSWER, parts=parts)
    assert "question" not in types(events)
    assert the(events, Reply).text == said
    assert (outcome(events), home.requests) == (Outcome.NOT_CONFIRMED, [])


async def test_in_the_right_room_what_is_free_is_done_without_a_question() -> None:
    parts, home = lighting(replace(LIT, guard=Guard.FREE, guard_area_ids=("kitchen",)))
    events = await turn(*COMMAND, parts=parts)
    assert (outcome(events), len(home.requests)) == (Outcome.ACTION, 1)


class Locked(ScriptedHome):
    """Its door was locked a moment ago, which nobody here has heard of: to unlock it seems to change nothing."""

    def __init__(self, error: str = "not_confirmed", guard: Guard | None = None) -> None:
        super().__init__()
        self.error = error
        self.known: tuple[Entity, ...] = (replace(UNLOCKED, guard=guard),)

    def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
        return self.known if request.is_doubted else ()

    async def perform(self, request: ActionRequest) -> ActionResult:
        result = await super().perform(request)
        return result if request.is_confirmed else ActionResult(error=self.error)


def unlocking(home: ScriptedHome, *answers: str, said: str = UNLOCK.text, knows: tuple[Intent, ...] = ()) -> Stages:
    stt = ScriptedStt(recognized(said), *(recognized(answer) for answer in answers))
    return stages(stt=stt, home=home, understanding=ScriptedUnderstanding(TOGGLE, NEVER_MIND, *knows))


@pytest.mark.parametrize(
    ("answer", "confirmed", "ended"),
    [("Yes.", [False, True], Outcome.ACTION), ("No.", [False], Outcome.NOT_CONFIRMED)],
)
async def test_a_door_that_was_locked_a_moment_ago_is_asked_about_once_the_home_says_so(
    answer: str, confirmed: list[bool], ended: Outcome
) -> None:
    home = Locked()
    events = await turn(*COMMAND, *ANSWER, parts=unlocking(home, answer))
    assert the(events, QuestionAsked).text == "Should I unlock the Front Door?"
    assert [request.is_confirmed for request in home.requests] == confirmed
    assert outcome(events) is ended


async def test_what_needs_a_pin_after_all_is_asked_for_it() -> None:
    home = Locked(guard=Guard.PIN)
    events = await turn(*COMMAND, *ANSWER, *LONG_ANSWER, parts=unlocking(home, "Yes.", "One, two, three, four."))
    assert [event.text for event in events if isinstance(event, QuestionAsked)][1:] == [PIN_QUESTION]
    assert [(request.is_confirmed, request.pin) for request in home.requests] == [(False, ""), (True, "1234")]


@pytest.mark.parametrize("error", ["never_by_voice", "no_pin", "not_from_here", "no_entity"])
async def test_what_is_refused_for_another_reason_is_not_asked_about(error: str) -> None:
    home = Locked(error)
    events = await turn(*COMMAND, *ANSWER, parts=unlocking(home, "Yes."))
    assert "question" not in types(events)
    assert [request.is_confirmed for request in home.requests] == [False]


async def test_what_the_home_wants_a_yes_for_and_nobody_here_knows_why_is_left_as_it_is() -> None:
    home = Locked()
    home.known = ()
    events = await turn(*COMMAND, *ANSWER, parts=unlocking(home, "Yes."))
    assert the(events, Reply).text == "Okay, I left it as it is."
    assert (outcome(events), len(home.requests)) == (Outcome.NOT_CONFIRMED, 1)


async def test_of_several_commands_in_one_breath_none_is_done_twice_for_one_that_needs_a_yes() -> None:
    both = replace(LIGHT_ON, also=(UNLOCK,), text="turn on the lamp and unlock the front door")

    class Half(Locked):
        async def perform(self, request: ActionRequest) -> ActionResult:
            done = await super().perform(request)
            return ActionResult() if request.intent.name == LIGHT_ON.name else done

    home = Half()
    events = await turn(*COMMAND, *ANSWER, parts=unlocking(home, "Yes.", said=both.text, knows=(both,)))
    assert "question" not in types(events)
    assert [request.intent.name for request in home.requests] == [LIGHT_ON.name, UNLOCK.name]
    assert the(events, Reply).text == "answer to HassTurnOn. Okay, I left it as it is."
