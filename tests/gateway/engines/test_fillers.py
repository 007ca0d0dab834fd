from gateway.engines.fillers import FILLERS, fillers


def test_a_language_has_its_own() -> None:
    assert "the" in fillers("en-GB")
    assert "bitte" in fillers("de")
    assert fillers("tlh") == frozenset()


def test_none_of_them_says_what_is_done_or_how_much() -> None:
    telling = {
        "on",
        "off",
        "up",
        "not",
        "all",
        "an",
        "aus",
        "nicht",
        "kein",
        "pas",
        "tout",
        "tutti",
        "todas",
        "uit",
        "geen",
    }
    for language, words in FILLERS.items():
        assert not words & (telling - {"an"} if language == "en" else telling), language
