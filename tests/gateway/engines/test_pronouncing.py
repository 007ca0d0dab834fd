"""Words as phonemes, a letter each."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.engines import pronouncing as pronouncing_module
from gateway.engines.pronouncing import pronouncing


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "two", "to"),
        ("en-GB", "four", "for"),
        ("de", "Seite", "Saite"),
        ("fr", "verre", "vert"),
        ("nl", "hart", "hard"),
        ("es", "vaca", "baca"),
    ],
)
def test_what_sounds_the_same_is_the_same(language: str, one: str, other: str) -> None:
    phones = pronouncing(language)
    assert phones(one)[:2] == phones(other)[:2]
    assert phones(one)


def test_stress_length_and_spaces_are_no_phonemes() -> None:
    phones = pronouncing("en")
    assert all(letter.isalpha() for letter in phones("the unbelievable thermostat's temperature"))
    assert phones("") == ""


def test_it_may_be_asked_from_any_thread() -> None:
    words = [f"{first} {second}" for first in ("red", "blue", "kitchen") for second in ("lamp", "fan", "door")] * 8
    one_after_the_other = [pronouncing("en")(word) for word in words]
    phones = pronouncing("en")
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(phones, words)) == one_after_the_other


def test_without_piper_words_are_their_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pronouncing_module, "find_spec", lambda _: None)
    assert pronouncing("en")("EcoBee, 2!") == "ecobee2"
