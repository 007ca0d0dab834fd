"""The household's own sentences mean what Home Assistant makes of them; what cannot be used leaves the others alone."""

import time
from dataclasses import replace
from typing import Any

import pytest

from gateway.engines import grammar, household_sentences
from gateway.engines.household_sentences import TRIGGER, HouseholdSentences
from gateway.engines.intents import HassilIntents
from gateway.engines.sentences import Sentences, load_sentences
from gateway.events import Intent
from gateway.own_sentences import (
    NO_SENTENCES,
    ListValue,
    NumberRange,
    OwnSentences,
    SentenceBlock,
    SentenceList,
    SentenceRule,
)
from tests.gateway.engines.own_coffee import COFFEE, HOUSE


@pytest.fixture(scope="module")
def english() -> Sentences:
    return load_sentences("en")


@pytest.fixture(scope="module")
def intents() -> HassilIntents:
    intents = HassilIntents("en")
    intents.use(HOUSE)
    return intents


def own(*sentences: str, **more: Any) -> OwnSentences:
    return OwnSentences(blocks=(SentenceBlock(intent="Own", sentences=sentences),), **more)


def joined(english: Sentences, told: OwnSentences) -> HouseholdSentences:
    return household_sentences.household_sentences(english, told)


def test_a_household_without_any_has_home_assistants(english: Sentences) -> None:
    plain = joined(english, NO_SENTENCES)
    assert plain.intents is english.intents
    assert (plain.triggers, plain.grammar, plain.data) == (None, None, ())


@pytest.mark.parametrize(
    ("text", "name", "slots"),
    [
        ("Order a 16-ounce mocha with lots of soy milk.", "OrderCoffee",
         {"size": "sixteen ounce", "drink": "mocha", "milk": "lots of soy milk"}),
        ("I'd like a cappuccino", "OrderCoffee", {"drink": "cappuccino"}),
        ("kindly bring me iced coffee", "OrderCoffee", {"drink": "iced coffee"}),
        ("brew three cups", "Brew", {"cups": 3, "now": True}),
        ("brew 5 liters", "Brew", {"liters": 5, "now": True}),
        ("note down buy a new lamp", "Note", {"words": "buy a new lamp"}),
    ],
)  # fmt: skip
def test_a_sentence_of_the_households_means_its_intent(
    intents: HassilIntents, text: str, name: str, slots: dict[str, object]
) -> None:
    intent = intents.match(text)
    assert intent is not None
    assert (intent.name, dict(intent.slots), intent.is_own) == (name, slots, True)


def test_what_it_needs_around_it_is_looked_at(intents: HassilIntents) -> None:
    assert intents.match("water the fern") is None
    there = intents.match("water the fern", area_id="kitchen")
    assert there is not None
    assert there.slots == {"plant": "fern", "place": "Kitchen"}


def test_one_for_an_intent_of_home_assistants_works_like_those_that_are_built_in(intents: HassilIntents) -> None:
    intent = intents.match("Let there be light!")
    assert intent is not None
    assert (intent.name, intent.entity_id, intent.is_own) == ("HassTurnOn", "light.lamp", False)


def test_a_response_of_its_own_is_named(intents: HassilIntents) -> None:
    intent = intents.match("note down milk")
    assert intent is not None
    assert intent.response == "noted"


@pytest.mark.parametrize("text", ["Good evening, house!", "good house", "wake the old cat now", "Please wake Tom now."])
def test_a_sentence_that_triggers_an_automation_comes_before_all_others(intents: HassilIntents, text: str) -> None:
    intent = intents.match(text)
    assert intent is not None
    assert intent.name == f"{TRIGGER}5"
    assert intent.is_own
    assert not intent.text.startswith("Please"), "Home Assistant is given what it knows"


def test_values_are_added_to_a_list_of_home_assistants(intents: HassilIntents) -> None:
    for color in ("dusk", "red"):
        intent = intents.match(f"set the lamp to {color}")
        assert intent is not None
        assert intent.slots["color"] == color


