from dataclasses import replace
from math import log

import pytest

from gateway.events import Intent
from gateway.suggestions import Likelihood, Replacement, Suggestion
from gateway.turn.weighing import (
    CLEARLY_HEARD,
    EDIT_NATS,
    LEAST_CHANCE,
    LEAST_CHANCE_ASKED,
    LEAST_GAIN_OF_FEWER,
    LEAST_GAIN_OF_OTHER,
    LEAST_OF_ANOTHER,
    LEAST_PER_TOKEN,
    LEAST_PER_TOKEN_CHANGED,
    LEAST_PER_TOKEN_READ,
    LEAST_PER_TOKEN_WILD,
    LEFT_OUT_NATS,
    MOST_CHANGED,
    MOST_MARGIN,
    MOST_REPLACED,
    OTHER_NAME,
    SURE_OTHER,
    SURE_REPLACED,
    SURE_REPLACED_WORD,
    WILD_NATS,
    Doubt,
    Weighed,
    score,
    weighed,
)

HEARD = "Where is Jane?"
JOHN = Intent(name="HassGetState", slots={"name": "John"}, text="where is John")
LAMP = Intent(name="HassGetState", slots={"name": "Lamp"}, text="where is lamp")
NAME = Replacement(heard="jane", used="John", cost=0.4, is_name=True)
ECOBEE = Replacement(heard="incubi", used="EcoBee", cost=0.4, is_name=True)
PLAY = Intent(name="HassMediaSearchAndPlay", slots={"search_query": "clay"}, text="play clay")
LIKELY = Likelihood(log_probability=-4.0, tokens=8)


def suggestion(*replaced: Replacement, edits: float = 1.0, left_out: int = 0, wild_words: int = 0) -> Suggestion:
    return Suggestion(
        sentence="where is John", written=("Where is John?",), heard=HEARD, edits=edits, cost=edits / 8,
        replaced=replaced, left_out=left_out, wild_words=wild_words,
    )  # fmt: skip


def one(
    made: Suggestion | None = None, *, gain: float = 0.0, margin: float = MOST_MARGIN, sure_of_name: float = 0.0,
    sure_of_word: float = 0.0, likelihood: Likelihood = LIKELY,
) -> Weighed:  # fmt: skip
    return Weighed(
        intent=JOHN, suggestion=made or suggestion(), likelihood=likelihood, gain=gain, margin=margin,
        sure_of_name=sure_of_name, sure_of_word=sure_of_word,
    )  # fmt: skip


def test_what_is_as_likely_as_what_was_heard_is_taken() -> None:
    assert one().doubt is Doubt.NONE
    assert one().chance > LEAST_CHANCE


def test_everything_that_speaks_against_it_lowers_the_chance() -> None:
    worse = [
        one(gain=-1.0),
        one(margin=0.0),
        one(suggestion(edits=6.0)),
        one(suggestion(wild_words=3)),
        one(suggestion(left_out=1)),
        one(replace(suggestion(), fewer=1)),
        one(likelihood=Likelihood(log_probability=-24.0, tokens=8)),
    ]
    assert all(other.chance < one().chance for other in worse)


def test_what_is_less_likely_is_asked_about_and_then_not_even_that() -> None:
    chances = [one(gain=-0.1 * step) for step in range(60)]
    doubts = [each.doubt for each in chances]
    assert doubts == sorted(doubts, key=[Doubt.NONE, Doubt.UNSURE, Doubt.UNLIKELY].index)
    assert set(doubts) == {Doubt.NONE, Doubt.UNSURE, Doubt.UNLIKELY}
    assert all((each.chance >= LEAST_CHANCE) == (each.doubt is Doubt.NONE) for each in chances)
    assert all((each.chance < LEAST_CHANCE_ASKED) == (each.doubt is Doubt.UNLIKELY) for each in chances)


