"""Whether words that mean nothing in a house may have been meant for it."""

import pytest

from gateway.engines.fillers import FILLERS
from gateway.engines.grammar import Grammar, compiled
from gateway.engines.requests import ASKING, EVERYDAY, Requests
from gateway.engines.sentences import load_sentences
from gateway.house import Area, Entity, House

HOUSE = House(
    name="Test",
    areas=(Area(id="attic", name="Attic", aliases=("Dachboden",)),),
    entities=(Entity(id="light.bed", name="Bed Light", area_id="attic"),),
)


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return compiled(load_sentences("en").intents)


@pytest.fixture(scope="module")
def requests(grammar: Grammar) -> Requests:
    return Requests("en", HOUSE, grammar, None)


@pytest.mark.parametrize(
    "said",
    [
        "Please may I have noodle soup with milk and bread.",
        "Brew a 16 ounce mocha with skim milk and sweetener.",
        "I'd like a mocha with a little bit of soy milk.",
        "Well, one attic.",
        "Bed!",
        "Don't click the door.",
        "Something red",
    ],
)
def test_a_request_has_a_word_of_the_house_or_of_its_sentences_or_asks_for_anything(
    requests: Requests, said: str
) -> None:
    assert requests.is_one(said)


@pytest.mark.parametrize(
    "said",
    ["A cheddar block.", "You better talk.", "wine glass.", "and so might marry again when he would.", "", "...",
     "Chapter 12, when 30 children grew.",
     "Nobody spoke of the attic before the old woman had come back to her daughters."],
)  # fmt: skip
def test_talk_has_none_or_hardly_any(requests: Requests, said: str) -> None:
    assert not requests.is_one(said)


def test_names_and_lists_are_of_the_house_that_is_asked(grammar: Grammar) -> None:
    empty = Requests("en", House(name="Empty"), grammar)
    assert not empty.is_one("Dachboden")
    assert Requests("en", HOUSE, grammar).is_one("Dachboden")
    assert not Requests("tlh", House(name="Empty")).is_one("please turn on the light")


def test_every_language_knows_what_asks_and_what_says_nothing() -> None:
    assert ASKING.keys() == EVERYDAY.keys() == FILLERS.keys()
    assert not any(ASKING[language] & EVERYDAY[language] for language in ASKING)
    for language, words in ASKING.items():
        assert Requests(language, House(name="Empty")).is_one(f"{min(words)} hmm hmm hmm hmm hmm hmm")
