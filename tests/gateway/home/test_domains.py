import pytest

from gateway.home.domains import USUAL, completed, is_coloured, is_dimmable
from gateway.house import AttributeValue


@pytest.mark.parametrize(
    ("domain", "state", "given", "attribute", "value"),
    [
        ("light", "on", {}, "brightness", 255),
        ("light", "on", {"brightness": 9}, "brightness", 9),
        ("light", "on", {"supported_color_modes": ("onoff",)}, "brightness", None),
        ("light", "off", {}, "brightness", None),
        ("cover", "open", {}, "current_position", 100),
        ("valve", "closed", {}, "current_position", 0),
        ("fan", "on", {}, "percentage", 100),
        ("climate", None, {"current_temperature": 17}, "temperature", 17),
        ("climate", None, {}, "temperature", 21),
        ("weather", None, {}, "temperature", 18),
        ("sensor", None, {"device_class": "battery"}, "unit_of_measurement", "%"),
    ],
)
def test_what_a_file_leaves_out_follows_from_what_it_says(
    domain: str, state: str | None, given: dict[str, AttributeValue], attribute: str, value: AttributeValue
) -> None:
    _, attributes = completed(domain, "Thing", state, given, "°C")
    assert attributes.get(attribute) == value


def test_every_kind_of_thing_has_a_usual_state() -> None:
    for domain, usual in USUAL.items():
        assert completed(domain, "Thing", None, {}, "°C")[0] == usual.state


def test_a_house_in_fahrenheit_is_as_warm_as_one_in_celsius() -> None:
    assert completed("climate", "Thing", None, {}, "°F")[1]["temperature"] == 70
    assert completed("weather", "Thing", None, {}, "°F")[1]["temperature"] == 64
    assert completed("sensor", "Cellar temperature", None, {}, "°F")[0] == "71"


def test_a_light_can_do_what_its_modes_say_and_everything_where_they_say_nothing() -> None:
    assert is_dimmable(None)
    assert is_dimmable(("brightness",))
    assert not is_dimmable(("onoff",))
    assert is_coloured(None)
    assert is_coloured(("hs",))
    assert not is_coloured(("color_temp",))
