"""The kinds of things that are protected as they come: what keeps people out, holds back water, or burns a house down.

Of such a thing only what makes it less safe needs anything: nobody is asked before a door is locked or an oven is off.
The integration judges by the same table (`tests/protected_kinds.json`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.house import Entity
from gateway.turn.words import plain_words

PROTECTED_COVERS: Final = frozenset({"door", "garage", "gate"})
"""The device classes of covers that keep people out."""
UNSAFE_STATES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "lock": frozenset({"unlocked", "unlocking", "open", "opening"}),
        "cover": frozenset({"open", "opening"}),
        "alarm_control_panel": frozenset({"disarmed"}),
        "valve": frozenset({"open", "opening", "closed", "closing"}),
    }
)
"""The states that make such a thing less safe. A valve may hold back water or feed a heating: either."""
OVEN_DOMAINS: Final = frozenset({"climate", "input_boolean", "switch", "water_heater"})
"""What an oven is in Home Assistant, which has no kind of its own for it. One is safe when it is off."""
OVEN_WORDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "en": frozenset({"oven", "stove", "cooktop", "hob", "cooker"}),
        "de": frozenset({"ofen", "backofen", "herd", "kochfeld", "ceranfeld", "herdplatte"}),
        "fr": frozenset({"four", "cuisinière", "gazinière"}),
        "es": frozenset({"horno", "cocina", "vitrocerámica"}),
        "it": frozenset({"forno", "fornello", "fornelli"}),
        "nl": frozenset({"oven", "fornuis", "kookplaat"}),
    }
)
"""Words of a name by which an oven is known: those of the home's language, and the English ones."""
OFF: Final = "off"


def is_of_protected_kind(entity: Entity, language: str) -> bool:
    """Tell whether such a thing is protected unless its household decides otherwise."""
    if entity.domain == "cover":
        return entity.attributes.get("device_class") in PROTECTED_COVERS
    return entity.domain in UNSAFE_STATES or _is_oven(entity, language)


def is_less_safe(entity: Entity) -> bool:
    """Tell whether a thing of a protected kind, as it would be afterwards, is less safe than it might be."""
    unsafe = UNSAFE_STATES.get(entity.domain)
    return entity.state != OFF if unsafe is None else entity.state in unsafe


def _is_oven(entity: Entity, language: str) -> bool:
    if entity.domain not in OVEN_DOMAINS or not entity.is_told:
        return False
    known = OVEN_WORDS["en"] | OVEN_WORDS.get(language.partition("-")[0], frozenset())
    return any(not known.isdisjoint(plain_words(name)) for name in (entity.name, *entity.aliases))
