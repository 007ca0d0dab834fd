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
