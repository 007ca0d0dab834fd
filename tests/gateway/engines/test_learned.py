from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.engines.learned import LearnedUnderstanding
from gateway.engines.understanding import HassUnderstanding
from gateway.engines.worker import Worker
from gateway.events import ActionResult
from gateway.house import Area, Entity, House
from gateway.rules import Rule, RuleKind
from tests.gateway.engines.test_rewriting import alias, rule, words

HOUSE = House(
    name="test",
    areas=(Area(id="kitchen", name="Kitchen"), Area(id="bedroom", name="Bedroom")),
    entities=(
        Entity(id="light.kitchen_lamp", name="Lamp", area_id="kitchen", state="on"),
        Entity(id="light.bedroom_lamp", name="Lamp", area_id="bedroom", state="on"),
        Entity(id="light.sofa", name="Sofa Lamp", area_id="bedroom", state="on"),
        Entity(id="switch.desk", name="Desk", area_id="bedroom"),
        Entity(id="light.desk", name="Desk", area_id="kitchen", attributes={"brightness": 1}),
    ),
)


@pytest.fixture(scope="module")
def house() -> Iterator[HassUnderstanding]:
    worker = Worker("understanding")
    yield HassUnderstanding(HOUSE, worker, language="en")
    worker.close()


def learned(house: HassUnderstanding, *rules: Rule) -> LearnedUnderstanding:
    return LearnedUnderstanding(house, rules)


def sentence(said: str, meant: str) -> Rule:
    return rule(RuleKind.SENTENCE, said, meant, 5)


async def meaning(understanding: LearnedUnderstanding, text: str, area_id: str | None = None) -> tuple[str | None, ...]:
    intent = await understanding.match(text, area_id=area_id)
    return () if intent is None else (intent.name, intent.entity_id, *intent.rule_ids)


async def test_without_rules_everything_means_what_it_does(house: HassUnderstanding) -> None:
    plain = learned(house)
    assert await meaning(plain, "turn on the sofa lamp") == ("HassTurnOn", "light.sofa")
    assert await meaning(plain, "turn on the sofa lamb") == ()
    assert plain.rules == ()
    assert await plain.sorry() == "Sorry, I couldn't understand that"
    intent = await plain.match("turn on the sofa lamp", area_id=None)
    assert intent is not None
    assert await plain.answer(intent, ActionResult()) != ""


async def test_misheard_words_mean_what_they_were_taught_to(house: HassUnderstanding) -> None:
    taught = learned(house)
    taught.use_rules([words("lamb", "lamp")])
    assert await meaning(taught, "Turn on the sofa lamb!") == ("HassTurnOn", "light.sofa", "1")
    assert (await taught.match("Turn on the sofa lamb!", area_id=None)).text == "Turn on the sofa lamp!"  # type: ignore[union-attr]
    taught.use_rules([])
    assert await meaning(taught, "Turn on the sofa lamb!") == ()


async def test_words_take_no_meaning_away_and_a_sentence_does(house: HassUnderstanding) -> None:
    assert await meaning(learned(house, words("on", "off")), "turn on the sofa lamp") == ("HassTurnOn", "light.sofa")
    taught = learned(house, sentence("turn on the sofa lamp", "turn off the sofa lamp"))
    assert await meaning(taught, "Turn on the Sofa Lamp.") == ("HassTurnOff", "light.sofa", "5")
    assert await meaning(taught, "please turn on the sofa lamp") == ("HassTurnOn", "light.sofa")


async def test_a_sentence_may_be_meant_in_the_words_of_this_household(house: HassUnderstanding) -> None:
    taught = learned(house, sentence("good night", "turn off the cosy one"), alias("cosy one", "light.sofa"))
    assert await meaning(taught, "good night") == ("HassTurnOff", "light.sofa", "5", "9")
    ends = learned(house, sentence("good night", "sleep well"), sentence("sleep well", "turn off the sofa lamp"))
    assert await meaning(ends, "good night") == (), "one rule does not lead to another"


async def test_a_sentence_whose_rule_means_nothing_any_more_means_what_it_does(house: HassUnderstanding) -> None:
    taught = learned(house, sentence("turn on the sofa lamp", "turn on the chandelier"))
    assert await meaning(taught, "turn on the sofa lamp") == ("HassTurnOn", "light.sofa")


async def test_an_alias_is_the_very_thing_even_where_others_have_its_name(house: HassUnderstanding) -> None:
    taught = learned(house, alias("reading light", "light.bedroom_lamp"))
    for area_id in (None, "kitchen", "bedroom"):
        assert await meaning(taught, "turn on the reading light", area_id) == ("HassTurnOn", "light.bedroom_lamp", "9")


async def test_an_alias_is_no_other_kind_of_thing(house: HassUnderstanding) -> None:
    taught = learned(house, alias("work place", "switch.desk"))
    assert await meaning(taught, "set the work place brightness to 50%", "kitchen") == ()


async def test_an_alias_counts_only_where_the_thing_is_meant(house: HassUnderstanding) -> None:
    taught = learned(house, alias("cosy one", "light.sofa"))
    assert await meaning(taught, "turn on the cosy one in ten minutes") == ("HassStartTimer", None, "9")
    inner = replace((await house.match("turn on the sofa lamp", area_id=None)), slots={"item": "Sofa Lamp"})  # type: ignore[type-var]

    class Lists(HassUnderstanding):
        def __init__(self) -> None:
            self.language = "en"

        def name_of(self, entity_id: str) -> str | None:
            return "Sofa Lamp"

        async def match(self, text: str, *, area_id: str | None):  # type: ignore[no-untyped-def]
            return inner if "Sofa Lamp" in text else None

    assert await meaning(learned(Lists(), alias("cosy one", "light.sofa")), "buy a cosy one") == ()


async def test_rules_of_another_language_do_nothing_here(house: HassUnderstanding) -> None:
    german, british = replace(words("lamb", "lamp"), language="de"), replace(words("lamb", "lamp"), language="en-GB")
    assert await meaning(learned(house, german), "turn on the sofa lamb") == ()
    assert await meaning(learned(house, german, british), "turn on the sofa lamb") == ("HassTurnOn", "light.sofa", "1")
    assert learned(house, german).rules == (german,)


async def test_trying_rules_changes_nothing(house: HassUnderstanding) -> None:
    here = learned(house)
    assert await meaning(here.with_rules([words("lamb", "lamp")]), "turn on the sofa lamb") != ()
    assert await meaning(here, "turn on the sofa lamb") == ()


async def test_another_house_has_other_names() -> None:
    worker = Worker("understanding")
    moved = LearnedUnderstanding(HassUnderstanding(HOUSE, worker, language="en"), [alias("cosy one", "light.sofa")])
    assert moved.name_of("light.sofa") == "Sofa Lamp"
    await moved.use(House(name="other", entities=(Entity(id="light.sofa", name="Divan"),)))
    assert await meaning(moved, "turn on the cosy one") == ("HassTurnOn", "light.sofa", "9")
    assert (moved.name_of("light.sofa"), moved.name_of("switch.desk")) == ("Divan", None)
    worker.close()
