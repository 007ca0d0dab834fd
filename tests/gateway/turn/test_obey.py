"""Commands whose meaning is known: what they open is asked about before, and what nobody can be asked is not done."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.errors import HomeError
from gateway.events import ActionRequest, ActionResult, Intent, Outcome
from gateway.home.simulated import SimulatedHome
from gateway.house import Entity, Guard, House
from gateway.turn.obey import Done, answer, demanded, obey, perform
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

    await demanded(ActionRequest(intent=LATER), Foreseeing(), UNDERSTANDING)
    assert asked == [UNLOCK.name]
    later = ActionRequest(intent=LATER)
    demand = await demanded(later, ScriptedHome(foreseen=(UNLOCKED, LIT)), UNDERSTANDING)
    assert demand is not None
    assert (demand.entities, demand.is_delayed) == ((UNLOCKED,), True)
    assert await demanded(later, ScriptedHome(foreseen=(UNLOCKED,)), ScriptedUnderstanding()) is None


async def test_what_is_never_done_by_voice_is_not_done_whatever_somebody_said() -> None:
    home = ScriptedHome(foreseen=(replace(LIT, guard=Guard.NEVER),))
    request = ActionRequest(intent=LIGHT_ON, is_confirmed=True, pin="1234")
    obeyed = await obey(request, home, UNDERSTANDING)
    assert (obeyed.outcome, obeyed.speech) == (Outcome.NOT_CONFIRMED, "I never do that by voice.")
    assert home.requests == []


async def test_what_needs_a_pin_is_done_only_with_one() -> None:
    home = ScriptedHome(foreseen=(replace(LIT, guard=Guard.PIN),))
    request = ActionRequest(intent=LIGHT_ON, is_confirmed=True)
    assert (await obey(request, home, UNDERSTANDING)).speech == "That needs the PIN, so it can't be done later."
    assert home.requests == []
    assert (await obey(replace(request, pin="1234"), home, UNDERSTANDING)).outcome is Outcome.ACTION
    assert [request.pin for request in home.requests] == ["1234"]
    assert "1234" not in repr(home.requests)


async def test_a_delayed_command_that_needs_a_pin_is_refused() -> None:
    home = ScriptedHome(foreseen=(replace(UNLOCKED, guard=Guard.PIN),))
    later = ActionRequest(intent=LATER, is_confirmed=True, pin="1234")
    assert (await obey(later, home, UNDERSTANDING)).speech == "That needs the PIN, so it can't be done later."


async def test_of_several_commands_the_strictest_demand_counts() -> None:
    class Foreseeing(ScriptedHome):
        def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
            return (UNLOCKED,) if request.intent == UNLOCK else (replace(LIT, guard=Guard.NEVER),)

    both = ActionRequest(intent=replace(UNLOCK, also=(LIGHT_ON,)), is_confirmed=True)
    home = Foreseeing()
    assert (await obey(both, home, UNDERSTANDING)).speech == "I never do that by voice."
    assert home.requests == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("not_confirmed", "Okay, I left it as it is."),
        ("wrong_pin", "That PIN is not right, so I left it as it is."),
        ("pin_locked", "There were too many wrong PINs. Try again in a few minutes."),
        ("no_pin", "That needs a PIN, and none is set in Home Assistant."),
        ("not_from_here", "That can't be asked for from here."),
    ],
)
async def test_what_the_home_refuses_is_said_as_our_own_refusals_are(error: str, said: str) -> None:
    class Refusing(ScriptedHome):
        async def perform(self, request: ActionRequest) -> ActionResult:
            return ActionResult(error=error)

    obeyed = await obey(ActionRequest(intent=LIGHT_ON), Refusing(), UNDERSTANDING)
    assert (obeyed.outcome, obeyed.speech, obeyed.error) == (Outcome.NOT_CONFIRMED, said, None)


@pytest.mark.parametrize(
    ("error", "is_confirmed", "is_doubted"),
    [("not_confirmed", False, True), ("not_confirmed", True, False), ("never_by_voice", False, False)],
)
async def test_what_the_home_wants_a_yes_for_that_seemed_to_need_none_can_be_asked_about(
    error: str, *, is_confirmed: bool, is_doubted: bool
) -> None:
    class Refusing(ScriptedHome):
        async def perform(self, request: ActionRequest) -> ActionResult:
            return ActionResult(error=error)

    request = ActionRequest(intent=UNLOCK, is_confirmed=is_confirmed)
    obeyed = await obey(request, Refusing(foreseen=()), UNDERSTANDING)
    assert obeyed.doubted == (replace(request, is_doubted=True) if is_doubted else None)


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


@pytest.mark.parametrize(
    ("name", "intent", "is_protected"),
    [
        ("Front Door", "HassTurnOff", True),
        ("Front Door", "HassTurnOn", False),
        ("Oven", "HassTurnOn", True),
        ("Oven", "HassTurnOff", False),
        ("Lamp", "HassTurnOn", False),
    ],
)
async def test_the_simulated_house_protects_the_same_kinds(name: str, intent: str, is_protected: bool) -> None:
    door, oven = replace(UNLOCKED, state="unlocked" if intent == "HassTurnOn" else "locked"), "switch.oven"
    state = "off" if intent == "HassTurnOn" else "on"
    things = (door, Entity(id=oven, name="Oven", state=state), replace(LIT, state="off"))
    loop = asyncio.get_running_loop()
    home = SimulatedHome(House(name="Home", entities=things), clock=loop, now=lambda: datetime.now(UTC))
    request = ActionRequest(intent=Intent(name=intent, slots={"name": name}))
    obeyed = await obey(request, home, UNDERSTANDING)
    assert (obeyed.outcome is Outcome.NOT_CONFIRMED) is is_protected
    assert (home.snapshot().entities == things) is is_protected
    assert (await obey(replace(request, is_confirmed=True), home, UNDERSTANDING)).outcome is not Outcome.NOT_CONFIRMED
