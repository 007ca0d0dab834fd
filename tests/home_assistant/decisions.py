"""What a household decided about its things, as it stands in an entry."""

from collections.abc import Iterable
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.local_voice.const import DOMAIN, SUBENTRY_PROTECTED
from custom_components.local_voice.house.guards import Guards


def decision(
    level: str, *, entities: Iterable[str] = (), kinds: Iterable[str] = (), areas: Iterable[str] = ()
) -> ConfigSubentryData:
    """Return a decision as the form makes it."""
    data: dict[str, Any] = {"entities": [*entities], "kinds": [*kinds], "level": level, "areas": [*areas]}
    return ConfigSubentryData(data=data, subentry_type=SUBENTRY_PROTECTED, title="", unique_id=None)


def guards(hass: HomeAssistant, *decisions: ConfigSubentryData, language: str = "en") -> Guards:
    """Return what is decided by these."""
    other = ConfigSubentryData(data={}, subentry_type="other", title="", unique_id=None)
    entry = MockConfigEntry(domain=DOMAIN, subentries_data=[*decisions, other])
    return Guards(hass, entry, language)
