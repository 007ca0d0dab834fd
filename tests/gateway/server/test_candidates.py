import pytest

from gateway.rules import LONGEST_RULE_CHARS, Rule, RuleKind
from gateway.server.candidates import candidates
from tests.gateway.server.remembering import rule


def new_rule(kind: RuleKind, said: str, meant: str) -> Rule:
    return rule(kind, said, meant)


def learned(heard: str, meant: str) -> list[tuple[str, str]]:
    rules = candidates(heard, meant, new_rule)
    assert [one.kind for one in rules[:-1]] == [RuleKind.WORDS] * (len(rules) - 1)
    assert not rules or rules[-1].kind is RuleKind.SENTENCE
    return [(one.said, one.meant) for one in rules]


def test_the_words_that_differ_come_first_and_the_whole_sentence_last() -> None:
    assert learned(" Turn on the kitten light.", "turn on the kitchen light") == [
        ("kitten", "kitchen"),
        ("the kitten", "the kitchen"),
        ("kitten light", "kitchen light"),
        ("the kitten light", "the kitchen light"),
        ("Turn on the kitten light.", "turn on the kitchen light"),
    ]


def test_at_the_end_there_is_a_neighbour_before_only() -> None:
    assert learned("Temperature of the incubi?", "temperature of the EcoBee") == [
        ("incubi", "EcoBee"),
        ("the incubi", "the EcoBee"),
        ("Temperature of the incubi?", "temperature of the EcoBee"),
    ]


def test_several_words_may_be_heard_for_one_and_none() -> None:
    assert learned("play Miss Sick now", "play music now")[0] == ("Miss Sick", "music")
    assert learned("turn the light", "turn on the light") == [
        ("turn", "turn on"),
        ("turn the", "turn on the"),
        ("turn the light", "turn on the light"),
    ]
    assert learned("turn on a the light", "turn on the light")[0] == ("on a", "on")


def test_what_is_in_every_sentence_is_not_replaced_alone() -> None:
    assert learned("turn on a light", "turn on the light")[0] == ("on a", "on the")


@pytest.mark.parametrize(("heard", "meant"), [("gut night", "turn everything off"), ("same", "Same!")])
def test_where_all_of_it_differs_or_nothing_it_is_about_the_sentence(heard: str, meant: str) -> None:
    assert learned(heard, meant) == [(heard, meant)]


def test_what_is_too_long_is_no_rule() -> None:
    long = "very " * 50
    assert len(long) > LONGEST_RULE_CHARS
    rules = candidates(f"turn on the {long}kitten", f"turn on the {long}kitchen", new_rule)
    assert [(one.kind, one.said) for one in rules] == [(RuleKind.WORDS, "kitten"), (RuleKind.WORDS, "very kitten")]
    assert learned("", "turn on the light") == []
    assert learned("…", "turn on the light") == []
