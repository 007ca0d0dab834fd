"""What a sentence changes in what was heard, piece by piece."""

import pytest

from gateway.engines.fillers import copulas, fillers
from gateway.engines.pronouncing import pronouncing
from gateway.engines.replacing import Replacing
from gateway.engines.sounding import Piece
from gateway.suggestions import Replacement


@pytest.fixture(scope="module")
def replacing() -> Replacing:
    return Replacing(pronouncing("en"), fillers("en"), copulas("en"))


def one(replacing: Replacing, heard: str, used: str, *, is_name: bool = False) -> Replacement:
    words = heard.split()
    (found,) = replacing.of((Piece(used, 0, len(words), 1.0, is_name=is_name),), words)
    return found


def own(replacing: Replacing, heard: str, used: str, *, is_value: bool = True) -> Replacement:
    words = heard.split()
    (found,) = replacing.of_own((Piece(used, 0, len(words), 1.0, is_value=is_value),), words)
    return found


def test_what_was_heard_as_it_is_written_is_not_replaced(replacing: Replacing) -> None:
    assert replacing.of((Piece("Lamp", 0, 1, 0.0), Piece("on", 1, 2, 0.0)), ["lamp", "on"]) == ()


def test_a_name_is_misheard_by_the_share_of_its_phonemes(replacing: Replacing) -> None:
    found = one(replacing, "incubi", "EcoBee", is_name=True)
    assert (found.heard, found.used, found.is_name, found.is_filler) == ("incubi", "EcoBee", True, False)
    assert 0.3 < found.cost < 0.6


@pytest.mark.parametrize(
    ("heard", "used", "left"),
    [
        ("bed light", "light", ("bed", "")),
        ("light", "bed light", ("", "bed")),
        ("tv", "the", ("tv", "")),
        ("first for", "First Floor", ("first for", "First Floor")),
        ("the", "a", ("the", "a")),
    ],
)
def test_a_word_that_makes_a_difference_is_not_dropped_in_silence(
    replacing: Replacing, heard: str, used: str, left: tuple[str, str]
) -> None:
    found = one(replacing, heard, used)
    assert (found.heard, found.used) == left


def test_fillers_make_no_difference(replacing: Replacing) -> None:
    assert one(replacing, "the", "a").is_filler
    assert replacing.counting(["please", "the", "lamp", "on"]) == 2


def test_of_an_own_value_the_words_that_differ_count(replacing: Replacing) -> None:
    assert own(replacing, "triple shot", "double shot").cost > 0.4
    assert own(replacing, "triple shot", "double shot", is_value=False).cost < 0.4
    assert own(replacing, "double", "double shot") == Replacement(heard="", used="shot", cost=1.0, is_value=True)
    assert own(replacing, "moka", "mocha").is_value


def test_a_copula_makes_no_difference_in_an_own_sentence_only(replacing: Replacing) -> None:
    assert not one(replacing, "is", "").is_filler
    assert own(replacing, "is", "", is_value=False).is_filler


def test_what_stands_in_place_of_the_words_of_another_reading_is_told(replacing: Replacing) -> None:
    pieces = [Piece("turn", 0, 1, 0.0), Piece("Bed Light", 1, 3, 0.0, is_name=True), Piece("on", 3, 4, 0.0)]
    (one,) = replacing.in_place_of(["turn", "bad", "light", "on"], pieces)
    assert (one.heard, one.used, one.is_name, one.is_filler) == ("bad", "bed", True, False)
    assert 0 < one.cost < 0.3
    assert replacing.in_place_of(["turn", "bed", "light", "on", "now"], pieces) == ()