def test_a_rule_of_the_households_leaves_home_assistants_sentences_alone(english: Sentences) -> None:
    told = own("shine <light>", rules=(SentenceRule(name="light", text="bright"),))
    intents = HassilIntents("en")
    intents.use(replace(HOUSE, sentences=told))
    assert intents.match("shine bright") is not None
    meant = intents.match("turn on the lights in the kitchen")
    assert meant is not None
    assert meant.name == "HassTurnOn"


def test_other_sentences_hold_from_when_they_are_told(intents: HassilIntents) -> None:
    changed = HassilIntents("en")
    changed.use(HOUSE)
    assert changed.match("brew two cups") is not None
    changed.use(replace(HOUSE, sentences=NO_SENTENCES))
    assert changed.match("brew two cups") is None


@pytest.mark.parametrize(
    "text", ["brew two cups and turn on the lamp", "turn on the lamp and brew two cups", "brew two cups in 5 minutes"]
)
def test_what_only_home_assistant_can_do_is_no_part_of_anything_else(intents: HassilIntents, text: str) -> None:
    intent = intents.match(text)
    assert intent is None or not any(one.is_own for one in (intent, *intent.also))
    assert intent is None or "conversation_command" not in intent.slots


BOMB = "(a|aa)" * 40


@pytest.mark.parametrize(
    "told",
    [
        own("order [a", "order it"),
        own("order <nowhere>", "order it"),
        own("order {nothing}", "order it"),
        own("[a] " * 30, "order it"),
        own("go <bomb>", "order it", rules=(SentenceRule(name="bomb", text=BOMB),)),
        own("go <round>", "order it", rules=(SentenceRule(name="round", text="<round>"),)),
        own("order it", rules=(SentenceRule(name="broken", text="(a"),)),
        own("order it", lists=(SentenceList(name="empty"),)),
        own("order it", lists=(SentenceList(name="all", numbers=NumberRange(first=0, last=10**9)),)),
        own("order it", lists=(SentenceList(name="odd", numbers=NumberRange(first=0, last=1, fractions="thirds")),)),
        own("order it", lists=(SentenceList(name="l", values=(ListValue(text="[a", value=1),)),)),
        own("order it", lists=(SentenceList(name="l", values=(ListValue(text="<nowhere> [a]", value=1),)),)),
        own("{1..99999999:n} cups", "order it"),
        OwnSentences(
            blocks=(*own("order it").blocks, SentenceBlock(intent="", sentences=("[wake {who}", "{a} {b} {c} {d}")))
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_left_out_in_no_time_and_the_others_work(english: Sentences, told: OwnSentences) -> None:
    begun = time.perf_counter()
    joining = joined(english, told)
    assert joining.left_out >= 1
    assert time.perf_counter() - begun < 2
    assert [block.sentence_texts for block in joining.data] == [["order it"]]


def test_a_block_of_which_nothing_can_be_used_is_none(english: Sentences) -> None:
    joining = joined(english, own("[a"))
    assert (joining.data, joining.own, joining.grammar) == ((), frozenset(), None)


def test_the_graph_is_bounded_and_without_it_sentences_are_matched_all_the_same(
    english: Sentences, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(household_sentences, "MOST_STATES", 5)
    joining = joined(english, COFFEE)
    assert joining.grammar is None
    assert len(joining.data) == len(COFFEE.blocks)
    assert "not looked for by sound" in caplog.text
    assert "cappuccino" not in caplog.text


def test_a_graph_of_words_without_blanks_ends_before_memory_does(english: Sentences) -> None:
    letters = "".join(f"({first}|{second})" for first, second in zip("abcdefghijklm", "nopqrstuvwxyz", strict=True))
    begun = time.perf_counter()
    joining = joined(english, own(f"go {letters}{letters}"))
    assert joining.grammar is None
    assert time.perf_counter() - begun < 10


def test_a_list_of_many_values_is_one_place(english: Sentences) -> None:
    values = tuple(ListValue(text=f"thing number {number}", value=number) for number in range(5_000))
    joining = joined(english, own("find {thing}", lists=(SentenceList(name="thing", values=values),)))
    assert joining.grammar is not None
    assert len(joining.grammar.arcs) < 10
    assert grammar.Place("thing") in joining.grammar.lists


def test_intents_tell_whose_they_are() -> None:
    assert not Intent(name="HassTurnOn").is_own
