"""What was said as plain words."""

import pytest

from gateway.turn.words import is_loop, plain_words


def test_words_are_plain_without_case_and_punctuation() -> None:
    assert plain_words("Turn ON the “Bed-Light”!") == ["turn", "on", "the", "bed", "light"]


@pytest.mark.parametrize(
    "said",
    [
        "no no no",
        "Oh, hello, hello, hello.",
        "et la crée de la crée de la crée de la crée",
        "this is not what I want, this is not what I want, this is not what I want",
    ],
)
def test_the_same_three_times_in_a_row_is_a_loop(said: str) -> None:
    assert is_loop(plain_words(said))


@pytest.mark.parametrize(
    "said",
    ["", "no", "no no", "turn on the lamp and turn on the lamp", "no no no, I want the lamp in the kitchen",
     "the lamp is the lamp is what it is"],
)  # fmt: skip
def test_twice_is_none_nor_is_what_is_said_beside_much_else(said: str) -> None:
    assert not is_loop(plain_words(said))
