import pytest

from gateway.events import Intent
from gateway.house import Entity
from gateway.turn import policy

LOCK = Entity(id="lock.front", name="Front Door")
GARAGE = Entity(id="cover.garage", name="Garage Door", attributes={"device_class": "garage"})
BLIND = Entity(id="cover.blind", name="Blind", attributes={"device_class": "blind"})
ALARM = Entity(id="alarm_control_panel.home", name="Alarm")
VALVE = Entity(id="valve.water", name="Water")
LIGHT = Entity(id="light.lamp", name="Lamp")


def intent(name: str) -> Intent:
    return Intent(name=name)


@pytest.mark.parametrize(
    ("name", "entity", "is_protected"),
    [
        ("HassTurnOff", LOCK, True),
        ("HassTurnOn", LOCK, False),
        ("HassTurnOn", GARAGE, True),
        ("HassTurnOff", GARAGE, False),
        ("HassSetPosition", GARAGE, True),
        ("HassTurnOn", BLIND, False),
        ("HassTurnOff", ALARM, True),
        ("HassTurnOn", VALVE, True),
        ("HassTurnOff", LIGHT, False),
        ("HassGetState", LOCK, False),
    ],
)
def test_what_opens_unlocks_or_disarms_needs_a_yes(name: str, entity: Entity, is_protected: bool) -> None:
    assert policy.protected(intent(name), (LIGHT, entity)) == ((entity,) if is_protected else ())


def test_the_question_reads_the_names_back() -> None:
    asked = policy.question(intent("HassTurnOff"), (LOCK,), "en")
    assert asked == "Should I unlock the Front Door?"
    assert policy.question(intent("HassTurnOn"), (GARAGE, GARAGE), "en") == (
        "Should I open the Garage Door and the Garage Door?"
    )
    assert policy.question(intent("HassTurnOff"), (ALARM,), "en") == "Should I really change the Alarm?"


def test_a_language_without_words_for_it_cannot_be_asked_in_so_the_answer_is_no() -> None:
    assert policy.question(intent("HassTurnOff"), (LOCK,), "eo") is None
    assert not policy.is_yes("yes", "eo")
    assert policy.refused("eo") == ""


@pytest.mark.parametrize("text", ["Yes.", "yeah", "Yes, please!", "Do it.", "okay"])
def test_a_plain_yes_counts(text: str) -> None:
    assert policy.is_yes(text, "en")


@pytest.mark.parametrize("text", ["No.", "yes no", "not okay", "", "yesterday", "I said yes to him"])
def test_anything_else_is_a_no(text: str) -> None:
    assert not policy.is_yes(text, "en")


def test_a_refusal_is_said() -> None:
    assert policy.refused("en") == "Okay, I left it as it is."
