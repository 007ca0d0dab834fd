"""Texts that come in pieces: sentences are cut off as soon as they are whole, and nothing is lost."""

import pytest

from gateway.turn.text_pieces import TextPieces


@pytest.mark.parametrize(
    ("pieces", "sentences", "rest"),
    [
        (["It is on."], [""], "It is on."),
        (["It is on. ", "Good"], ["It is on. ", ""], "Good"),
        (["One. Two! Three? Fo", "ur: five"], ["One. Two! Three? ", "Four: "], "five"),
        (["at 3.5 degrees", "\nmore"], ["", ""], "at 3.5 degrees\nmore"),
        (["two\nlines…\nand more"], ["two\nlines…\n"], "and more"),
    ],
)
def test_whole_sentences_come_out_and_the_rest_at_the_end(pieces: list[str], sentences: list[str], rest: str) -> None:
    text = TextPieces()
    found = []
    for piece in pieces:
        text.add(piece)
        found.append(text.sentences())
    assert (found, text.rest(), text.rest()) == (sentences, rest, "")
    assert text.taken_chars == sum(map(len, pieces))
