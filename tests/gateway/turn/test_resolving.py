from dataclasses import replace

import pytest

from gateway.events import Hypothesis, Intent
from gateway.suggestions import Likelihood, Replacement, Suggestion
from gateway.turn.choice import Choice
from gateway.turn.resolving import (
    LEAST_GAIN,
    LEAST_LIKELY,
    LEAST_MARGIN,
    MOST_CHANGED,
    MOST_REPLACED,
    Doubt,
    Weighed,
    decided,
    resolved,
    weigh,
)
from tests.fakes import ScriptedStt, ScriptedUnderstanding, recognized

HEARD = "set the incubi to twenty"
ECOBEE = Intent(name="HassClimateSetTemperature", slots={"name": "EcoBee"}, text="Set the EcoBee to 20.")
LAMP = Intent(name="HassLightSet", slots={"name": "Lamp"}, text="Set the lamp to 20.")
MISHEARD = Replacement(heard="incubi", used="EcoBee", cost=0.5)


def suggestion(intent: Intent = ECOBEE, *replaced: Replacement, cost: float = 0.2) -> Suggestion:
    return Suggestion(intent=intent, heard=HEARD, cost=cost, replaced=replaced or (MISHEARD,))


def weighed(
    made: Suggestion | None = None, *, gain: float = 0.0, margin: float = 10.0, per_token: float = -0.5
) -> Weighed:
    likelihood = Likelihood(log_probability=per_token * 8, tokens=8)
    return Weighed(suggestion=made or suggestion(), likelihood=likelihood, gain=gain, margin=margin)


def heard(*texts: str, intent: Intent | None = None, used: int = 1) -> Choice:
    recognition = recognized(*texts)
    chosen = recognition.hypotheses[used] if intent is not None else None
    return Choice(recognition=recognition, heard=recognition.hypotheses[0], used=chosen, intent=intent)


@pytest.mark.parametrize(
    ("one", "doubt"),
    [
        (weighed(), Doubt.NONE),
        (weighed(gain=LEAST_GAIN - 0.01), Doubt.UNLIKELY),
        (weighed(per_token=LEAST_LIKELY - 0.01), Doubt.UNLIKELY),
        (weighed(margin=LEAST_MARGIN - 0.01), Doubt.OTHER_MEANING),
        (weighed(suggestion(cost=MOST_CHANGED + 0.01)), Doubt.UNLIKE),
        (weighed(suggestion(ECOBEE, replace(MISHEARD, cost=MOST_REPLACED + 0.01))), Doubt.UNLIKE),
        (weighed(suggestion(ECOBEE, Replacement(heard="kitchen", used="", cost=1.0))), Doubt.LEFT_OUT),
        (weighed(suggestion(ECOBEE, Replacement(heard="", used="all", cost=1.0))), Doubt.LEFT_OUT),
        (weighed(suggestion(ECOBEE, Replacement(heard="", used="the", cost=1.0, is_filler=True))), Doubt.NONE),
    ],
)
def test_only_what_is_likely_and_close_and_alone_is_taken(one: Weighed, doubt: Doubt) -> None:
    assert one.doubt is doubt


def test_what_is_certain_is_taken_with_what_it_replaces() -> None:
    choice = decided(heard(HEARD), [weighed()])
    assert choice.intent == ECOBEE
    assert choice.used == Hypothesis(text=ECOBEE.text, score=-0.5)
    assert (choice.replaced, choice.asked) == ((MISHEARD,), ())


def test_what_comes_close_is_asked_about() -> None:
    pair = [weighed(margin=1.0), weighed(suggestion(LAMP), margin=-1.0)]
    choice = decided(heard(HEARD), pair)
    assert (choice.intent, choice.used, choice.silence_reason) == (None, None, None)
    assert [one.intent for one in choice.asked] == [ECOBEE, LAMP]
    assert [one.intent for one in decided(heard(HEARD), [pair[0], weighed(gain=-9.0)]).asked] == [ECOBEE]


@pytest.mark.parametrize(
    "one", [weighed(gain=-9.0), weighed(suggestion(ECOBEE, Replacement(heard="x", used="", cost=1)))]
)
def test_what_is_far_is_neither_done_nor_asked_about(one: Weighed) -> None:
    choice = decided(heard(HEARD), [one])
    assert (choice.intent, choice.asked) == (None, ())
    assert decided(choice, []) is choice


async def test_each_meaning_is_weighed_by_its_likeliest_wording() -> None:
    stt, understanding = ScriptedStt(recognized(HEARD)), ScriptedUnderstanding()
    other_words = replace(ECOBEE, text="Set EcoBee to 20.")
    understanding.suggested = (suggestion(LAMP), suggestion(other_words), suggestion(ECOBEE))
    stt.likely = {HEARD: -0.2, ECOBEE.text: -0.4, other_words.text: -2.0, LAMP.text: -1.6}
    best, second = await weigh(heard(HEARD), b"", stt, understanding, area_id=None)
    assert (best.suggestion.intent, second.suggestion.intent) == (ECOBEE, LAMP)
    assert best.margin == pytest.approx(5 * 1.2)
    assert second.margin == pytest.approx(-best.margin)
    assert best.gain == pytest.approx(-0.2)
    assert stt.compared == [(HEARD, LAMP.text, other_words.text, ECOBEE.text)]


async def test_another_reading_that_means_something_must_be_likely_too() -> None:
    stt, understanding = ScriptedStt(recognized(HEARD)), ScriptedUnderstanding()
    choice = heard(HEARD, LAMP.text, intent=LAMP)
    assert await resolved(choice, b"", stt, understanding, area_id=None) is choice
    stt.likely = {LAMP.text: -4.0}
    unlikely = await resolved(choice, b"", stt, understanding, area_id=None)
    assert (unlikely.intent, unlikely.asked) == (None, ())


async def test_what_needs_no_resolving_is_left_alone() -> None:
    stt, understanding = ScriptedStt(recognized(HEARD)), ScriptedUnderstanding()
    understanding.suggested = (suggestion(),)
    likeliest = heard(LAMP.text, intent=LAMP, used=0)
    nothing = Choice(recognition=recognized("thank you"), heard=None)
    noise = Choice(recognition=recognized("hm", score=-1.5), heard=recognized("hm", score=-1.5).hypotheses[0])
    for choice in (likeliest, nothing, noise):
        assert await resolved(choice, b"", stt, understanding, area_id=None) is choice
    assert stt.compared == []
    assert await weigh(nothing, b"", stt, understanding, area_id=None) == ()


async def test_what_sounds_like_nothing_here_is_not_compared() -> None:
    stt, understanding = ScriptedStt(recognized(HEARD)), ScriptedUnderstanding()
    choice = heard(HEARD)
    assert await resolved(choice, b"", stt, understanding, area_id=None) is choice
    assert stt.compared == []
