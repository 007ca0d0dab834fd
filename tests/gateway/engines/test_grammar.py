"""The graph holds the sentences of the templates, all of them and no others."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hassil import Intents, parse_sentence, recognize_best
from hassil.intents import RangeSlotList, SlotList, TextSlotList
from hassil.sample import sample_expression

from gateway.engines import grammar as grammars
from gateway.engines.grammar import Grammar, Place, compiled
from gateway.engines.sentences import load_sentences

SAMPLES = 150


def of(*templates: str, **more: object) -> Grammar:
    """Return the graph of one block with these templates."""
    block = {"sentences": list(templates), **more}
    return compiled(
        Intents.from_dict(
            {
                "language": "en",
                "intents": {"Do": {"data": [block]}},
                "expansion_rules": {"light": "light[s]", "the": "[the |my ]"},
                "lists": {"color": {"values": ["red", "dark blue"]}, "words": {"wildcard": True}},
            }
        )
    )


def sentences(graph: Grammar) -> set[str]:
    """Return all of them; a place is its list's name in braces."""

    def from_(state: int) -> Iterator[tuple[str, ...]]:
        if state in graph.finals:
            yield ()
        for label, after in graph.arcs[state]:
            word = f"{{{label.list_name}}}" if isinstance(label, Place) else label
            yield from ((word, *rest) for rest in from_(after))

    return {" ".join(words) for words in from_(graph.start)}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("turn on", {"turn on"}),
        ("turn on [the] light", {"turn on light", "turn on the light"}),
        ("(open|close) it", {"open it", "close it"}),
        ("turn on <light>", {"turn on light", "turn on lights"}),
        ("<the>light[s]", {"light", "lights", "the light", "the lights", "my light", "my lights"}),
        ("un(lock|block)ed", {"unlocked", "unblocked"}),
        ("(now;please) go", {"now please go", "please now go"}),
        ("make it {color}", {"make it {color}"}),
        ("say {words} [now]", {"say {words}", "say {words} now"}),
        ("go <nowhere>", set()),
    ],
)
def test_its_sentences_are_the_template_s(template: str, expected: set[str]) -> None:
    assert sentences(of(template)) == expected


def test_what_may_follow_is_kept_once() -> None:
    graph = of("turn on the light in the kitchen", "switch off the light in the kitchen")
    after = 1 + len(["the", "light", "in", "the", "kitchen"])
    assert len(graph.arcs) == after + len(("the beginning", "after turn", "after switch"))


def test_an_arc_leads_to_a_state_with_a_lower_number() -> None:
    graph = of("turn on [the] <light>", "make it {color}", "say {words} [now]")
    assert all(after < state for state, arcs in enumerate(graph.arcs) for _, after in arcs)


def test_a_place_knows_what_may_stand_there() -> None:
    graph = of("make {name} {color}", "say {words}", requires_context={"domain": ["light", "fan"]})
    places = {label.list_name: label for arcs in graph.arcs for label, _ in arcs if isinstance(label, Place)}
    assert places["name"].domains == {"light", "fan"}
    assert places["color"].domains == set()
    assert [place.is_wild for place in (places["color"], places["words"])] == [False, True]
    assert isinstance(graph.lists[places["color"]], TextSlotList)
    assert places["name"] not in graph.lists


def test_sentences_beyond_all_measure_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grammars, "LARGEST_STATES", 3)
    with pytest.raises(ValueError, match="more than 3 states"):
        of("one two three four")


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "nl"])
def test_what_it_says_in_a_language_is_what_hassil_takes(language: str) -> None:
    intents = load_sentences(language).intents
    graph = compiled(intents)
    for intent in intents.intents.values():  # the name is of no kind of thing
        intent.data = [replace(block, requires_context={}, excludes_context={}) for block in intent.data]
    chance = random.Random(language)  # noqa: S311 - a sample
    names: dict[str, SlotList] = {name: TextSlotList.from_strings([NAME]) for name in ("name", "area", "floor")}
    for _ in range(SAMPLES // 10):
        text = _said(graph, chance)
        assert recognize_best(text, intents, slot_lists=names, language=language) is not None, text


NAME = "qwerty"
"""A name that is no word."""


def _said(graph: Grammar, chance: random.Random) -> str:
    """Return one of its sentences, by chance."""
    state, words = graph.start, list[str]()
    while not (state in graph.finals and (not graph.arcs[state] or chance.random() < 0.3)):
        label, state = chance.choice(graph.arcs[state])
        words.append(_example(graph, label, chance) if isinstance(label, Place) else label)
    return " ".join(words)


def _example(graph: Grammar, place: Place, chance: random.Random) -> str:
    slot_list = graph.lists.get(place)
    match slot_list:
        case RangeSlotList():
            return str(chance.choice([number for number in slot_list.get_numbers() if number == int(number)]))
        case TextSlotList():
            return " ".join(next(iter(sample_expression(chance.choice(slot_list.values).text_in))).split())
    return NAME


def test_a_template_that_hassil_reads_is_read_alike() -> None:
    assert parse_sentence("a [b] c").expression is not None
