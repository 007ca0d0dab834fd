import pytest

from gateway.events import Intent
from gateway.turn.asking_back import WORDINGS, answered, options, question
from gateway.turn.choice import Meaning


def meaning(text: str, name: str = "HassTurnOn", **slots: str) -> Meaning:
    return Meaning(intent=Intent(name=name, slots=slots, text=text))


LIGHTS = tuple(
    Meaning(intent=Intent(name="HassTurnOn", slots={"name": name}, text=f"Turn on the {name.casefold()}."))
    for name in ("Standing Light", "Ceiling Light")
)
SENTENCES = (meaning("Open the garage door.", area="Garage"), meaning("Close the garage door.", name="HassTurnOff"))


def test_what_differs_by_a_name_is_asked_about_by_names() -> None:
    assert options(LIGHTS) == ("Standing Light", "Ceiling Light")
    assert question(LIGHTS, "en-GB") == "Did you mean Standing Light or Ceiling Light?"


def test_what_differs_by_more_is_read_out() -> None:
    assert question(SENTENCES, "en") == "Did you mean open the garage door or close the garage door?"
    assert question(LIGHTS[:1], "de") == "Meinst du turn on the standing light?"


def test_a_language_without_words_for_it_does_not_ask() -> None:
    assert question(LIGHTS, "pl") is None


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("The standing light.", 0),
        ("ceiling", 1),
        ("The second one, please.", 1),
        ("the first", 0),
        ("The light.", None),
        ("No.", None),
        ("No, the standing light", None),
        ("Neither of them.", None),
        ("Standing or ceiling?", None),
        ("What?", None),
        ("", None),
    ],
)
def test_which_one_is_meant_is_what_only_that_one_has(said: str, meant: int | None) -> None:
    found = answered(said, LIGHTS, "en", is_yes=False)
    assert found is (None if meant is None else LIGHTS[meant])


def test_of_one_a_yes_is_enough_and_of_two_it_is_no_answer() -> None:
    assert answered("Yes, please.", LIGHTS[:1], "en", is_yes=True) is LIGHTS[0]
    assert answered("Hm.", LIGHTS[:1], "en", is_yes=False) is None
    assert answered("Yes.", LIGHTS, "en", is_yes=True) is None


@pytest.mark.parametrize("language", sorted(WORDINGS))
def test_each_language_asks_and_knows_the_first_the_second_and_neither(language: str) -> None:
    wording = WORDINGS[language]
    assert "Standing Light" in (question(LIGHTS, language) or "")
    for place, ordinals in enumerate(wording.ordinals):
        assert all(answered(word, LIGHTS, language, is_yes=False) is LIGHTS[place] for word in ordinals)
    assert all(answered(word, LIGHTS, language, is_yes=False) is None for word in wording.none_of_them)
