import pytest

from gateway.turn.pin import pin_in


@pytest.mark.parametrize(
    ("said", "language", "pin"),
    [
        ("1234", "en", "1234"),
        ("12 34.", "en", "1234"),
        ("1,234", "en", "1234"),
        ("1-2-3-4", "en", "1234"),
        ("One, two, three, four.", "en", "1234"),
        ("it is one two 34", "en-GB", "1234"),
        ("oh nine oh five", "en", "0905"),
        ("eins zwo drei fünf", "de", "1235"),
        ("zéro un deux trois", "fr", "0123"),
        ("nueve ocho siete seis", "es", "9876"),
        ("quattro tre due uno", "it", "4321"),
        ("één twee drie vier", "nl", "1234"),
        ("123456789012", "en", "123456789012"),
    ],
)
def test_digits_are_understood_as_words_and_as_figures(said: str, language: str, pin: str) -> None:
    assert pin_in([said], language) == pin


@pytest.mark.parametrize(
    "said", ["", "no", "never mind", "123", "1234567890123", "\u0661\u0662\u0663\u0664", "eins zwei drei vier"]
)
def test_what_is_no_pin_is_none(said: str) -> None:
    assert pin_in([said], "en") == ""


def test_the_likeliest_reading_that_is_a_pin_counts_and_no_other_is_tried() -> None:
    assert pin_in(["won too", "1 2 3 4", "1 2 3 5"], "en") == "1234"
    assert pin_in([], "en") == ""


def test_in_a_language_without_words_for_digits_figures_count() -> None:
    assert pin_in(["1234"], "eo") == "1234"
    assert pin_in(["unu du tri kvar"], "eo") == ""
