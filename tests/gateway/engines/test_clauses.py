import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.engines.clauses import MIN_CLAUSE_WORDS, clauses

WORDS = st.sampled_from(["yes", "no,", "the", "light", "is", "on.", "19.2", "degrees;", "why?", "well,"])


@given(st.lists(WORDS).map(" ".join))
def test_no_word_is_lost_between_clauses(text: str) -> None:
    assert " ".join(clauses(text)) == text


@given(st.lists(WORDS, min_size=MIN_CLAUSE_WORDS).map(" ".join))
def test_no_clause_is_too_short_to_sound_right(text: str) -> None:
    assert all(len(clause.split()) >= MIN_CLAUSE_WORDS for clause in clauses(text))


def test_a_text_is_cut_where_a_speaker_would_breathe() -> None:
    assert clauses("The light is on. The door, which you asked about, is closed; well") == [
        "The light is on.",
        "The door, which you asked about,",
        "is closed; well",
    ]
    assert clauses("19.2 degrees") == ["19.2 degrees"]
    assert clauses("  ") == []


def test_a_long_first_clause_is_cut_before_a_conjunction_and_does_not_sound_like_an_end() -> None:
    text = "The light in the kitchen is on and set to ten percent. It has been so since noon and nobody minds it."
    assert clauses(text, "en-us") == [
        "The light in the kitchen is on,",
        "and set to ten percent.",
        "It has been so since noon and nobody minds it.",
    ]
    assert clauses(text) == clauses(text, "xx") == [part + "." for part in text[:-1].split(". ")]


@pytest.mark.parametrize(
    "text",
    [
        "The kitchen is bright and warm tonight.",
        "Bread and butter are on your shopping list for tomorrow at noon.",
        "It will stay between eleven point five and 12 degrees until tomorrow evening.",
        "The temperature in there is ten and a half degrees at this very moment.",
        "On your shopping list there are now apples, bread and butter.",
        "Everybody who lives here has left the house an hour ago and.",
    ],
    ids=["short", "soon", "numbers", "a half", "late", "the last word"],
)
def test_what_belongs_together_is_not_cut(text: str) -> None:
    assert clauses(text, "en") == clauses(text)
