"""A plain yes counts in six languages; anything else is a no."""

import pytest

from gateway.turn.forgetting_phrases import PHRASES
from gateway.turn.yes import YES, is_yes


@pytest.mark.parametrize("text", ["Yes.", "yeah", "Yes, please!", "Do it.", "okay"])
def test_a_plain_yes_counts(text: str) -> None:
    assert is_yes(text, "en")


@pytest.mark.parametrize("text", ["No.", "yes no", "not okay", "", "yesterday", "I said yes to him"])
def test_anything_else_is_a_no(text: str) -> None:
    assert not is_yes(text, "en")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de-CH", "Ja, bitte."),
        ("fr_FR", "Oui, s\u2019il te plaît !"),
        ("es", "¡Sí!"),
        ("nl", "Ja, doe maar."),
        ("it", "Sì, va bene."),
    ],
)
def test_it_counts_in_the_language_s_own_words(language: str, text: str) -> None:
    assert is_yes(text, language)
    assert not is_yes(text, "en")


@pytest.mark.parametrize(
    ("language", "text"), [("de", "nein"), ("fr", "non"), ("es", "no"), ("nl", "nee"), ("it", "no")]
)
def test_so_does_a_no(language: str, text: str) -> None:
    assert not is_yes(text, language)


def test_whoever_can_be_asked_can_say_yes_and_nobody_in_a_language_without_words_for_it() -> None:
    assert set(YES) >= set(PHRASES)
    assert not is_yes("yes", "eo")
