import pytest

from gateway.engines.wording import readings, spelled


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("set the colour to red", "set the color to red"),
        ("set it to 2,700 kelvin", "set it to 2700 kelvin"),
        ("turn on the T.V.", "turn on the TV"),
        ("turn on the A.C. now", "turn on the AC now"),
        ("set it to 21°C", "set it to 21 degrees"),
        ("set it to 21.5 degrees Celsius", "set it to 21.5 degrees"),
        ("set a timer for 5 mins", "set a timer for 5 minutes"),
        ("set a timer for 10 sec.", "set a timer for 10 seconds"),
        ("set a timer for an hour", "set a timer for 1 hour"),
        ("set a timer for a minute", "set a timer for 1 minute"),
        ("add a minute to the timer", "add 1 minute to the timer"),
        ("play a second song from the 90s", "play a second song from the 90s"),
        ("set a timer for half an hour", "set a timer for half an hour"),
        ("set a timer for an hour and a half", "set a timer for 1 hour and 30 minutes"),
        ("set a timer for a minute and a half", "set a timer for 1 minute and 30 seconds"),
        ("play “Blue  Afternoon”", "play Blue Afternoon"),
        ("what\u2019s the time", "what's the time"),
        ("salt & pepper", "salt and pepper"),
        ("add 30 seconds to the 5 minutes' timer", "add 30 seconds to the 5 minutes timer"),
        ("check apple's off my list", "check apples off my list"),
        ("what's on my list", "what's on my list"),
        ("turn on Ada's lamp", "turn on Ada's lamp"),
        ("and mute the TV", "unmute the TV"),
        ("and pause", "unpause"),
        ("turn off the lamp and pause the TV", "turn off the lamp and pause the TV"),
    ],
)
def test_one_thing_is_spelled_one_way(heard: str, written: str) -> None:
    assert spelled(heard, "en") == written


def test_the_other_temperature_unit_is_not_taken_for_the_house_s_own() -> None:
    assert spelled("70 degrees Fahrenheit", "en", "°C") == "70 degrees Fahrenheit"
    assert spelled("70 degrees Fahrenheit", "en", "°F") == "70 degrees"


def test_other_languages_keep_their_words() -> None:
    assert spelled("stelle die colour auf 5 min", "de") == "stelle die colour auf 5 min"
    assert list(readings("bitte mach das licht an", "de")) == ["bitte mach das licht an"]


@pytest.mark.parametrize(
    "heard",
    [
        "Okay, turn on the lamp",
        "Um, okay, turn on the lamp",
        "Could you please turn on the lamp",
        "I'd like you to turn on the lamp",
        "I need you to turn on the lamp, please.",
        "Go ahead and turn on the lamp, thank you!",
    ],
)
def test_politeness_and_hesitation_are_left_out_in_a_second_reading(heard: str) -> None:
    first, second = readings(heard, "en")
    assert first == heard
    assert second == "turn on the lamp"


def test_a_plain_sentence_has_one_reading() -> None:
    assert list(readings("turn on the lamp", "en")) == ["turn on the lamp"]
    assert list(readings("okay, ", "en")) == ["okay,"]
