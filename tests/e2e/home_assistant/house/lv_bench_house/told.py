"""Things of kinds that this house cannot make: in the registry and with a state, so that they can be spoken of."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry

from .const import DOMAIN


def tell(hass: HomeAssistant, entry: ConfigEntry, description: dict[str, Any]) -> None:
    """Put a thing there that has an id, a name, a state and attributes, and does nothing."""
    domain, _, object_id = description["id"].partition(".")
    entity_registry.async_get(hass).async_get_or_create(
        domain,
        DOMAIN,
        description["id"],
        suggested_object_id=object_id,
        original_name=description["name"],
        config_entry=entry,
    )
    attributes = description["attributes"] | {"friendly_name": description["name"]}
    hass.states.async_set(description["id"], description["state"], attributes)
