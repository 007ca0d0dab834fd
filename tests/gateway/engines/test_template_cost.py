"""What could be matched for ever is refused; what people and Home Assistant write is not."""

import time

import pytest
from hassil import Intents, parse_sentence, recognize_best
from hassil.intents import WildcardSlotList

from gateway.engines.sentences import load_sentences
from gateway.engines.template_cost import UnusableTemplateError, check

RULES = {
    "the": parse_sentence("[the|my]"),
    "round": parse_sentence("<round> again"),
    "a0": parse_sentence("x y"),
    **{f"a{number}": parse_sentence(f"<a{number - 1}> <a{number - 1}>") for number in range(1, 14)},
}


def usable(template: str) -> None:
    check(
        parse_sentence(template).expression,
        RULES,
        {"name", "any"},
        trusted={"area"},
        is_wild=lambda name: name == "any",
    )


@pytest.mark.parametrize(
    "template",
    [
        "order (a|an) [small|large] {name} [please]",
        "[please] turn[s] <the> {name} (on|off) in <area>",
        "play {any} by {any}",
        "(now;please;quickly) go",
        "brew {1..5:cups} cups",
        "(a|the|one|my) (small|large|tiny) (red|blue|green) thing[s]",
    ],
)
def test_what_people_write_is_usable(template: str) -> None:
    usable(template)


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("[a] " * 20, "too many ways"),
        ("(a|a) " * 20, "too many ways"),
        ("(a|aa)" * 20, "too many ways"),
        ("(|) " * 20 + "hi", "too many ways"),
        ("[turn|on|the|light] " * 10, "too many ways"),
        ("{any} {any} {any} {any}", "too many places"),
        ("(a;b;c;d;e)", "in any order"),
        ("go <nowhere>", "a rule that there is not"),
        ("go {nothing}", "a list that there is not"),
        ("go <round>", "too deep"),
        ("[" * 40 + "a" + "]" * 40, "too deep"),
        ("<a13>", "too long"),
    ],
)
def test_what_would_take_for_ever_is_refused_at_once(template: str, why: str) -> None:
    begun = time.perf_counter()
    with pytest.raises(UnusableTemplateError, match=why):
        usable(template)
    assert time.perf_counter() - begun < 1


def test_what_is_let_through_is_matched_in_time() -> None:
    template = "[a] " * 17 + "b"
    usable(template)
    intents = Intents.from_dict({"language": "en", "intents": {"Do": {"data": [{"sentences": [template]}]}}})
    begun = time.perf_counter()
    assert recognize_best("a " * 8 + "b", intents) is not None
    assert time.perf_counter() - begun < 10


def test_what_people_write_with_home_assistants_own_rules_is_usable() -> None:
    intents = load_sentences("en").intents
    lists = {**intents.slot_lists, "name": None, "area": None, "floor": None}
    for intent in intents.intents.values():
        for block in intent.data:
            for template in block.sentences:
                check(
                    template.expression,
                    block.expansion_rules,
                    {*lists, *block.slot_lists},
                    trusted=intents.expansion_rules,
                    is_wild=lambda name: isinstance(lists.get(name), WildcardSlotList),
                )
