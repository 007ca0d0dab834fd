"""A reading's words, and the same reading with other words in it."""

import pytest

from gateway.engines.heard import Heard, as_written
from gateway.engines.sounding import Piece


def test_pieces_that_were_heard_are_kept_as_they_were_written() -> None:
    heard = Heard.of("okay dim", "Okay, dim 50% of Bad light!", 6, 26)
    pieces = (Piece("dim", 0, 1, 0.0), Piece("50", 1, 2, 0.0), Piece("percent", 2, 3, 0.0), Piece("", 3, 4, 2.0),
              Piece("Bed Light", 4, 6, 1.0))  # fmt: skip
    assert heard.words == ("dim", "50", "%", "of", "bad", "light")
    assert heard.with_pieces(pieces, lower=False) == "Okay, dim 50% Bed Light!"
    assert heard.with_pieces(pieces, lower=True) == "Okay, dim 50% bed light!"


def test_the_first_word_is_written_as_the_first_was() -> None:
    pieces = (Piece("mute", 0, 2, 1.0), Piece("TV", 2, 3, 0.0))
    for text, written in (("We have TV.", "Mute TV."), ("we have TV", "mute TV")):
        assert Heard.of(text, text, 0, len(text)).with_pieces(pieces, lower=False) == written


@pytest.mark.parametrize(
    ("text", "like", "language", "written"),
    [
        ("can i have a mocha", "Can I have a more car?", "en", "Can I have a mocha?"),
        ("order a mocha", "order a moka", "en", "Order a mocha."),
        ("i fiori", "I fiori.", "it", "I fiori."),
    ],
)
def test_a_sentence_is_written_as_recognition_would(text: str, like: str, language: str, written: str) -> None:
    assert as_written(text, like, language) == written
