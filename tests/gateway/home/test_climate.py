from dataclasses import replace

import pytest

from gateway.home import climate
from gateway.house import AttributeValue, Entity
from tests.gateway.home.rooms import HOUSE, situation


def test_one_thermostat_gets_its_target() -> None:
    effect = climate.set_temperature(situation({"area": "Bedroom", "temperature": 21.5}))
    assert effect.matched[0].attributes["temperature"] == pytest.approx(21.5)


@pytest.mark.parametrize("degrees", [5, 31])
def test_a_target_it_cannot_have_is_an_error_that_says_what_it_can(degrees: int) -> None:
    effect = climate.set_temperature(situation({"name": "Thermostat", "temperature": degrees}))
    assert effect.error == "temperature_out_of_range"
    assert effect.error_slots == {"entity": "Thermostat", "lowest": 7, "highest": 30}


def test_a_thermostat_without_a_target_cannot_be_set() -> None:
    assert climate.set_temperature(situation({"name": "Cooler", "temperature": 20})).error == "feature_not_supported"


def test_a_fan_mode_must_be_one_that_it_has() -> None:
    effect = climate.set_fan_mode(situation({"name": "Cooler", "fan_mode": "high"}))
    assert effect.matched[0].attributes["fan_mode"] == "high"
    wrong = climate.set_fan_mode(situation({"name": "Cooler", "fan_mode": "turbo"}))
    assert wrong.error == "feature_not_supported"


@pytest.mark.parametrize(("percent", "state"), [(40, "on"), (0, "off")])
def test_a_fan_runs_at_a_percentage(percent: int, state: str) -> None:
    effect = climate.set_fan_speed(situation({"area": "Kitchen", "percentage": percent}))
    assert (effect.matched[0].state, effect.matched[0].attributes["percentage"]) == (state, percent)


@pytest.mark.parametrize(
    ("slots", "entity_id"),
    [
        ({"area": "Kitchen"}, "sensor.kitchen"),
        ({"area": "Bedroom"}, "climate.bedroom"),
        ({"name": "Thermostat"}, "climate.bedroom"),
        ({"floor": "Ground Floor"}, "sensor.kitchen"),
    ],
)
def test_how_warm_it_is_is_known_by_a_sensor_or_else_by_a_thermostat(
    slots: dict[str, AttributeValue], entity_id: str
) -> None:
    assert [one.id for one in climate.get_temperature(situation(slots)).matched] == [entity_id]


def test_two_sensors_in_a_room_leave_it_to_the_thermostat() -> None:
    second = Entity(id="sensor.b", name="B", area_id="kitchen", state="3", attributes={"device_class": "temperature"})
    house = replace(HOUSE, entities=(*HOUSE.entities, second))
    effect = climate.get_temperature(situation({"area": "Kitchen"}, house=house))
    assert [one.id for one in effect.matched] == ["climate.kitchen"]


def test_where_nothing_measures_it_that_is_said() -> None:
    effect = climate.get_temperature(situation({"area": "Attic"}))
    assert (effect.error, effect.error_slots) == ("no_domain_in_area", {"domain": "climate", "area": "Attic"})
