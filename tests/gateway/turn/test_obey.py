"""Commands whose meaning is known: what they open is asked about before, and what nobody can be asked is not done."""

from dataclasses import replace

import pytest

from gateway.errors import HomeError
from gateway.events import ActionRequest, ActionResult, Intent, Outcome
from gateway.turn.obey import Done, answer, obey, perform, protected
from tests.fakes import LIGHT_ON, LIT, UNLOCK, UNLOCKED, ScriptedHome, ScriptedUnderstanding

UNDERSTANDING = ScriptedUnderstanding(LIGHT_ON, UNLOCK)
LATER = Intent(name="HassStartTimer", slots={"conversation_command": UNLOCK.text, "minutes": 5})


async def test_what_opens_nothing_is_done_and_answered() -> None:
    home = ScriptedHome(foreseen=(LIT,))
    obeyed = await obey(ActionRequest(intent=LIGHT_ON), home, UNDERSTANDING)
    assert (obeyed.outcome, obeyed.speech, obeyed.error) == (Outcome.ACTION, "answer to HassTurnOn", None)
    assert len(home.requests) == 1


async def test_what_changes_nothing_is_an_answer() -> None:
    obeyed = await obey(ActionRequest(intent=LIGHT_ON), ScriptedHome(changes=(), foreseen=()), UNDERSTANDING)
    assert obeyed.outcome is Outcome.ANSWER


async def test_what_needs_a_yes_is_done_only_where_one_was_given() -> None:
    home = ScriptedHome(foreseen=(UNLOCKED,))
    request = ActionRequest(intent=UNLOCK)
    obeyed = await obey(request, home, UNDERSTANDING)
    assert (obeyed.outcome, obeyed.speech) == (Outcome.NOT_CONFIRMED, "Okay, I left it as it is.")
    assert home.requests == []
    assert (await obey(replace(request, is_confirmed=True), home, UNDERSTANDING)).outcome is Outcome.ACTION


async def test_a_delayed_command_is_judged_by_what_it_will_do_when_its_time_has_come() -> None:
    asked: list[str] = []

    class Foreseeing(ScriptedHome):
        def foresee(self, request: ActionRequest) -> tuple[()]:
            asked.append(request.intent.name)
            return ()

    await protected(ActionRequest(intent=LATER), Foreseeing(), UNDERSTANDING)
    assert asked == [UNLOCK.name]
    later = ActionRequest(intent=LATER)
    assert await protected(later, ScriptedHome(foreseen=(UNLOCKED, LIT)), UNDERSTANDING) == (UNLOCKED,)
    assert await protected(later, ScriptedHome(foreseen=(UNLOCKED,)), ScriptedUnderstanding()) == ()


async def test_a_home_that_does_not_answer_in_time_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.turn.obey.ACTION_DEADLINE_S", 0.01)
    with pytest.raises(HomeError, match=r"within 0\.01 s"):
        await perform(ActionRequest(intent=LIGHT_ON), ScriptedHome(delay_s=60))


async def test_what_is_said_of_several_commands_is_a_sentence_each_and_the_same_once() -> None:
    done = [Done(intent=intent, result=ActionResult()) for intent in (LIGHT_ON, UNLOCK, LIGHT_ON)]
    assert await answer(tuple(done), UNDERSTANDING) == "answer to HassTurnOn. answer to HassTurnOff"
    asked = Done(intent=LIGHT_ON, result=ActionResult(error="Which one?"))
    assert await answer((asked, done[0]), UNDERSTANDING) == "Which one? answer to HassTurnOn"
    assert await answer((), UNDERSTANDING) == ""
