from dataclasses import replace

import pytest

from gateway.events import Hypothesis, Intent
from gateway.suggestions import Replacement, Suggestion
from gateway.turn.choice import Choice, Meaning
from gateway.turn.resolving import MOST_MATCHED, MOST_MEANINGS, MOST_TEXTS, decided, resolved, weigh
from gateway.turn.weighing import MOST_MARGIN, Weighed
from tests.fakes import ScriptedStt, ScriptedUnderstanding, recognized

HEARD = "set the incubi to twenty"
ECOBEE = Intent(name="HassClimateSetTemperature", slots={"name": "EcoBee"}, text="set the EcoBee to 20")
LAMP = Intent(name="HassLightSet", slots={"name": "Lamp"}, text="set the lamp to 20")
UNSURE = -4.0
"""So little likelier is a token of what is asked about."""
MISHEARD = Replacement(heard="incubi", used="EcoBee", cost=0.5, is_name=True)


def suggestion(intent: Intent = ECOBEE, *replaced: Replacement, edits: float = 1.0, left_out: int = 0) -> Suggestion:
    return Suggestion(
        sentence=intent.text, written=(intent.text.capitalize(), intent.text), heard=HEARD, edits=edits,
        cost=edits / 20, replaced=replaced or (MISHEARD,), left_out=left_out,
    )  # fmt: skip


def weighed(intent: Intent = ECOBEE, *, gain: float = 0.0, margin: float = MOST_MARGIN, left_out: int = 0) -> Weighed:
    likelihood = ScriptedStt.likelihood("a b c d", -0.5)
    made = suggestion(intent, left_out=left_out)
    return Weighed(intent=intent, suggestion=made, likelihood=likelihood, gain=gain, margin=margin)


def heard(*texts: str, intent: Intent | None = None, used: int = 1) -> Choice:
    recognition = recognized(*texts)
    chosen = recognition.hypotheses[used] if intent is not None else None
    return Choice(recognition=recognition, heard=recognition.hypotheses[0], used=chosen, intent=intent)


def test_what_is_certain_is_taken_with_what_it_replaces() -> None:
    choice = decided(heard(HEARD), [weighed()])
    assert choice.intent == ECOBEE
    assert choice.used == Hypothesis(text=ECOBEE.text, score=-0.5)
    assert (choice.replaced, choice.asked) == ((MISHEARD,), ())


def test_what_was_understood_anyway_stays_as_it_is() -> None:
    choice = heard(HEARD, ECOBEE.text, intent=ECOBEE)
    assert decided(choice, [weighed()]) is choice
    assert decided(choice, []) is choice


def test_what_comes_close_is_asked_about() -> None:
    pair = [weighed(gain=UNSURE), weighed(LAMP, gain=UNSURE - 0.1)]
    choice = decided(heard(HEARD), pair)
    assert (choice.intent, choice.used, choice.silence_reason) == (None, None, None)
    assert choice.asked == (Meaning(intent=ECOBEE, replaced=(MISHEARD,)), Meaning(intent=LAMP, replaced=(MISHEARD,)))
    assert [one.intent for one in decided(heard(HEARD), [pair[0], weighed(LAMP, gain=-9.0)]).asked] == [ECOBEE]


@pytest.mark.parametrize("one", [weighed(gain=-9.0), weighed(left_out=1)])
def test_what_is_far_is_neither_done_nor_asked_about(one: Weighed) -> None:
    choice = decided(heard(HEARD, LAMP.text, intent=LAMP), [one, weighed(LAMP, gain=UNSURE)])
    assert (choice.intent, choice.used, choice.asked) == (None, None, ())


def test_what_leaves_a_word_out_is_no_rival_of_what_does_not() -> None:
    shorter = weighed(LAMP, left_out=1)
    choice = decided(heard(HEARD), [shorter, weighed(margin=-1.8)])
    assert (choice.intent, choice.asked) == (ECOBEE, ())
    assert decided(heard(HEARD), [shorter, weighed(gain=UNSURE)]).asked == ()
    assert decided(heard(HEARD), [shorter]).intent is None


