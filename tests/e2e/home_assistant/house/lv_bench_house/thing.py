"""What all things of the house have in common."""

from collections.abc import Callable
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN


class Thing(Entity):
    """One thing of the file."""

    _attr_should_poll = False

    def __init__(self, description: dict[str, Any]) -> None:
        """Make it as it is described, at rest."""
        self.entity_id = description["id"]
        self._attr_unique_id = description["id"]
        self._attr_name = description["name"]
        self._attr_device_class = description["attributes"].get("device_class")
        self.become(is_working=False)

    def become(self, *, is_working: bool) -> None:
        """Be on or open, or off or closed, with everything that belongs to it always the same."""
        raise NotImplementedError


THINGS: HassKey[list[Thing]] = HassKey(DOMAIN)


async def add_things(
    hass: HomeAssistant,
    entry: ConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[dict[str, Any]], Thing],
    domain: str,
) -> None:
    """Make all things of a domain that the file names."""
    things = [make(described) for described in entry.runtime_data if described["id"].partition(".")[0] == domain]
    hass.data[THINGS].extend(things)
    async_add_entities(things)
