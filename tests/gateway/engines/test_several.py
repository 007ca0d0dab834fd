import pytest

from gateway.engines.several import completed, parted


@pytest.mark.parametrize(
    ("text", "language", "parts"),
    [
        ("turn off the lights and lock the door", "en", [("turn off the lights", "lock the door")]),
        ("Turn off the lights, then lock the door.", "en", [("Turn off the lights", "lock the door.")]),
        ("open the blinds and then play music", "en-GB", [("open the blinds", "play music")]),
        ("a and b and c", "en", [("a and b", "c"), ("a", "b and c")]),
        ("set it to 4.5 degrees", "en", []),
        ("and lock the door", "en", []),
        ("the sandbox", "en", []),
        ("mach das Licht aus und schließ die Tür ab", "de", [("mach das Licht aus", "schließ die Tür ab")]),
        ("éteins la lampe et ferme le volet", "fr", [("éteins la lampe", "ferme le volet")]),
        ("apaga la luz y cierra la puerta", "es", [("apaga la luz", "cierra la puerta")]),
        ("spegni la luce e chiudi la porta", "it", [("spegni la luce", "chiudi la porta")]),
        ("doe het licht uit en sluit de deur", "nl", [("doe het licht uit", "sluit de deur")]),
        ("a and b", "xx", []),
    ],
)
def test_a_sentence_is_parted_where_a_second_command_may_begin(
    text: str, language: str, parts: list[tuple[str, str]]
) -> None:
    assert [(before, after) for before, after, _ in parted(text, language)] == parts


def test_a_comma_alone_does_not_say_that_it_is_two() -> None:
    assert [is_said for *_, is_said in parted("a, b, and c and d. E, danach f", "en")] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert [is_said for *_, is_said in parted("a, danach b", "de")] == [True]


def test_a_later_part_may_borrow_the_beginning_of_the_first() -> None:
    assert list(completed("the fan", "turn on the lamp")) == [
        "the fan",
        "turn the fan",
        "turn on the fan",
        "turn on the the fan",
    ]
    assert list(completed("stop", "go")) == ["stop"]
