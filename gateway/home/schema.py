"""What the keys of a house file may hold. Each function takes what YAML gave and returns the checked value."""

import math
from datetime import date, time

import voluptuous as vol

from gateway.home.domains import USUAL
from gateway.house import AttributeValue

NAME_LIMIT_CHARS = 100
"""Nobody says a longer name."""
LIST_LIMIT = 1000
"""Items of one list: names, shopping, modes."""


def one_name(value: object) -> str:
    """Return a name as text. Raises voluptuous.Invalid, as all of these do."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not str(value).strip():
        raise vol.Invalid("a name is text")
    if len(str(value)) > NAME_LIMIT_CHARS:
        raise vol.Invalid(f"a name has at most {NAME_LIMIT_CHARS} characters")
    return str(value).strip()


def language(value: object) -> str:
    """Return a language code; YAML reads Norwegian's `no` as false."""
    return "no" if value is False else one_name(value)


def _names(value: object) -> tuple[str, ...]:
    """Accept one name or several, the first of which is shown."""
    if not isinstance(value, list):
        return (one_name(value),)
    if len(value) > LIST_LIMIT:
        raise vol.Invalid(f"a list has at most {LIST_LIMIT} items")
    return tuple(one_name(item) for item in value)


def _own_names(value: object) -> tuple[str, ...]:
    names = _names(value)
    if not names:
        raise vol.Invalid("a name is needed")
    return names


def _state(value: object) -> str:
    """Accept `on` and `off` without quotes, which YAML reads as true and false, and the tests' `{in: …, out: …}`."""
    match value:
        case bool():
            return "on" if value else "off"
        case str() | int() | float():
            return str(value)
        case {"out": str() | int() | float() as out}:
            return _state(out)
    raise vol.Invalid("a state is text or a number")


def _attribute(value: object) -> AttributeValue:
    if isinstance(value, list):
        if len(value) > LIST_LIMIT:
            raise vol.Invalid(f"a list has at most {LIST_LIMIT} items")
        return tuple(_scalar(item) for item in value)
    return _scalar(value)


def _scalar(value: object) -> AttributeValue:
    match value:
        case float() if not math.isfinite(value):
            raise vol.Invalid("a number is finite")
        case None | bool() | int() | float() | str():
            return value
        case date() | time():  # YAML makes dates and times of what looks like one
            return value.isoformat()
    raise vol.Invalid("an attribute is text, a number, true, false or a list of these")


def _domain(value: object) -> str:
    if not isinstance(value, str) or value not in USUAL:
        raise vol.Invalid(f"the known domains are: {', '.join(USUAL)}")
    return str(value)


def _entity_id(value: object) -> str:
    domain, dot, thing = str(value).partition(".")
    if not dot or not thing:
        raise vol.Invalid("an entity's id is domain.name, such as light.kitchen")
    _domain(domain)
    return str(value)


def temperature_unit(value: object) -> str:
    """Return °C or °F."""
    unit = {"C": "°C", "F": "°F"}.get(str(value), str(value))
    if unit not in ("°C", "°F"):
        raise vol.Invalid("°C or °F")
    return unit


TOP_KEYS = ("name", "language", "temperature_unit", "floors", "areas", "entities", "fixtures")
TEST_KEYS = ("tests", "timers", "media")
"""What Home Assistant's intent tests say besides about their house; not ours to read."""
FLOOR = vol.Schema({vol.Required("name"): _own_names, "id": one_name, "aliases": _names, "level": int})
AREA = vol.Schema({vol.Required("name"): _own_names, "id": one_name, "aliases": _names, "floor": one_name})
ENTITY = vol.Schema(
    {
        vol.Required("name"): _own_names,
        "id": _entity_id,
        "domain": _domain,
        "aliases": _names,
        "area": one_name,
        "state": _state,
        "attributes": vol.Any(None, {str: _attribute}),
        "light_supports_brightness": bool,
        "light_supports_color": bool,
        "media_player_supports_pause": bool,
        "is_exposed": bool,
        "sets": {_entity_id: _state},
    }
)
