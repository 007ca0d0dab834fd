"""How states, units and numbers are said aloud, and our own answers where the package's would be wrong here.

Words in, words out; English has tables, other languages keep Home Assistant's wording.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.house import AttributeValue, Entity

OWN_ANSWERS: Final[Mapping[tuple[str, str, str], str]] = MappingProxyType(
    {
        # The package answers for Home Assistant's own voice; these say what is true of this program.
        ("en", "HassRespond", "hello"): "Hello from Local Voice.",
        ("en", "HassRespond", "listening"): (
            "I always listen for the wake word, here at home. Only what you say after it is recognised,"
            " and nothing leaves the house unless you approve it."
        ),
        ("en", "HassRespond", "data"): (
            "Your voice stays at home: it is understood on your own hardware, and nothing leaves"
            " unless you approve that one request."
        ),
        ("en", "HassRespond", "commands"): (
            "You can control lights, blinds, heating and music, set timers, fill your lists,"
            " and ask about the weather or the state of the house."
        ),
        ("en", "HassRespond", "creator"): (
            "I am Local Voice. I understand you with the work of the Home Assistant community,"
            " made up of tinkerers world wide."
        ),
        # Home Assistant names the thing by its kind and says nothing at all for kinds it has no word for.
        ("en", "HassGetState", "one"): "{{ slots.name }} is {{ state.state_with_unit }}",
        ("en", "HassGetState", "where"): (
            "{% if not query.matched %}Sorry, I am not aware of any person named {{ slots.name }}"
            "{% elif state.state == 'not_home' %}{{ slots.name }} is away"
            "{% elif state.state == 'home' %}{{ slots.name }} is at home"
            "{% else %}{{ slots.name }} is at {{ state.state }}{% endif %}"
        ),
    }
)
"""By language, intent and response key."""

OWN_ERRORS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        # Home Assistant raises these, but the package has no words for them.
        ("en", "item_not_found"): "Sorry, {{ item }} is not on the list",
        ("en", "list_full"): "Sorry, the list is full",
        ("en", "temperature_out_of_range"): (
            "Sorry, {{ entity }} can be set from {{ lowest }} to {{ highest }} degrees"
        ),
        ("en", "too_many_timers"): "Sorry, there are too many timers already",
        ("de", "too_many_timers"): "Es laufen schon zu viele Timer",
        ("fr", "too_many_timers"): "Désolé, il y a déjà trop de minuteurs",
        ("es", "too_many_timers"): "Lo siento, ya hay demasiados temporizadores",
        ("it", "too_many_timers"): "Mi dispiace, ci sono già troppi timer",
        ("nl", "too_many_timers"): "Sorry, er lopen al te veel timers",
    }
)

_DEMO_OPENINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "In the demo house: ",
        "de": "Im Demohaus: ",
        "fr": "Dans la maison de démonstration : ",
        "es": "En la casa de demostración: ",
        "nl": "In het demohuis: ",
        "it": "Nella casa dimostrativa: ",
    }
)

_UNITS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "°C": ("degree Celsius", "degrees Celsius"),
        "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
        "K": ("kelvin", "kelvin"),
        "%": ("percent", "percent"),
        "W": ("watt", "watts"),
        "kW": ("kilowatt", "kilowatts"),
        "Wh": ("watt hour", "watt hours"),
        "kWh": ("kilowatt hour", "kilowatt hours"),
        "MWh": ("megawatt hour", "megawatt hours"),
        "VA": ("volt ampere", "volt amperes"),
        "VAR": ("reactive volt ampere", "reactive volt amperes"),
        "V": ("volt", "volts"),
        "mV": ("millivolt", "millivolts"),
        "A": ("amp", "amps"),
        "mA": ("milliamp", "milliamps"),
        "Hz": ("hertz", "hertz"),
        "kHz": ("kilohertz", "kilohertz"),
        "dB": ("decibel", "decibels"),
        "dBm": ("decibel milliwatts", "decibel milliwatts"),
        "lx": ("lux", "lux"),
        "hPa": ("hectopascal", "hectopascals"),
        "kPa": ("kilopascal", "kilopascals"),
        "Pa": ("pascal", "pascals"),
        "mbar": ("millibar", "millibars"),
        "psi": ("pound per square inch", "pounds per square inch"),
        "mm": ("millimeter", "millimeters"),
        "cm": ("centimeter", "centimeters"),
        "m": ("meter", "meters"),
        "km": ("kilometer", "kilometers"),
        "mi": ("mile", "miles"),
        "ft": ("foot", "feet"),
        "in": ("inch", "inches"),
        "mm/h": ("millimeter per hour", "millimeters per hour"),
        "km/h": ("kilometer per hour", "kilometers per hour"),
        "m/s": ("meter per second", "meters per second"),
        "mph": ("mile per hour", "miles per hour"),
        "W/m²": ("watt per square meter", "watts per square meter"),
        "µg/m³": ("microgram per cubic meter", "micrograms per cubic meter"),
        "μg/m³": ("microgram per cubic meter", "micrograms per cubic meter"),
        "ppm": ("part per million", "parts per million"),
        "L": ("liter", "liters"),
        "m³": ("cubic meter", "cubic meters"),
        "gal": ("gallon", "gallons"),
        "kg": ("kilogram", "kilograms"),
        "g": ("gram", "grams"),
        "lb": ("pound", "pounds"),
        "B": ("byte", "bytes"),
        "kB": ("kilobyte", "kilobytes"),
        "MB": ("megabyte", "megabytes"),
        "GB": ("gigabyte", "gigabytes"),
        "MB/s": ("megabyte per second", "megabytes per second"),
        "Mbit/s": ("megabit per second", "megabits per second"),
        "s": ("second", "seconds"),
        "min": ("minute", "minutes"),
        "h": ("hour", "hours"),
        "d": ("day", "days"),
        "EUR": ("euro", "euros"),
        "USD": ("dollar", "dollars"),
        "GBP": ("pound", "pounds"),
        "€": ("euro", "euros"),
        "$": ("dollar", "dollars"),
        "£": ("pound", "pounds"),
    }
)
_ON_OFF: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "battery": ("low", "normal"),
        "battery_charging": ("charging", "not charging"),
        "carbon_monoxide": ("detected", "clear"),
        "cold": ("cold", "normal"),
        "connectivity": ("connected", "disconnected"),
        "door": ("open", "closed"),
        "garage_door": ("open", "closed"),
        "gas": ("detected", "clear"),
        "heat": ("hot", "normal"),
        "light": ("light detected", "no light"),
        "lock": ("unlocked", "locked"),
        "moisture": ("wet", "dry"),
        "motion": ("detected", "clear"),
        "moving": ("moving", "not moving"),
        "occupancy": ("detected", "clear"),
        "opening": ("open", "closed"),
        "plug": ("plugged in", "unplugged"),
        "power": ("powered", "no power"),
        "presence": ("home", "away"),
        "problem": ("a problem", "ok"),
        "running": ("running", "not running"),
        "safety": ("unsafe", "safe"),
        "smoke": ("detected", "clear"),
        "sound": ("detected", "clear"),
        "tamper": ("tampering detected", "clear"),
        "update": ("update available", "up-to-date"),
        "vibration": ("vibrating", "not vibrating"),
        "window": ("open", "closed"),
    }
)
"""A binary sensor's `on` and `off` by device class, in Home Assistant's English words."""

_STATES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("climate", "heat"): "set to heat",
        ("climate", "cool"): "set to cool",
        ("climate", "heat_cool"): "set to heat and cool",
        ("climate", "auto"): "set to automatic",
        ("climate", "dry"): "set to dry",
        ("climate", "fan_only"): "set to fan only",
        ("media_player", "standby"): "on standby",
        ("person", "not_home"): "away",
    }
)


class SpokenEntity:
    """What a template sees of an entity: Home Assistant's state object, with states and units as people say them."""

    __slots__ = ("_entity", "attributes", "domain", "entity_id", "name", "state", "state_with_unit")

    def __init__(self, entity: Entity, language: str, unit: str) -> None:
        self._entity = entity
        self.entity_id = entity.id
        self.domain = entity.domain
        self.name = entity.name
        self.state = entity.state
        self.attributes: Mapping[str, AttributeValue | object] = dict(entity.attributes) | _temperatures(
            entity, language, unit
        )
        own_unit = entity.attributes.get("unit_of_measurement")
        if own_unit:
            self.state_with_unit = measured(entity.state, str(own_unit), language, unit)
        else:
            self.state_with_unit = _said(entity) if language == "en" else entity.state


