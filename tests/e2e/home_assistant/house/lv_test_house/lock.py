"""The front door."""

from typing import Any

from homeassistant.components.lock import LockEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .thing import Thing


async def async_setup_entry(
    hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Put it in."""
    async_add_entities([Lock("lock", "Front door", "Living Room")])


class Lock(Thing, LockEntity):
    """A lock, locked at first. Home Assistant exposes none to assistants by itself."""

    _attr_is_locked = True

    async def async_lock(self, **kwargs: Any) -> None:
        """Lock it."""
        self._attr_is_locked = True
        self.async_write_ha_state()

    async def async_unlock(self, **kwargs: Any) -> None:
        """Unlock it."""
        self._attr_is_locked = False
        self.async_write_ha_state()