@pytest.mark.parametrize(
    ("made", "sure_of_name", "doubt"),
    [
        (suggestion(replace(ECOBEE, cost=MOST_REPLACED + 0.01)), 0.0, Doubt.UNLIKE),
        (suggestion(replace(ECOBEE, cost=MOST_REPLACED + 0.01, is_name=False)), 0.0, Doubt.NONE),
        (suggestion(NAME), 0.0, Doubt.UNLIKE),
        (suggestion(replace(NAME, cost=OTHER_NAME)), 0.0, Doubt.NONE),
        (suggestion(ECOBEE), SURE_REPLACED + 0.01, Doubt.UNLIKE),
        (suggestion(ECOBEE), SURE_REPLACED, Doubt.NONE),
        (suggestion(edits=0.0, left_out=1), 0.0, Doubt.LEFT_OUT),
    ],
)
def test_whatever_the_chance_no_name_becomes_quite_another_one_and_no_word_is_dropped(
    made: Suggestion, sure_of_name: float, doubt: Doubt
) -> None:
    assert one(made, sure_of_name=sure_of_name).doubt is doubt


@pytest.mark.parametrize(
    ("heard", "used", "cost", "probability", "doubt"),
    [
        ("bathroom fan", "Bedroom Fan", LEAST_OF_ANOTHER, CLEARLY_HEARD + 0.01, Doubt.UNLIKE),
        ("bathroom fan", "Bedroom Fan", LEAST_OF_ANOTHER, CLEARLY_HEARD - 0.01, Doubt.NONE),
        ("first four", "First Floor", LEAST_OF_ANOTHER - 0.01, 1.0, Doubt.NONE),
        ("fan", "Bedroom Fan", LEAST_OF_ANOTHER, 1.0, Doubt.NONE),
    ],
)
def test_a_name_that_was_clearly_heard_is_not_another_one_that_sounds_like_it(
    heard: str, used: str, cost: float, probability: float, doubt: Doubt
) -> None:
    said = tuple((word, log(probability) if place == 0 else -1.0) for place, word in enumerate(heard.split()))
    of_text = Likelihood(log_probability=-1.0, tokens=4, words=said)
    made = suggestion(Replacement(heard=heard, used=used, cost=cost, is_name=True))
    (found,) = weighed([(LAMP, made, LIKELY)], LIKELY, {HEARD: of_text})
    assert found.doubt is doubt


def test_a_word_that_was_clearly_heard_is_no_other_word() -> None:
    assert one(sure_of_word=SURE_REPLACED_WORD + 0.01).doubt is Doubt.UNLIKE
    assert one(sure_of_word=SURE_REPLACED_WORD).doubt is Doubt.NONE


@pytest.mark.parametrize(
    "replaced",
    [
        replace(ECOBEE, cost=OTHER_NAME + 0.01),
        Replacement(heard="red", used="out", cost=MOST_REPLACED + 0.01),
    ],
)
def test_what_has_quite_another_word_is_nearly_as_likely_or_asked_about(replaced: Replacement) -> None:
    likely = one(suggestion(replaced, edits=0.0), gain=LEAST_GAIN_OF_OTHER)
    assert likely.doubt is Doubt.NONE
    assert replace(likely, gain=LEAST_GAIN_OF_OTHER - 0.01).doubt is Doubt.UNLIKE
    closer = suggestion(replace(replaced, cost=replaced.cost - 0.02), edits=0.0)
    assert one(closer, gain=LEAST_GAIN_OF_OTHER - 0.01).doubt is Doubt.NONE


def test_a_small_word_tells_a_room_from_a_name_where_any_words_may_stand() -> None:
    other = Replacement(heard="in", used="for", cost=1.0, is_filler=True)
    assert one(suggestion(other, wild_words=1)).doubt is Doubt.UNLIKE
    assert one(suggestion(other)).doubt is Doubt.NONE
    assert one(suggestion(replace(other, used=""), wild_words=1)).doubt is Doubt.NONE