def demo_opening(language: str) -> str:
    """Return how an answer begins that is true of the demo house only; `Demo: ` in a language without words for it."""
    return _DEMO_OPENINGS.get(language.partition("-")[0], "Demo: ")


def spoken_slot(value: AttributeValue) -> str:
    """Return a slot's value as the sentence would have it: templates compare with the words that were said."""
    if isinstance(value, tuple):
        return ", ".join(spoken_slot(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def spoken_domain(domain: str) -> str:
    """Return what people call a kind of thing in English, where it is not what Home Assistant calls it."""
    words = {"climate": "thermostat", "todo": "list", "binary_sensor": "sensor", "input_boolean": "switch"}
    return words.get(domain, domain)


def spoken_device_class(device_class: str, sentence: str) -> str:
    """Return an English device class in the number in which the sentence has it: `blinds`, `garage door`."""
    name = {"garage": "garage door"}.get(device_class, device_class.replace("_", " "))
    return f"{name}s" if f"{name}s" in sentence.casefold() else name


def measured(value: str, unit: str, language: str, house_unit: str) -> str:
    """Return a value with its unit as it is said; the house's own temperature unit is just "degrees"."""
    number = _rounded(value)
    if language != "en":
        return f"{number} {unit}"
    one, many = ("degree", "degrees") if unit == house_unit else _UNITS.get(unit, (unit, unit))
    return f"{number} {one if number in ('1', '-1') else many}"


def _said(entity: Entity) -> str:
    device_class = str(entity.attributes.get("device_class", ""))
    if entity.domain == "binary_sensor" and device_class in _ON_OFF and entity.state in ("on", "off"):
        on, off = _ON_OFF[device_class]
        return on if entity.state == "on" else off
    return _STATES.get((entity.domain, entity.state), entity.state.replace("_", " "))


def _rounded(state: str) -> str:
    """Return a measured number with at most one decimal: nobody says two."""
    try:
        number = float(state)
    except ValueError:
        return state
    return f"{round(number, 1):g}" if abs(number) < 1e6 else state


def _temperatures(entity: Entity, language: str, unit: str) -> dict[str, object]:
    """Return the temperature attributes as they are said: 21, not 21.0; degrees, not °C."""
    said: dict[str, object] = {}
    for key in ("temperature", "current_temperature"):
        value = entity.attributes.get(key)
        if isinstance(value, float):
            said[key] = int(value) if value.is_integer() else round(value, 1)
    if "temperature" in entity.attributes:
        own_unit = str(entity.attributes.get("temperature_unit", unit))
        said["temperature_unit"] = measured("", own_unit, language, unit).strip()
    return said
