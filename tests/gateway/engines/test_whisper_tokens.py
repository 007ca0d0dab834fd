"""A text's tokens are those that Whisper writes, whatever its tokenizer lacks."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from gateway.engines.whisper_tokens import tokens_of, whole
from gateway.errors import ModelError
from gateway.models import ModelStore
from gateway.paths import models_dir

WORDS = ("the", "triple", "turn", "thermostat", "Tür", "lights")


def tokenizer(name: str) -> Tokenizer:
    try:
        folder = ModelStore(models_dir()).find(name).path
    except ModelError:
        pytest.skip(f"the model {name} is not here")
    return Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))


@pytest.mark.parametrize("name", ["tiny.en", "base"])
def test_a_word_begins_with_its_blank(name: str) -> None:
    complete = whole(tokenizer(name))
    for word in WORDS:
        tokens = tokens_of(complete, f"  {word} ")
        assert complete.decode(tokens).strip() == word
        assert complete.decode(tokens[:1]).strip(), f"{word}: its blank is a token of its own"


def test_a_tokenizer_that_lacks_nothing_stays_as_it_is() -> None:
    complete = tokenizer("tiny.en")
    assert whole(complete) is complete


def test_the_one_that_lacks_its_first_merge_is_completed() -> None:
    broken = tokenizer("base")
    assert len(tokens_of(broken, "the")) > 1
    assert len(tokens_of(whole(broken), "the")) == 1
    assert tokens_of(whole(broken), "lights") == tokens_of(broken, "lights")


def test_one_of_another_kind_is_left_alone() -> None:
    other = Tokenizer(WordLevel({"a": 0, "?": 1}, "?"))
    assert tokens_of(whole(other), "a") == tokens_of(other, "a")
