import pytest

from bench.word_errors import WordErrors, difference_upper, together, word_errors


@pytest.mark.parametrize(
    ("said", "heard", "errors", "words"),
    [
        ("Turn on the light.", " turn on the light", 0, 4),
        ("Set it to twenty-one", "set it to 21.", 0, 4),
        ("What's the time, Mr. Hill?", "what is the time mister hill", 0, 6),
        ("Turn on the light", "turn off the light now", 2, 4),
        ("Turn on the light", "", 4, 4),
        ("um", "hello there", 2, 0),
    ],
)
def test_what_means_the_same_word_is_no_error_and_everything_else_is_one(
    said: str, heard: str, errors: int, words: int
) -> None:
    assert word_errors(said, heard) == WordErrors(errors=errors, words=words)


def test_a_rate_is_that_of_all_words_together_and_of_none_it_is_nothing() -> None:
    assert together([WordErrors(errors=1, words=1), WordErrors(errors=0, words=9)]).rate == 0.1
    assert together([]).rate == 0
    assert WordErrors(errors=2, words=0).rate == 2


def test_the_bound_of_a_difference_that_is_always_the_same_is_that_difference() -> None:
    theirs = [WordErrors(errors=0, words=10)] * 5
    ours = [WordErrors(errors=1, words=10)] * 5
    assert difference_upper(ours, theirs) == pytest.approx(0.1)
    assert difference_upper(theirs, ours) == pytest.approx(-0.1)
    assert difference_upper([], []) == 0


def test_recordings_are_drawn_in_pairs_so_what_is_hard_for_both_makes_nothing_uncertain() -> None:
    hard = [WordErrors(errors=errors, words=10) for errors in (0, 9, 3, 7, 0, 5)]
    assert difference_upper(hard, hard) == 0


def test_the_bound_is_above_the_difference_and_comes_closer_the_more_recordings_there_are() -> None:
    def bound(times: int) -> float:
        ours = [WordErrors(errors=errors, words=10) for errors in (2, 0, 0, 1)] * times
        theirs = [WordErrors(errors=errors, words=10) for errors in (0, 1, 0, 0)] * times
        return difference_upper(ours, theirs)

    assert bound(2) > bound(50) > 0.05
    assert bound(2) == bound(2), "the same recordings give the same bound"


def test_two_lists_that_are_not_of_the_same_recordings_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        difference_upper([WordErrors(errors=0, words=1)], [])