async def test_each_meaning_is_weighed_by_its_likeliest_wording() -> None:
    stt, understanding = ScriptedStt(recognized(HEARD)), ScriptedUnderstanding(ECOBEE, LAMP)
    other_words = replace(ECOBEE, text="set EcoBee to 20")
    understanding.intents[other_words.text] = other_words
    understanding.suggested = (suggestion(LAMP), suggestion(other_words), suggestion(ECOBEE))
    stt.likely = {
        HEARD: -0.2, ECOBEE.text: -0.4, ECOBEE.text.capitalize(): -1.0,
        other_words.text: -2.0, other_words.text.capitalize(): -2.0,
        LAMP.text: -1.6, LAMP.text.capitalize(): -1.7,
    }  # fmt: skip
    best, second = await weigh(heard(HEARD), b"", stt, understanding, area_id=None)
    assert (best.intent, second.intent) == (ECOBEE, LAMP)
    assert best.margin == pytest.approx(5 * 1.2)
    assert best.gain == pytest.approx(-0.2)
    [compared] = stt.compared
    assert compared[0] == HEARD
    assert len(compared) == len(set(compared)) == 7


async def test_only_the_first_few_are_looked_up() -> None:
    stt, understanding = ScriptedStt(recognized(HEARD)), ScriptedUnderstanding()
    nothing = [Intent(name="", text=f"sentence {number}") for number in range(MOST_MATCHED)]
    understanding.suggested = tuple(suggestion(intent) for intent in (*nothing, ECOBEE))
    understanding.intents = {ECOBEE.text: ECOBEE}
    assert await weigh(heard(HEARD), b"", stt, understanding, area_id=None) == ()
    many = [Intent(name=str(number), text=f"sentence {number}") for number in range(MOST_MEANINGS + 1)]
    understanding.suggested = tuple(map(suggestion, many))
    understanding.intents = {intent.text: intent for intent in many}
    found = await weigh(heard(HEARD), b"", stt, understanding, area_id=None)
    assert [one.intent for one in found] == many[:MOST_MEANINGS]


async def test_another_reading_that_means_something_must_be_likely_too() -> None:
    stt, understanding = ScriptedStt(recognized(HEARD)), ScriptedUnderstanding(LAMP)
    choice = heard(HEARD, LAMP.text, intent=LAMP)
    assert await resolved(choice, b"", stt, understanding, area_id=None) is choice
    stt.likely = {LAMP.text: -4.0}
    unlikely = await resolved(choice, b"", stt, understanding, area_id=None)
    assert (unlikely.intent, unlikely.asked) == (None, ())


async def test_a_reading_that_means_something_is_among_those_that_are_looked_at() -> None:
    stt, understanding = ScriptedStt(recognized(HEARD)), ScriptedUnderstanding(LAMP)
    texts = [HEARD, *(f"reading {number}" for number in range(MOST_TEXTS)), LAMP.text]
    choice = heard(*texts, intent=LAMP, used=len(texts) - 1)
    await resolved(choice, b"", stt, understanding, area_id=None)
    assert understanding.asked_for == [(HEARD, LAMP.text, *texts[1 : MOST_TEXTS - 1])]


async def test_what_needs_no_resolving_is_left_alone() -> None:
    stt, understanding = ScriptedStt(recognized(HEARD)), ScriptedUnderstanding()
    understanding.suggested = (suggestion(),)
    likeliest = heard(LAMP.text, intent=LAMP, used=0)
    nothing = Choice(recognition=recognized("thank you"), heard=None)
    invention = heard("Thank you.")
    for choice in (likeliest, nothing, invention):
        assert await resolved(choice, b"", stt, understanding, area_id=None) is choice
    assert stt.compared == []
    assert await weigh(nothing, b"", stt, understanding, area_id=None) == ()


async def test_mumbling_may_be_a_command() -> None:
    stt, understanding = ScriptedStt(recognized(HEARD)), ScriptedUnderstanding(ECOBEE)
    understanding.suggested = (suggestion(),)
    understanding.intents = {ECOBEE.text: ECOBEE}
    stt.likely = {HEARD: -1.0}
    recognition = recognized(HEARD, score=-1.5)
    mumbled = Choice(recognition=recognition, heard=recognition.hypotheses[0])
    assert mumbled.silence_reason == "noise"
    assert (await resolved(mumbled, b"", stt, understanding, area_id=None)).intent == ECOBEE


async def test_what_sounds_like_nothing_here_is_not_compared() -> None:
    stt, understanding = ScriptedStt(recognized(HEARD)), ScriptedUnderstanding()
    choice = heard(HEARD)
    assert await resolved(choice, b"", stt, understanding, area_id=None) is choice
    assert stt.compared == []


async def test_a_number_alone_is_no_command_however_likely_it_is() -> None:
    number = Intent(name="HassClimateSetTemperature", slots={"temperature": 36}, text="36")
    stt, understanding = ScriptedStt(recognized("36.")), ScriptedUnderstanding(number)
    understanding.suggested = (suggestion(number, edits=0.0),)
    assert await weigh(heard("36."), b"", stt, understanding, area_id=None) == ()
    assert stt.compared == []
