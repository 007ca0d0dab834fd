"""The household's own sentences in a turn: found by sound, done by Home Assistant, and never by anybody else."""

import pytest

from gateway.errors import HomeError
from gateway.events import ActionRequest, Event, Intent, IntentRecognized, Outcome, QuestionAsked, Reply, SentenceAnswer
from gateway.suggestions import Replacement, Suggestion
from gateway.turn import obey
from tests.fakes import (
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

MOCHA = Intent(name="OrderCoffee", slots={"drink": "mocha"}, text="order a mocha", is_own=True)
LATTE = Intent(name="OrderCoffee", slots={"drink": "latte"}, text="order a latte", is_own=True)
HEARD = "order a moka"
REPLACED = (Replacement(heard="moka", used="mocha", cost=0.2),)


def sounds_like(*suggested: Suggestion, **likely: float) -> tuple[ScriptedStt, ScriptedUnderstanding]:
    stt = ScriptedStt(recognized(HEARD))
    stt.likely = {HEARD: -0.1, MOCHA.text: -0.2, LATTE.text: -3.0, UNLOCK.text: -0.2, **likely}
    understanding = ScriptedUnderstanding(MOCHA, LATTE, UNLOCK)
    understanding.suggested = suggested
    return stt, understanding


def suggestion(intent: Intent) -> Suggestion:
    return Suggestion(
        sentence=intent.text, written=(intent.text,), heard=HEARD, edits=1.0, cost=0.1, replaced=REPLACED,
        is_own=intent.is_own,
    )  # fmt: skip


ONE_MOCHA = SentenceAnswer(text=MOCHA.text, speech="One mocha.")


def home(own: SentenceAnswer | None = ONE_MOCHA) -> ScriptedHome:
    return ScriptedHome(own=own, foreseen=())


async def ordered(
    house: ScriptedHome, *suggested: Intent, answers: tuple[str, ...] = (), **likely: float
) -> list[Event]:
    stt, understanding = sounds_like(*map(suggestion, suggested), **likely)
    stt.recognitions.extend(recognized(answer) for answer in answers)
    more = (speech(320), quiet(1_000)) if answers else ()
    return await turn(*COMMAND, *more, parts=stages(stt=stt, understanding=understanding, home=house))


async def test_what_was_misheard_is_found_by_sound_and_answered_by_home_assistant() -> None:
    house = home()
    events = await ordered(house, MOCHA, LATTE)
    assert house.sentences == [(MOCHA.text, HEARD)], "it is given the sentence that was found, likeliest first"
    recognised = the(events, IntentRecognized)
    assert (recognised.heard, recognised.used, recognised.slots) == (HEARD, MOCHA.text, {"drink": "mocha"})
    assert recognised.replaced == REPLACED
    assert the(events, Reply).text == "One mocha."
    assert outcome(events) is Outcome.ANSWER
    assert house.requests == [], "nobody else does it"


async def test_a_sentence_that_home_assistant_does_not_know_after_all_is_not_understood() -> None:
    house = home(None)
    events = await ordered(house, MOCHA)
    assert the(events, Reply).text == "sorry"
    assert outcome(events) is Outcome.NOT_UNDERSTOOD
    assert house.requests == []


async def test_what_was_meant_is_asked_and_then_done_by_home_assistant() -> None:
    house = home()
    events = await ordered(house, MOCHA, LATTE, answers=("The mocha.",), **{LATTE.text: -0.3})
    assert the(events, QuestionAsked).text == "Did you mean order a mocha or order a latte?"
    assert house.sentences == [(HEARD,), (MOCHA.text, HEARD)]
    recognised = the(events, IntentRecognized)
    assert recognised.is_asked
    assert the(events, Reply).text == "One mocha."


async def test_what_was_meant_and_home_assistant_does_not_know_is_not_understood() -> None:
    house = home(None)
    events = await ordered(house, MOCHA, LATTE, answers=("The mocha.",), **{LATTE.text: -0.3})
    assert "intent" not in types(events)
    assert outcome(events) is Outcome.NOT_UNDERSTOOD


async def test_another_sentence_than_the_one_that_was_found_is_not_explained() -> None:
    events = await ordered(home(SentenceAnswer(text=HEARD, speech="Whatever.")), MOCHA)
    assert "intent" not in types(events)
    assert the(events, Reply).text == "Whatever."


async def test_what_would_open_something_and_only_sounds_like_it_is_confirmed_first() -> None:
    house = ScriptedHome(own=SentenceAnswer(text=UNLOCK.text, speech="Open."), foreseen=(UNLOCKED,))
    events = await ordered(house, UNLOCK, answers=("No.",))
    assert house.sentences == [(HEARD,)], "Home Assistant would have done it at once"
    assert "Should I unlock" in the(events, QuestionAsked).text
    assert outcome(events) is Outcome.NOT_CONFIRMED


async def test_what_opens_something_and_was_heard_as_it_is_written_is_home_assistants() -> None:
    house = ScriptedHome(own=SentenceAnswer(text=UNLOCK.text, speech="Open."), foreseen=(UNLOCKED,))
    parts = stages(stt=ScriptedStt(recognized(UNLOCK.text)), home=house)
    assert the(await turn(*COMMAND, parts=parts), Reply).text == "Open."


@pytest.mark.parametrize("fault", [HomeError("scripted"), TimeoutError()])
async def test_a_home_that_does_not_answer_has_not_done_it(fault: Exception) -> None:
    class Silent(ScriptedHome):
        async def sentence(self, texts: tuple[str, ...], *, area_id: str | None, satellite_id: str) -> None:
            raise fault

    assert outcome(await ordered(Silent(foreseen=()), MOCHA)) is Outcome.NOT_UNDERSTOOD


async def test_elsewhere_such_a_sentence_means_nothing() -> None:
    house = home()
    request = ActionRequest(intent=MOCHA, area_id=None, satellite_id="")
    result = await obey.obey(request, house, ScriptedUnderstanding())
    assert result.error == obey.NO_INTENT
    assert house.requests == []
