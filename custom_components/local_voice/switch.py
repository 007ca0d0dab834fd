"""Whether a satellite listens; whether the gateway keeps recordings, and may ask to send anything out of the home."""

from typing import TYPE_CHECKING, Any, Final, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CloudEntity, LedgerEntity, SatelliteEntity, add_for_each_satellite
from .errors import RefusedError

if TYPE_CHECKING:
    from .gateway import Gateway, LocalVoiceConfigEntry

PARALLEL_UPDATES = 0

RECORDINGS_S: Final = 7 * 24 * 3_600
"""How long recordings are kept once they are switched on: a week, and never longer than what was said."""


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: LocalVoiceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the gateway's switches, and one for each satellite."""
    gateway = entry.runtime_data
    async_add_entities([AllowCloudSwitch(gateway), KeepRecordingsSwitch(gateway)])
    add_for_each_satellite(gateway, entry, async_add_entities, lambda one: [ListeningSwitch(gateway, one)])


class ListeningSwitch(SatelliteEntity, SwitchEntity):
    """Whether a satellite listens. Off, it sends no sound at all; its own button does the same."""

    def __init__(self, gateway: Gateway, satellite_id: str) -> None:
        """Belong to a satellite."""
        super().__init__(gateway, satellite_id, "listening")

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it listens."""
        satellite = self.satellite
        return None if satellite is None else not satellite.muted

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Listen again."""
        self.gateway.mute(self.satellite_id, muted=False)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Listen no more."""
        self.gateway.mute(self.satellite_id, muted=True)


class AllowCloudSwitch(CloudEntity, SwitchEntity):
    """Whether people may be asked to let something leave the home; each request takes a yes of its own."""

    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, gateway: Gateway) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, "allow_cloud")

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether they may."""
        latest = self.gateway.broker.cloud.latest
        return None if latest is None else latest.is_allowed

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Allow it."""
        await self._allow(is_allowed=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Allow it no more: nothing waits then, and what is being sent is broken off."""
        await self._allow(is_allowed=False)

    async def _allow(self, *, is_allowed: bool) -> None:
        context = self._context
        user_id = context.user_id if context is not None else None  # none for an automation
        await self.gateway.broker.cloud.allow(is_allowed, user_id=user_id or "")


class KeepRecordingsSwitch(LedgerEntity, SwitchEntity):
    """Whether the sound of what was said is kept, beside its words. Switched off, what there is goes at once."""

    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, gateway: Gateway) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, "keep_recordings")

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is kept: a recording goes with its turn, so where no turns are kept it is not."""
        kept = self.gateway.ledger.kept
        return None if kept is None else None not in (kept.audio_s, kept.transcripts_s)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Keep them from now on."""
        await self._keep(RECORDINGS_S)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Keep them no more."""
        await self._keep(None)

    async def _keep(self, audio_s: int | None) -> None:
        user_id = await self.async_keeper()
        kept = self.gateway.ledger.kept
        transcripts_s = None if kept is None else kept.transcripts_s
        if transcripts_s is None and audio_s is not None:
            raise RefusedError("nothing_kept")
        await self.gateway.ledger.keep(transcripts_s=transcripts_s, audio_s=audio_s, user_id=user_id)
