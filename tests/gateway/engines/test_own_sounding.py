"""The household's own sentences are found by their sound: each meaning once, in the wording that is closest."""

from dataclasses import replace

import pytest

from gateway.engines.household_sentences import household_sentences
from gateway.engines.own_sounding import own_sounding
from gateway.engines.pronouncing import pronouncing
from gateway.engines.sentences import load_sentences
from gateway.engines.sounding import Sounding
from gateway.engines.understanding import HassUnderstanding
from gateway.engines.worker import Worker
from gateway.events import Intent
from gateway.own_sentences import NO_SENTENCES
from gateway.suggestions import Suggestion
from tests.gateway.engines.own_coffee import COFFEE, HOUSE


@pytest.fixture(scope="module")
def search() -> Sounding:
    grammar = household_sentences(load_sentences("en"), COFFEE).grammar
    assert grammar is not None
    return own_sounding(grammar, HOUSE, pronouncing("en"))


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("order a cup of chino", "order a cappuccino"),
        ("bring me a small more car with a bit of slime milk", "bring me a small mocha with a bit of soy milk"),
        ("audio 16 ounce america no", "order 16 ounce americano"),
        ("order sixteen ounce ice the coffee", "order sixteen ounce iced coffee"),
        ("water the firm", "water the fern"),
        ("good evening mouse", "good evening house"),
        ("let there be like", "let there be light"),
        ("brew for cups", "brew 4 cups"),
    ],
)
def test_what_was_misheard_is_found(search: Sounding, heard: str, meant: str) -> None:
    assert search.candidates(heard, 3, worse=8.0)[0].text == meant


def test_each_meaning_is_found_once(search: Sounding) -> None:
    texts = [one.text for one in search.candidates("order sixteen ounce mocha", 12, worse=20.0)]
    assert len(texts) == len(set(texts)) == 12
    orders = [text for text in texts if text.replace("-", " ").endswith("ounce mocha") and text.startswith("order")]
    assert orders == ["order sixteen ounce mocha"]


def test_the_words_of_a_place_for_any_words_are_as_they_were_heard(search: Sounding) -> None:
    assert search.candidates("no down by a new lamp", 1, worse=8.0)[0].text == "note down by a new lamp"


async def test_they_are_suggested_beside_home_assistants_and_mean_what_they_do() -> None:
    worker = Worker("understanding")
    understanding = HassUnderstanding(HOUSE, worker, language="en")

    async def suggested(text: str) -> list[tuple[Suggestion, Intent | None]]:
        found = await understanding.suggestions((text,))
        return [(one, await understanding.match(one.sentence, area_id=None)) for one in found]

    first, meant = next(pair for pair in await suggested("Order a small more car.") if pair[0].is_own)
    assert meant is not None
    assert (meant.name, dict(meant.slots), meant.is_own) == ("OrderCoffee", {"size": "small", "drink": "mocha"}, True)
    assert [one.is_value for one in first.replaced if one.used == "mocha"] == [True]
    orders = [one for one, _ in await suggested("Order a mocha with lots of boy milk.") if one.is_own]
    costs = [one.cost for each in orders for one in each.replaced if one.used == "lots of soy milk"]
    assert costs, "there is one"
    assert min(costs) > 0.3, "the words that are the same do not make others alike"
    own = [one for one, _ in await suggested("Can i have an america no?") if one.is_own]
    assert own[0].sentence == "Can I have a americano?"
    assert "HassTurnOn" in {intent.name for _, intent in await suggested("Turn on the lamb.") if intent is not None}
    await understanding.use(replace(HOUSE, sentences=NO_SENTENCES))
    assert not any(one.is_own for one, _ in await suggested("Order a small more car."))
    worker.close()
