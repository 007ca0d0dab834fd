"""Of the household's own sentences the right one is taken where that is clear, and none where it is not."""

from dataclasses import replace

import pytest

from gateway.events import Hypothesis, Intent, Recognition
from gateway.suggestions import Likelihood, Replacement, Suggestion
from gateway.turn.choice import Choice, Meaning
from gateway.turn.own_domain import own_meaning
from gateway.turn.resolving import decided
from gateway.turn.weighing import Doubt, Weighed

MOCHA = Intent(name="Order", slots={"drink": "mocha"}, text="order a mocha", is_own=True)
LATTE = Intent(name="Order", slots={"drink": "latte"}, text="order a latte", is_own=True)
LAMP = Intent(name="HassTurnOn", slots={"name": "Lamp"}, text="turn on the lamp")


def weighed(
    intent: Intent = MOCHA, *replaced: Replacement, log: float = -5.0, gain: float = -0.3, cost: float = 0.1
) -> Weighed:
    suggestion = Suggestion(
        sentence=intent.text, written=(intent.text,), heard="order a moka", edits=10 * cost, cost=cost,
        replaced=replaced, is_own=intent.is_own,
    )  # fmt: skip
    likelihood = Likelihood(log_probability=log, tokens=10)
    return Weighed(intent=intent, suggestion=suggestion, likelihood=likelihood, gain=gain, margin=1.0)


VALUE = Replacement(heard="moka", used="mocha", cost=0.5, is_value=True)


@pytest.mark.parametrize(
    ("one", "others"),
    [
        (weighed(), ()),
        (weighed(MOCHA, VALUE), (weighed(LATTE, log=-9.0),)),
        (weighed(), (weighed(LATTE, log=-4.0, cost=0.2),)),
        (weighed(MOCHA, VALUE, VALUE, gain=-1.0), ()),
        (weighed(MOCHA, Replacement(heard="through", used="order", cost=0.9), gain=-1.1), ()),
        (weighed(MOCHA, Replacement(heard="through a", used="order", cost=0.9)), ()),
        (weighed(MOCHA, Replacement(heard="", used="please", cost=1.0)), ()),
        (weighed(MOCHA, Replacement(heard="the", used="", cost=1.0, is_filler=True)), ()),
    ],
)
def test_the_one_that_is_ahead_in_sound_and_likelihood_was_meant(one: Weighed, others: tuple[Weighed, ...]) -> None:
    assert own_meaning([*others, one]) is one


@pytest.mark.parametrize(
    ("one", "others"),
    [
        (weighed(), (weighed(LATTE, log=-6.0),)),
        (weighed(log=-9.0), (weighed(LAMP, log=-1.0),)),
        (weighed(gain=-1.5), ()),
        (weighed(MOCHA, VALUE, gain=-0.9), ()),
        (weighed(log=-26.0), ()),
        (weighed(cost=0.31), ()),
        (weighed(MOCHA, replace(VALUE, cost=0.8)), ()),
        (weighed(MOCHA, Replacement(heard="never", used="", cost=1.0)), ()),
        (weighed(LAMP), ()),
    ],
)
def test_what_is_not_clear_or_none_of_them_is_not_taken(one: Weighed, others: tuple[Weighed, ...]) -> None:
    assert own_meaning([one, *others]) is None


def test_one_in_which_any_words_would_do_is_not_taken_for_what_it_sounds_like() -> None:
    one = weighed()
    assert own_meaning([replace(one, suggestion=replace(one.suggestion, wild_words=1))]) is None


HEARD = Hypothesis(text="order a moka", score=-0.4)
CHOICE = Choice(recognition=Recognition(hypotheses=(HEARD,)), heard=HEARD)


def test_one_that_would_do_for_a_sentence_of_home_assistants_is_asked_about() -> None:
    one = weighed(MOCHA, replace(VALUE, cost=0.3), gain=-0.9)
    assert one.doubt is Doubt.NONE
    decision = decided(CHOICE, [one])
    assert decision.intent is None
    assert decision.asked == (Meaning(intent=MOCHA, replaced=one.suggestion.replaced),)


def test_it_is_what_a_choice_becomes() -> None:
    decision = decided(CHOICE, [weighed(LATTE, log=-9.0), weighed(MOCHA, VALUE)])
    assert decision.intent == MOCHA
    assert decision.replaced == (VALUE,)
    assert decision.used == Hypothesis(text="order a mocha", score=-0.5)
