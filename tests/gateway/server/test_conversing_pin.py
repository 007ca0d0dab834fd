"""`converse`: a PIN is asked for after the yes, goes to the home alone, and is remembered by nobody."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.events import ActionRequest, ActionResult
from gateway.house import Entity, Guard
from gateway.server.conversing import QUESTION_S, SPOKEN_QUESTION_S
from gateway.server.pipeline_turns import UNTOLD, PipelineTurns
from gateway.wire.request_words import Converse, Conversed
from gateway.wire.voice_words import ActionAsked, EntityWords, HouseBegin, HouseEnd, HousePart, HouseUsable
from tests.fakes import LIGHT_ON, LIT, SWITCHED, UNLOCK, UNLOCKED, ScriptedCloud
from tests.gateway.server.kept_ledger import WITH_SOUND, NotingLedger
from tests.gateway.server.scripted_gateway import scripted_gateway
from tests.gateway.server.test_conversing import LATER, REFUSED, Rig
from tests.gateway.server.test_pipeline_turns import SAID, spoken

PIN_QUESTION = "What is the PIN? Say it digit by digit."


def rig_with(guard: Guard, *areas: str) -> Rig:
    rig = Rig(cloud=ScriptedCloud())
    rig.household.foreseen = (replace(LIT, guard=guard, guard_area_ids=areas),)
    return rig


async def is_asked_for_the_pin(rig: Rig, **where: str) -> None:
    question = await rig.hears(LIGHT_ON.text, **where)
    assert (question.speech, question.is_question) == ("Should I turn on the Lamp?", True)
    assert not rig.conversing.awaits_pin("a")
    question = await rig.hears("yes", **where)
    assert (question.speech, question.is_question) == (PIN_QUESTION, True)
    assert rig.conversing.awaits_pin("a")
    assert rig.home.requests == []


async def test_after_a_yes_the_pin_is_asked_for_and_given_to_the_home() -> None:
    rig = rig_with(Guard.PIN)
    await is_asked_for_the_pin(rig)
    answer = await rig.hears("one two 34")
    assert (answer.outcome, answer.is_question) == ("action", False)
    assert [(request.is_confirmed, request.pin, request.converse_id) for request in rig.home.requests] == [
        (True, "1234", 3)
    ]
    assert not rig.conversing.awaits_pin("a")


@pytest.mark.parametrize("said", ["no", "turn on the lamp", "forget what I just said", "ask the cloud about 12", ""])
async def test_whatever_is_said_in_place_of_a_pin_is_looked_at_no_further(said: str) -> None:
    rig = rig_with(Guard.PIN)
    await is_asked_for_the_pin(rig)
    answer = await rig.hears(said)
    assert (answer.outcome, answer.speech, rig.home.requests) == ("not_confirmed", REFUSED, [])
    assert (await rig.hears("1234")).outcome != "action"


async def test_a_pin_that_comes_too_late_is_taken_for_nothing_else() -> None:
    rig = rig_with(Guard.PIN)
    await is_asked_for_the_pin(rig)
    rig.now_s = QUESTION_S
    assert rig.conversing.awaits_pin("a")
    assert (await rig.hears("1234")).outcome == "not_confirmed"
    assert rig.home.requests == []


async def test_at_a_microphone_a_question_waits_as_long_as_saying_yes_takes() -> None:
    for late, outcome in ((False, "action"), (True, "not_understood")):
        rig = Rig()
        rig.household.foreseen = (UNLOCKED,)
        await rig.hears(UNLOCK.text, device="box")
        rig.now_s = SPOKEN_QUESTION_S - (0 if late else 1)
        assert (await rig.hears("yes", device="box")).outcome == outcome


async def test_a_wrong_pin_is_said_to_be_wrong() -> None:
    rig = rig_with(Guard.PIN)
    await is_asked_for_the_pin(rig)
    rig.home.result = ActionResult(error="wrong_pin")
    answer = await rig.hears("1235")
    assert (answer.outcome, answer.error) == ("not_confirmed", "")
    assert answer.speech == "That PIN is not right, so I left it as it is."


@pytest.mark.parametrize(
    ("rig", "said"),
    [
        (rig_with(Guard.NEVER), "I never do that by voice."),
        (rig_with(Guard.FREE, "hall"), "That can't be asked for from here."),
    ],
)
async def test_what_may_not_be_asked_for_is_refused_without_a_question(rig: Rig, said: str) -> None:
    answer = await rig.hears(LIGHT_ON.text)
    assert (answer.outcome, answer.speech, answer.is_question) == ("not_confirmed", said, False)
    assert rig.home.requests == []


async def test_what_is_marked_between_question_and_yes_is_not_done() -> None:
    rig = rig_with(Guard.CONFIRM)
    await rig.hears(LIGHT_ON.text)
    rig.household.foreseen = (replace(LIT, guard=Guard.NEVER),)
    assert (await rig.hears("yes")).speech == "I never do that by voice."
    assert rig.home.requests == []


async def test_what_needs_a_pin_cannot_be_asked_for_later() -> None:
    rig = rig_with(Guard.PIN)
    assert (await rig.hears(LATER.text)).speech == "That needs the PIN, so it can't be done later."
    assert rig.home.requests == []


async def test_a_pin_is_in_no_row_with_no_reading_and_no_sound() -> None:
    ledger = NotingLedger(kept=WITH_SOUND)
    turns = PipelineTurns(ledger, is_secret=lambda conversation_id: conversation_id == "conversation")
    turns.recognized("conversation", spoken("1 2 3 4"), conversation_id="conversation")
    with turns.begin(replace(SAID, text="1 2 3 4"), key="conversation") as turn:
        turn.ended("action", "Done")
    turns.recognized("conversation", spoken("1 2 3 4"), conversation_id="conversation")
    turns.close()
    row = ledger.row
    assert (row.heard, row.hypotheses, row.audio_ms, ledger.clips) == (UNTOLD, (), 0, [b""])
    assert "1 2 3 4" not in str(row)


async def test_over_the_wire_a_pin_reaches_the_home_and_the_ledger_has_none_of_it(tmp_path: Path) -> None:
    ledger = NotingLedger(kept=WITH_SOUND)
    async with scripted_gateway(tmp_path, ledger=ledger) as gateway, gateway.home() as home:
        gateway.household.foreseen = (replace(LIT, guard=Guard.PIN),)
        lamp = EntityWords(id="light.lamp", name="Lamp", guard="pin")
        for words in (HouseBegin(name="Home"), HousePart(entities=(lamp,)), HouseEnd()):
            home.say(words)
        await home.told(HouseUsable)
        for number, said in enumerate((LIGHT_ON.text, "yes", "2 5 8 0"), start=1):
            home.say(Converse(id=number, text=said, conversation_id="a"))
            await home.told(Conversed, number)
        asked = await home.told(ActionAsked)
        assert (asked.is_confirmed, asked.pin) == (True, "2580")
    assert [row.heard for row in ledger.rows] == [LIGHT_ON.text, "yes", UNTOLD]
    assert "2 5 8 0" not in str(ledger.rows)


def doubtful(*after_all: Entity) -> Rig:
    """Return conversations with a house in which nothing seems to change, and a home that knows better."""
    rig = Rig()

    def foresee(request: ActionRequest) -> tuple[Entity, ...]:
        return after_all if request.is_doubted else ()

    rig.household.foresee = foresee  # type: ignore[method-assign]
    rig.home.result = ActionResult(error="not_confirmed")
    return rig


async def test_what_the_home_wants_a_yes_for_after_all_is_asked_about() -> None:
    rig = doubtful(UNLOCKED)
    question = await rig.hears(UNLOCK.text)
    assert (question.speech, question.is_question) == ("Should I unlock the Front Door?", True)
    rig.home.result = ActionResult(changes=(SWITCHED,))
    assert (await rig.hears("yes")).outcome == "action"
    assert [request.is_confirmed for request in rig.home.requests] == [False, True]


async def test_what_the_home_wants_a_pin_for_after_all_is_asked_for_it() -> None:
    rig = doubtful(replace(UNLOCKED, guard=Guard.PIN))
    await rig.hears(UNLOCK.text)
    assert (await rig.hears("yes")).speech == PIN_QUESTION
    rig.home.result = ActionResult(changes=(SWITCHED,))
    assert (await rig.hears("1234")).outcome == "action"
    assert [request.pin for request in rig.home.requests] == ["", "1234"]


@pytest.mark.parametrize(
    ("rig", "said"),
    [
        (doubtful(), REFUSED),
        (doubtful(replace(UNLOCKED, guard=Guard.NEVER)), "I never do that by voice."),
    ],
)
async def test_what_cannot_be_asked_about_after_all_is_refused_once(rig: Rig, said: str) -> None:
    answer = await rig.hears(UNLOCK.text)
    assert (answer.outcome, answer.speech, answer.is_question) == ("not_confirmed", said, False)
    assert len(rig.home.requests) == 1
