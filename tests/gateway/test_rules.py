from datetime import UTC, datetime

import pytest

from gateway.rules import Rule, RuleKind, is_about, words_in


def rule(kind: RuleKind, said: str) -> Rule:
    return Rule(id="0" * 32, kind=kind, said=said, meant="x", made_at=datetime(2026, 11, 22, tzinfo=UTC))


def test_words_are_letters_and_digits_wherever_they_stand() -> None:
    words = words_in("Turn on_the  TV's 2nd Lämp!")
    assert [word.text for word in words] == ["turn", "on", "the", "tv", "s", "2nd", "lämp"]
    assert ["Turn on_the  TV's 2nd Lämp!"[word.start : word.end] for word in words][3:5] == ["TV", "s"]
    assert words_in("… ?!") == []


@pytest.mark.parametrize(
    ("kind", "said", "text", "is_meant"),
    [
        (RuleKind.SENTENCE, "good night", "Good night!", True),
        (RuleKind.SENTENCE, "good night", "Good night, Anna", False),
        (RuleKind.WORDS, "kitten light", "Turn on the kitten-light.", True),
        (RuleKind.WORDS, "kitten light", "Turn on the kitten. Light!", True),
        (RuleKind.WORDS, "kitten", "turn on the kittens", False),
        (RuleKind.ALIAS, "telly", "is the telly on", True),
        (RuleKind.ALIAS, "…", "anything", False),
        (RuleKind.SENTENCE, "…", "…", False),
    ],
)
def test_a_rule_is_about_what_it_names(kind: RuleKind, said: str, text: str, is_meant: bool) -> None:
    assert is_about(rule(kind, said), text) is is_meant
