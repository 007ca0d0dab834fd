from datetime import date, time

import pytest

from gateway.home import questions
from gateway.house import AttributeValue
from tests.gateway.home.rooms import situation


@pytest.mark.parametrize(
    ("slots", "true", "untrue"),
    [
        ({"name": "Lamp"}, ["light.bedroom"], []),
        ({"name": "Lamp", "state": "off"}, [], ["light.bedroom"]),
        ({"domain": "light", "state": "on"}, ["light.bedroom"], ["light.kitchen", "light.plain"]),
        ({"domain": "light", "state": "on", "area": "Kitchen"}, [], ["light.kitchen", "light.plain"]),
        ({"domain": "person", "state": "home"}, ["person.anna"], []),
    ],
)
def test_a_question_is_answered_by_what_it_is_true_of(
    slots: dict[str, AttributeValue], true: list[str], untrue: list[str]
) -> None:
    effect = questions.get_state(situation(slots))
    assert [one.id for one in effect.matched] == true
    assert [one.id for one in effect.unmatched] == untrue


@pytest.mark.parametrize(
    ("state", "true", "untrue"),
    [("open", ["binary_sensor.window"], ["cover.roof"]), ("closed", ["cover.roof"], ["binary_sensor.window"])],
)
def test_a_question_about_windows_is_also_asked_of_their_sensors(
    state: str, true: list[str], untrue: list[str]
) -> None:
    effect = questions.get_state(situation({"domain": "cover", "device_class": "window", "state": state}))
    assert [one.id for one in effect.matched] == true
    assert [one.id for one in effect.unmatched] == untrue


def test_sensors_alone_can_answer() -> None:
    slots: dict[str, AttributeValue] = {
        "domain": "cover",
        "device_class": "window",
        "state": "open",
        "area": "Bedroom",
    }
    assert [one.id for one in questions.get_state(situation(slots)).matched] == ["binary_sensor.window"]


@pytest.mark.parametrize(
    ("slots", "key"),
    [
        ({"name": "Toaster"}, "no_entity"),
        ({"domain": "light", "state": "on", "area": "Cellar"}, "no_area"),
        ({"domain": "light", "state": "on", "area": "Attic"}, "no_domain_in_area"),
        ({"domain": "cover", "device_class": "gate", "state": "open"}, "no_device_class"),
    ],
)
def test_what_is_not_there_is_not_answered_with_no(slots: dict[str, AttributeValue], key: str) -> None:
    assert questions.get_state(situation(slots)).error == key


def test_the_weather_is_the_named_or_the_first() -> None:
    assert [one.id for one in questions.get_weather(situation()).matched] == ["weather.home"]
    assert [one.id for one in questions.get_weather(situation({"name": "Away"})).matched] == ["weather.away"]
    assert questions.get_weather(situation({"name": "Mars"})).error == "no_entity"


def test_the_date_and_the_time_are_the_clock_s() -> None:
    assert questions.get_date(situation()).speech_slots == {"date": date(2026, 3, 14)}
    assert questions.get_time(situation()).speech_slots == {"time": time(15, 9, 26)}


def test_saying_something_does_nothing() -> None:
    effect = questions.say_only(situation())
    assert effect.matched == ()
    assert effect.error is None
