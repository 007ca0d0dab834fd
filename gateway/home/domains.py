"""Which kinds of things a house file may have, and the state each is in where the file says nothing.

Tables only; the states are ones that a real house would show, so that a house without states still answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gateway.house import NO_ATTRIBUTES, AttributeValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What a thing is like when nobody has said otherwise."""

    state: str
    attributes: Mapping[str, AttributeValue] = NO_ATTRIBUTES


USUAL: Final[Mapping[str, Usual]] = MappingProxyType(
    {
        "alarm_control_panel": Usual(state="disarmed"),
        "automation": Usual(state="on"),
        "binary_sensor": Usual(state="off"),
        "button": Usual(state="unknown"),
        "calendar": Usual(state="off"),
        "camera": Usual(state="idle"),
        "climate": Usual(state="heat", attributes={"fan_modes": ("auto", "low", "medium", "high"), "fan_mode": "auto"}),
        "cover": Usual(state="closed"),
        "device_tracker": Usual(state="home"),
        "event": Usual(state="unknown"),
        "fan": Usual(state="off"),
        "group": Usual(state="off"),
        "humidifier": Usual(state="off", attributes={"humidity": 45}),
        "image": Usual(state="unknown"),
        "input_boolean": Usual(state="off"),
        "input_button": Usual(state="unknown"),
        "input_number": Usual(state="0"),
        "input_select": Usual(state="unknown"),
        "input_text": Usual(state=""),
        "lawn_mower": Usual(state="docked"),
        "light": Usual(state="off", attributes={"supported_color_modes": ("color_temp", "rgb")}),
        "lock": Usual(state="locked"),
        "media_player": Usual(
            state="playing",
            attributes={"volume_level": 0.4, "is_volume_muted": False, "media_title": "Morning Mix", "media_track": 1},
        ),
        "number": Usual(state="0"),
        "person": Usual(state="home"),
        "remote": Usual(state="off"),
        "scene": Usual(state="unknown"),
        "script": Usual(state="off"),
        "select": Usual(state="unknown"),
        "sensor": Usual(state="unknown"),
        "siren": Usual(state="off"),
        "sun": Usual(state="above_horizon"),
        "switch": Usual(state="off"),
        "text": Usual(state=""),
        "todo": Usual(state="0", attributes={"items": (), "completed": ()}),
        "update": Usual(state="off"),
        "vacuum": Usual(state="docked"),
        "valve": Usual(state="closed"),
        "water_heater": Usual(state="eco", attributes={"temperature": 55}),
        "weather": Usual(state="sunny"),
        "zone": Usual(state="0"),
    }
)
"""By domain; a house file may hold no other."""

_MEASURED: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("humidity", "humidity", "48", "%"),
    ("battery", "battery", "87", "%"),
    ("power", "power", "120", "W"),
    ("illuminance", "illuminance", "230", "lx"),
    ("pressure", "atmospheric_pressure", "1015", "hPa"),
)
"""A word in a sensor's name, and what such a sensor measures."""

_IS_OPEN: Final = frozenset({"open", "opening"})
FULL_BRIGHTNESS: Final = 255


def completed(
    domain: str, name: str, state: str | None, given: Mapping[str, AttributeValue], unit: str
) -> tuple[str, dict[str, AttributeValue]]:
    """Return the state and attributes of a thing, with what the file left out filled in."""
    usual = USUAL[domain]
    attributes: dict[str, AttributeValue] = dict(usual.attributes)
    if domain == "sensor" and state is None:
        state, measured = _sensor(name, given, unit)
        attributes |= measured
    state = usual.state if state is None else state
    attributes |= _following_from(domain, state, given, unit)
    return state, attributes | dict(given)


def _sensor(name: str, given: Mapping[str, AttributeValue], unit: str) -> tuple[str, dict[str, AttributeValue]]:
    kind = f"{given.get('device_class', '')} {name}".casefold()
    if "temperature" in kind:
        value = "21.5" if unit == "°C" else "71"
        return value, {"device_class": "temperature", "unit_of_measurement": unit}
    for word, device_class, value, measure in _MEASURED:
        if word in kind:
            return value, {"device_class": device_class, "unit_of_measurement": measure}
    return USUAL["sensor"].state, {}


def _following_from(
    domain: str, state: str, given: Mapping[str, AttributeValue], unit: str
) -> dict[str, AttributeValue]:
    """Return the attributes that follow from a state: an open cover is at 100 %."""
    match domain:
        case "light" if state == "on" and is_dimmable(given.get("supported_color_modes")):
            return {"brightness": FULL_BRIGHTNESS}
        case "cover" | "valve":
            return {"current_position": 100 if state in _IS_OPEN else 0}
        case "fan":
            return {"percentage": 100 if state == "on" else 0}
        case "climate":
            current = given.get("current_temperature", 21 if unit == "°C" else 70)
            return {"current_temperature": current, "temperature": current}
        case "weather":
            return {"temperature": 18 if unit == "°C" else 64, "temperature_unit": unit}
    return {}


def is_dimmable(color_modes: AttributeValue) -> bool:
    """Tell from a light's `supported_color_modes` whether it can be dimmed; a light without the attribute can."""
    return color_modes != ("onoff",)


def is_coloured(color_modes: AttributeValue) -> bool:
    """Tell from a light's `supported_color_modes` whether it has colours; a light without the attribute has."""
    return color_modes is None or (isinstance(color_modes, tuple) and bool({"rgb", "hs", "xy"} & {*color_modes}))
