"""What all things of the house have in common."""

from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity

from . import DOMAIN


class Thing(Entity):
    """A device in a room that is one entity, named after it."""

    _attr_has_entity_name = True
    _attr_name = None
    _attr_should_poll = False

    def __init__(self, domain: str, name: str, room: str) -> None:
        """Put it there. By itself Home Assistant would name the room in the entity's id too."""
        self.entity_id = f"{domain}.{name.lower().replace(' ', '_')}"
        self._attr_unique_id = self.entity_id
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, self.entity_id)}, name=name, suggested_area=room)
