"""Covers: curtains, windows, doors; where they are told to be they are at once."""

from typing import Any

from homeassistant.components.cover import ATTR_POSITION, CoverEntity, CoverEntityFeature
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .thing import Thing, add_things

OPEN_PERCENT = 100


async def async_setup_entry(
    hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Put them in."""
    await add_things(hass, entry, async_add_entities, Cover, "cover")


class Cover(Thing, CoverEntity):
    """Anything that opens."""

    _attr_supported_features = CoverEntityFeature.OPEN | CoverEntityFeature.CLOSE | CoverEntityFeature.SET_POSITION

    @property
    def is_closed(self) -> bool:
        """Whether it is closed."""
        return self._attr_current_cover_position == 0

    def become(self, *, is_working: bool) -> None:
        """Be open or closed."""
        self._attr_current_cover_position = OPEN_PERCENT if is_working else 0

    async def async_open_cover(self, **kwargs: Any) -> None:
        """Open it."""
        self._move(OPEN_PERCENT)

    async def async_close_cover(self, **kwargs: Any) -> None:
        """Close it."""
        self._move(0)

    async def async_set_cover_position(self, **kwargs: Any) -> None:
        """Open it so far."""
        self._move(kwargs[ATTR_POSITION])

    def _move(self, percent: int) -> None:
        self._attr_current_cover_position = percent
        self.async_write_ha_state()
