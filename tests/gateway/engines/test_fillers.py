from gateway.engines.fillers import FILLERS, copulas, fillers


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


def test_what_tells_a_question_from_a_command_is_no_filler() -> None:
    for language, words in FILLERS.items():
        assert copulas(language)
        assert not words & copulas(language)
    assert copulas("tlh") == frozenset()
