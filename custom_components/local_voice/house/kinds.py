"""The kinds of things that are protected as they come, as the gateway knows them, too (`gateway/turn/kinds.py`).

Of such a thing only what makes it less safe needs anything: nobody is asked before a door is locked or an oven is off.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import intent

PROTECTED_COVERS: Final = frozenset({"door", "garage", "gate"})
"""The device classes of covers that keep people out."""
UNSAFE_STATES: Final[Mapping[str, frozenset[str]]] = {
    "lock": frozenset({"unlocked", "unlocking", "open", "opening"}),
    "cover": frozenset({"open", "opening"}),
    "alarm_control_panel": frozenset({"disarmed"}),
    "valve": frozenset({"open", "opening", "closed", "closing"}),
}
"""The states that make such a thing less safe. A valve may hold back water or feed a heating: either."""
OVEN_DOMAINS: Final = frozenset({"climate", "input_boolean", "switch", "water_heater"})
"""What an oven is in Home Assistant, which has no kind of its own for it. One is safe when it is off."""
OVEN_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "en": frozenset({"oven", "stove", "cooktop", "hob", "cooker"}),
    "de": frozenset({"ofen", "backofen", "herd", "kochfeld", "ceranfeld", "herdplatte"}),
    "fr": frozenset({"four", "cuisinière", "gazinière"}),
    "es": frozenset({"horno", "cocina", "vitrocerámica"}),
    "it": frozenset({"forno", "fornello", "fornelli"}),
    "nl": frozenset({"oven", "fornuis", "kookplaat"}),
}
"""Words of a name by which an oven is known: those of the home's language, and the English ones."""
RUNNING: Final = frozenset({"automation", "scene", "script"})
"""Things that do to others what their configuration says."""
UNKNOWN: Final = "unknown"
"""The state that something leads to where nobody can tell which; it is never a safe one."""


class Kind(StrEnum):
    """What a household can decide about at once."""

    LOCK = "lock"
    DOOR = "door"
    ALARM = "alarm"
    VALVE = "valve"
    OVEN = "oven"


_OF_DOMAIN: Final = {"alarm_control_panel": Kind.ALARM, "lock": Kind.LOCK, "valve": Kind.VALVE}


@callback
def kind_of(hass: HomeAssistant, entity_id: str, language: str) -> Kind | None:
    """Return the kind of a thing by its domain, its device class or its name; None for one that is not protected."""
    domain, state = entity_id.partition(".")[0], hass.states.get(entity_id)
    if domain == "cover" and state is not None and state.attributes.get("device_class") in PROTECTED_COVERS:
        return Kind.DOOR
    if state is not None and domain in OVEN_DOMAINS and _is_oven(hass, state, language):
        return Kind.OVEN
    return _OF_DOMAIN.get(domain)


def is_less_safe(kind: Kind, entity_id: str, state: str) -> bool:
    """Tell whether a state of a thing of a protected kind is less safe than it might be."""
    if kind is Kind.OVEN:
        return state != "off"
    return state == UNKNOWN or state in UNSAFE_STATES[entity_id.partition(".")[0]]


@callback
def _is_oven(hass: HomeAssistant, state: State, language: str) -> bool:
    known = OVEN_WORDS["en"] | OVEN_WORDS.get(language.partition("-")[0], frozenset())
    names = intent.async_get_entity_aliases(hass, er.async_get(hass).async_get(state.entity_id), state=state)
    return any(not known.isdisjoint(_words(name)) for name in names)


def _words(name: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in name.casefold()).split()
