"""What may stand where a sentence takes any words."""

import pytest

from gateway.engines.wildcards import may_be_meant


@pytest.mark.parametrize("value", ["", "?", "the", "On my"])
def test_words_that_alone_name_nothing_are_not_meant(value: str) -> None:
    assert not may_be_meant("search_query", value, f"play {value}", "en")


def test_the_end_of_a_word_is_not_meant() -> None:
    assert not may_be_meant("search_query", "'s Beatles", "play the artist's Beatles", "en")
    assert may_be_meant("search_query", "'Round Midnight", "play 'Round Midnight", "en")


@pytest.mark.parametrize(
    ("value", "language"),
    [
        ("Queen on the TV", "en"),
        ("Queen on the TV and the kitchen", "en"),
        ("jazz on the living room speakers", "en-GB"),
        ("Jazz auf dem Fernseher", "de"),
        ("du jazz sur la télé", "fr"),
        ("jazz en la tele", "es"),
        ("jazz sulla tv", "it"),
        ("jazz op de radio", "nl"),
    ],
)
def test_what_is_to_be_played_on_something_else_is_not_played_here(value: str, language: str) -> None:
    assert not may_be_meant("search_query", value, f"play {value}", language)
    assert may_be_meant("item", value, f"add {value} to the list", language)


@pytest.mark.parametrize(
    ("value", "language"), [("Radio", "en"), ("on the radio", "en"), ("Girl on the train", "en"), ("sur la télé", "cs")]
)
def test_a_title_may_have_such_words(value: str, language: str) -> None:
    assert may_be_meant("search_query", value, f"play {value}", language)


@pytest.mark.parametrize(
    ("slot", "value", "language"),
    [
        ("name", "speeds of", "en"),
        ("name", "keep the", "en"),
        ("name", "heats a", "en"),
        ("name", "Pete both the physician and", "en"),
        ("item", "out the trash", "en"),
        ("item", "of milk", "en"),
        ("item", "Milch und", "de"),
        ("item", "du lait et", "fr"),
        ("item", "leche de", "es"),
        ("item", "latte di", "it"),
        ("item", "melk en", "nl"),
    ],
)
def test_what_is_cut_off_is_no_timer_and_no_item(slot: str, value: str, language: str) -> None:
    assert not may_be_meant(slot, value, f"… {value} …", language)


@pytest.mark.parametrize(
    ("slot", "value", "language"),
    [
        ("name", "pizza", "en"),
        ("name", "out of bed", "en"),
        ("item", "take out the trash", "en"),
        ("item", "vitamin A", "en"),
        ("item", "turn the oven off", "en"),
        ("item", "Vitamin E", "de"),
        ("message", "dinner for", "en"),
        ("search_query", "What Is This Thing Made Of", "en"),
    ],
)
def test_what_only_looks_cut_off_may_be_meant(slot: str, value: str, language: str) -> None:
    assert may_be_meant(slot, value, f"… {value} …", language)
