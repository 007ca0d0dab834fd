import pytest

from gateway.engines.spoken import SpokenEntity, measured, spoken_device_class, spoken_domain, spoken_slot
from gateway.house import AttributeValue, Entity


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        ("48", "%", "48 percent"),
        ("1", "W", "1 watt"),
        ("380.25", "W", "380.2 watts"),
        ("21.0", "°C", "21 degrees"),
        ("70", "°F", "70 degrees Fahrenheit"),
        ("12", "furlongs", "12 furlongs"),
        ("12345678.9", "L", "12345678.9 liters"),
        ("unavailable", "%", "unavailable percent"),
    ],
)
def test_units_are_words_and_numbers_are_short(value: str, unit: str, said: str) -> None:
    assert measured(value, unit, "en", "°C") == said


def test_other_languages_keep_the_unit_s_sign() -> None:
    assert measured("48", "%", "de", "°C") == "48 %"


@pytest.mark.parametrize(
    ("entity_id", "state", "device_class", "said"),
    [
        ("binary_sensor.a", "on", "door", "open"),
        ("binary_sensor.a", "off", "moisture", "dry"),
        ("binary_sensor.a", "on", "", "on"),
        ("binary_sensor.a", "unknown", "door", "unknown"),
        ("climate.a", "heat", "", "set to heat"),
        ("person.a", "not_home", "", "away"),
        ("alarm_control_panel.a", "armed_away", "", "armed away"),
    ],
)
def test_states_are_said_in_words(entity_id: str, state: str, device_class: str, said: str) -> None:
    entity = Entity(id=entity_id, name="A", state=state, attributes={"device_class": device_class})
    assert SpokenEntity(entity, "en", "°C").state_with_unit == said
    assert SpokenEntity(entity, "de", "°C").state_with_unit == state


def test_temperatures_of_things_are_said_short() -> None:
    entity = Entity(
        id="weather.a", name="A", state="sunny", attributes={"temperature": 18.04, "temperature_unit": "°F"}
    )
    spoken = SpokenEntity(entity, "en", "°C")
    assert spoken.attributes["temperature"] == pytest.approx(18.0)
    assert spoken.attributes["temperature_unit"] == "degrees Fahrenheit"


@pytest.mark.parametrize(
    ("value", "said"), [(10, "10"), (21.5, "21.5"), (20.0, "20"), ("red", "red"), (("on", "off"), "on, off")]
)
def test_slots_are_said_as_the_sentence_had_them(value: AttributeValue, said: str) -> None:
    assert spoken_slot(value) == said


def test_kinds_of_things_are_called_what_people_call_them() -> None:
    assert spoken_domain("climate") == "thermostat"
    assert spoken_domain("light") == "light"
    assert spoken_device_class("garage", "open the garage doors") == "garage doors"
    assert spoken_device_class("curtain", "open the curtain") == "curtain"