@pytest.mark.parametrize(
    ("sentence", "heard", "is_other"),
    [
        ("20 seconds timer", "cost 30 seconds timer.", True),
        ("change fans to 30 %", "change balance to 30%.", False),
        ("set First Floor to 50 degrees", "Set first 4 to 50 degrees.", False),
        ("set it to 2700 kelvin", "Set it to 2,700 Kelvin.", False),
        ("in 5 minutes", "in five minutes", False),
    ],
)
def test_no_number_becomes_another_one_without_asking(sentence: str, heard: str, is_other: bool) -> None:
    said = Likelihood(log_probability=-4.0, tokens=8, words=tuple((word, -0.1) for word in heard.split()))
    made = replace(suggestion(edits=0.0), sentence=sentence, heard=heard)
    (found,) = weighed([(JOHN, made, LIKELY)], said, {heard: said})
    assert found.is_other_number is is_other
    assert found.doubt is (Doubt.UNSURE if is_other else Doubt.NONE)


def test_what_is_nearly_all_any_words_was_not_meant_where_the_rest_was_misheard() -> None:
    play = replace(suggestion(edits=1.0, wild_words=2), sentence="play something else")
    assert one(play).doubt is Doubt.NONE
    assert one(replace(play, wild_words=3, sentence="play something else now")).doubt is Doubt.UNLIKELY
    assert one(replace(play, wild_words=3, sentence="play something else now", edits=0.0)).doubt is Doubt.NONE


def test_a_name_that_was_clearly_heard_and_is_not_here_is_not_asked_about() -> None:
    assert one(sure_of_name=SURE_OTHER + 0.01).doubt is Doubt.UNLIKELY


def test_a_name_that_the_likeliest_reading_clearly_has_is_not_another_one() -> None:
    likeliest = Likelihood(log_probability=-2.0, tokens=4, words=(("Where", -0.1), ("is", -0.1), ("Jane?", 0.0)))
    other = Likelihood(log_probability=-4.0, tokens=4, words=(("Where", -0.1), ("is", -0.1), ("Joan?", -4.0)))
    made = replace(suggestion(replace(NAME, heard="joan", cost=0.2)), in_place_of=(replace(NAME, cost=0.5),))
    (found,) = weighed([(JOHN, made, LIKELY)], likeliest, {HEARD: other})
    assert (found.sure_of_name < SURE_REPLACED, found.sure_of_likeliest) == (True, 0.5)
    assert found.doubt is Doubt.UNLIKELY
    assert replace(found, sure_of_likeliest=SURE_OTHER).doubt is Doubt.NONE


def test_a_name_that_was_read_counts_though_the_likeliest_reading_has_another() -> None:
    read = replace(one(suggestion(edits=0.0)), sure_of_likeliest=SURE_OTHER + 0.1)
    assert read.doubt is Doubt.NONE
    assert replace(read, sure_of_name=SURE_OTHER + 0.1).doubt is Doubt.UNLIKELY


def test_another_sentence_that_recognition_thinks_little_of_was_not_meant() -> None:
    other = replace(suggestion(edits=2.0), cost=MOST_CHANGED + 0.01)
    little = Likelihood(log_probability=LEAST_PER_TOKEN_CHANGED * 8 - 0.1, tokens=8)
    assert one(other, likelihood=little).doubt is Doubt.UNLIKELY
    assert one(other).doubt is Doubt.NONE
    assert one(replace(other, cost=MOST_CHANGED), likelihood=little).doubt is Doubt.NONE
    assert one(replace(other, is_own=True), likelihood=little).doubt is Doubt.NONE


def test_any_words_that_were_misheard_and_recognition_thinks_little_of_were_not_meant() -> None:
    little = Likelihood(log_probability=LEAST_PER_TOKEN_WILD * 8 - 0.1, tokens=8)
    for misheard in (suggestion(), replace(suggestion(edits=0.0), in_place_of=(NAME,))):
        play = replace(one(misheard), intent=PLAY)
        assert play.doubt is Doubt.NONE
        assert replace(play, likelihood=little).doubt is Doubt.UNLIKELY
        assert one(misheard, likelihood=little).doubt is Doubt.NONE
    heard = replace(one(suggestion(edits=0.0)), intent=PLAY)
    assert replace(heard, likelihood=little).doubt is Doubt.NONE


