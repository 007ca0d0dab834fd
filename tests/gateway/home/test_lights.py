import pytest

from gateway.home.lights import set_light
from gateway.house import Area, AttributeValue, Entity, House
from tests.gateway.home.rooms import situation

HOUSE = House(
    name="lights",
    areas=(Area(id="hall", name="Hall"),),
    entities=(
        Entity(id="light.full", name="Full", area_id="hall", state="off"),
        Entity(id="light.dim", name="Dim", area_id="hall", attributes={"supported_color_modes": ("brightness",)}),
        Entity(id="light.plain", name="Plain", area_id="hall", attributes={"supported_color_modes": ("onoff",)}),
        Entity(id="light.warm", name="Warm", area_id="hall", attributes={"supported_color_modes": ("color_temp",)}),
    ),
)


def lit(**slots: AttributeValue) -> list[str]:
    return [one.id for one in set_light(situation({"area": "Hall", **slots}, house=HOUSE)).matched]


def test_brightness_is_a_percentage_and_turns_the_light_on() -> None:
    light = set_light(situation({"name": "Full", "brightness": 50}, house=HOUSE)).matched[0]
    assert (light.state, light.attributes["brightness"]) == ("on", 128)


def test_no_brightness_is_off() -> None:
    assert set_light(situation({"name": "Full", "brightness": 0}, house=HOUSE)).matched[0].state == "off"


def test_a_colour_replaces_a_colour_temperature_and_the_other_way_round() -> None:
    red = set_light(situation({"name": "Full", "color": "red"}, house=HOUSE)).matched[0]
    assert red.attributes["rgb_color"] == (255, 0, 0)
    house = House(name="x", entities=(red,))
    warm = set_light(situation({"name": "Full", "temperature": 2700}, house=house)).matched[0]
    assert warm.attributes["color_temp_kelvin"] == 2700
    assert "color" not in warm.attributes
    assert "rgb_color" not in warm.attributes


def test_in_a_room_only_the_lights_that_can_do_it_are_set() -> None:
    assert lit(brightness=10) == ["light.full", "light.dim", "light.warm"]
    assert lit(color="blue") == ["light.full"]
    assert lit(temperature=4000) == ["light.full", "light.warm"]


@pytest.mark.parametrize("slots", [{"color": "red"}, {"color": "taupe"}, {"brightness": 5}, {"temperature": 4000}])
def test_a_light_that_cannot_do_it_is_an_error(slots: dict[str, AttributeValue]) -> None:
    effect = set_light(situation({"name": "Plain", **slots}, house=HOUSE))
    assert effect.error == "feature_not_supported"
    assert effect.matched == ()


def test_a_colour_that_has_no_name_here_is_an_error() -> None:
    assert set_light(situation({"name": "Full", "color": "taupe"}, house=HOUSE)).error == "feature_not_supported"
