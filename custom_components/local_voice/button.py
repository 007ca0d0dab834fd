"""Buttons: a test of a satellite's loudspeaker; to forget everything, which an administrator then confirms.

The one that cancels a timer is in `timer_entities.py`.
"""

import asyncio
import logging
from typing import TYPE_CHECKING, Final, override

from homeassistant.components.button import ButtonEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import forget_repair
from .entity import LedgerEntity, SatelliteEntity, add_for_each_satellite
from .timer_entities import CancelNextTimerButton

if TYPE_CHECKING:
    from .gateway import Gateway, LocalVoiceConfigEntry

PARALLEL_UPDATES = 0

PRESS_S: Final = 3.0
"""How long somebody who presses waits to be told of an error: a name is said by then."""

_LOG = logging.getLogger(__name__)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: LocalVoiceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the gateway's buttons, and one for each satellite."""
    gateway = entry.runtime_data
    async_add_entities([ForgetEverythingButton(gateway, entry), CancelNextTimerButton(gateway)])
    add_for_each_satellite(gateway, entry, async_add_entities, lambda one: [TestButton(gateway, entry, one)])


class TestButton(SatelliteEntity, ButtonEntity):
    """Has a satellite say its name: that it is reached, that it can be heard, and which one it is."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, gateway: Gateway, entry: LocalVoiceConfigEntry, satellite_id: str) -> None:
        """Belong to a satellite."""
        super().__init__(gateway, satellite_id, "test")
        self._entry = entry

    @override
    async def async_press(self) -> None:
        """Have the name said; where something is being said already, that comes first and nobody waits here."""
        satellite = self.satellite
        name = self.satellite_id if satellite is None else satellite.name
        saying = self._entry.async_create_background_task(
            self.hass, self.gateway.announce(self.satellite_id, text=name), f"test of {self.satellite_id}"
        )
        await asyncio.wait({saying}, timeout=PRESS_S)
        if saying.done():
            saying.result()
        else:
            saying.add_done_callback(_log_failure)


class ForgetEverythingButton(LedgerEntity, ButtonEntity):
    """Asks an administrator, among the repairs, whether all that is remembered is to be forgotten."""

    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, gateway: Gateway, entry: LocalVoiceConfigEntry) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, "forget_everything")
        self._entry = entry

    @override
    async def async_press(self) -> None:
        """Ask."""
        forget_repair.async_ask(self.hass, self._entry)


def _log_failure(saying: asyncio.Task[str]) -> None:
    if not saying.cancelled() and (error := saying.exception()) is not None:
        _LOG.warning("The test of a satellite failed: %s", type(error).__name__)