def test_a_reading_that_leaves_a_word_out_is_nearly_as_likely_or_asked_about() -> None:
    fewer = replace(suggestion(edits=0.0), fewer=1)
    assert one(fewer, gain=LEAST_GAIN_OF_FEWER).doubt is Doubt.NONE
    assert one(fewer, gain=LEAST_GAIN_OF_FEWER - 0.01).doubt is Doubt.UNSURE
    assert one(replace(fewer, edits=1.0)).doubt is Doubt.UNSURE


def test_what_was_hardly_speech_is_asked_about() -> None:
    mumbled = Likelihood(log_probability=LEAST_PER_TOKEN * 8 - 0.1, tokens=8)
    assert one(likelihood=mumbled).doubt is Doubt.UNSURE


def test_a_single_word_that_was_read_is_taken_though_it_is_unlikely() -> None:
    pause = suggestion(edits=0.0)
    assert one(pause, likelihood=Likelihood(log_probability=LEAST_PER_TOKEN_READ * 2, tokens=2)).doubt is Doubt.NONE
    below = Likelihood(log_probability=LEAST_PER_TOKEN_READ * 2 - 0.1, tokens=2)
    assert one(pause, gain=0.5, likelihood=below).doubt is Doubt.UNSURE


def test_what_is_changed_counts_against_a_sentence() -> None:
    plain = score(suggestion(edits=0.0), LIKELY)
    assert plain == LIKELY.log_probability
    assert score(suggestion(edits=2.0), LIKELY) == plain - 2 * EDIT_NATS
    assert score(suggestion(edits=0.0, left_out=1), LIKELY) == plain - LEFT_OUT_NATS
    assert score(suggestion(edits=0.0, wild_words=2), LIKELY) == plain - 2 * WILD_NATS


def test_a_sentence_is_weighed_against_what_was_heard_and_against_the_next() -> None:
    heard = Likelihood(log_probability=-2.0, tokens=4)
    less = Likelihood(log_probability=-6.0, tokens=8)
    both = [(JOHN, suggestion(edits=0.0), LIKELY), (LAMP, suggestion(edits=0.0), less)]
    first, second = weighed(both, heard, {HEARD: heard})
    assert (first.intent, second.intent) == (JOHN, LAMP)
    assert first.gain == pytest.approx(-0.25)
    assert (first.margin, second.margin) == (2.0, -2.0)
    (alone,) = weighed(both[:1], heard, {HEARD: heard})
    assert alone.margin == MOST_MARGIN
    assert weighed([], heard, {}) == ()


@pytest.mark.parametrize(
    ("words", "heard", "sure"),
    [
        ((("Where", -0.1), ("is", -0.1), ("Jane?", 0.0)), "jane", 1.0),
        ((("Where", -0.1), ("is", -0.1), ("Jane?", -1.0)), "jane", 0.368),
        ((("Where", -0.1), ("is", -0.1), ("Jane", -1.0), ("Doe?", 0.0)), "jane doe", 0.607),
        ((("Where", -0.1), ("is", -0.1), ("Janet?", 0.0)), "jane", 0.0),
        ((("Jan", 0.0), ("is", -0.1)), "jane", 0.0),
        ((("Jan", 0.0),), "jane", 0.0),
        ((), "jane", 0.0),
    ],
)
def test_how_sure_recognition_was_of_a_name_that_it_heard_instead_counts(
    words: tuple[tuple[str, float], ...], heard: str, sure: float
) -> None:
    likelihood = Likelihood(log_probability=-2.0, tokens=4, words=words)
    made = suggestion(replace(NAME, heard=heard), replace(NAME, is_name=False, cost=1.0))
    (found,) = weighed([(JOHN, made, LIKELY)], likelihood, {HEARD: likelihood})
    assert found.sure_of_name == pytest.approx(0.4 * sure, abs=0.001)


def test_a_likelihood_without_words_is_none_of_any_token() -> None:
    assert Likelihood(log_probability=-3.0, tokens=0).per_token == -3.0
