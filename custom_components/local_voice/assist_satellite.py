"""The gateway's satellites, as satellites of Home Assistant: they show what they do, announce, ask and begin to listen.

Their turns are the gateway's. Home Assistant's pipelines are not run for them.
"""

import asyncio
from typing import TYPE_CHECKING, override

from homeassistant.components.assist_pipeline import PipelineEvent, async_get_pipelines
from homeassistant.components.assist_satellite import (
    AssistSatelliteAnnouncement,
    AssistSatelliteConfiguration,
    AssistSatelliteEntity,
    AssistSatelliteEntityFeature,
    AssistSatelliteWakeWord,
)
from homeassistant.components.tts import ATTR_PREFERRED_FORMAT
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .compat import is_asking, pipeline_event
from .entity import SatelliteEntity, add_for_each_satellite
from .pipeline_events import Activity, answer_event, events_between
from .sounds import fetch_sound

if TYPE_CHECKING:
    from .gateway import Gateway, LocalVoiceConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: LocalVoiceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a satellite for each that is paired with the gateway."""
    gateway = entry.runtime_data
    add_for_each_satellite(gateway, entry, async_add_entities, lambda id_: [LocalVoiceSatellite(gateway, id_)])


class LocalVoiceSatellite(SatelliteEntity, AssistSatelliteEntity):
    """A satellite of the gateway."""

    _attr_name = None
    _attr_supported_features = AssistSatelliteEntityFeature.ANNOUNCE | AssistSatelliteEntityFeature.START_CONVERSATION
    _attr_tts_options = {ATTR_PREFERRED_FORMAT: "wav"}  # noqa: RUF012 - Home Assistant's attribute; our voices' own format

    def __init__(self, gateway: Gateway, satellite_id: str) -> None:
        """Begin idle."""
        super().__init__(gateway, satellite_id, "satellite")
        self._shown = Activity.IDLE
        self._is_sounding = False
        """Whether an announcement of Home Assistant's is under way: it responds, whatever the gateway calls that."""
        self._is_heard_out = False
        """Whether that announcement is followed by listening, which is shown."""

    @override
    async def async_added_to_hass(self) -> None:
        """Show what the satellite is doing."""
        await super().async_added_to_hass()
        self._show_activity()

    @callback
    @override
    def gateway_changed(self) -> None:
        """Show what the satellite is doing now."""
        self._show_activity()
        super().gateway_changed()

    @callback
    @override
    def async_get_configuration(self) -> AssistSatelliteConfiguration:
        """Return the gateway's wake words, all of which all satellites may listen for."""
        offered = self.gateway.offered
        known = offered.known_wake_words if offered else ()
        return AssistSatelliteConfiguration(
            available_wake_words=[AssistSatelliteWakeWord(each.id, each.phrase, []) for each in known],
            active_wake_words=list(offered.wake_words) if offered else [],
            max_active_wake_words=len(known),
        )

    @override
    async def async_set_configuration(self, config: AssistSatelliteConfiguration) -> None:
        """Let all satellites of the gateway listen for these wake words."""
        await self.gateway.change_settings(wake_words=tuple(config.active_wake_words))

    @callback
    @override
    def on_pipeline_event(self, event: PipelineEvent) -> None:
        """Nothing follows from an event: what the satellite does is the gateway's doing."""

    @override
    async def async_announce(self, announcement: AssistSatelliteAnnouncement) -> None:
        """Play an announcement; return when it was heard."""
        await self._play(announcement)

    @override
    async def async_start_conversation(self, start_announcement: AssistSatelliteAnnouncement) -> None:
        """Play an announcement, then listen: to a command, or to the answer that `ask_question` waits for."""
        if is_asking(self):
            pipeline_event(self, answer_event(await self._play(start_announcement, then="answer")))
        else:
            await self._play(start_announcement, then="listen")

    async def async_listen(self) -> None:
        """Listen without a wake word."""
        await self.gateway.announce(self.satellite_id, then="listen")

    async def _play(self, announcement: AssistSatelliteAnnouncement, *, then: str = "") -> str:
        """Play the sounds of an announcement one after the other; return the answer, if one is waited for."""
        self._is_sounding, self._is_heard_out = True, bool(then)
        try:
            addresses = [address for address in (announcement.preannounce_media_id, announcement.media_id) if address]
            *before, last = await asyncio.gather(*(fetch_sound(self.hass, address) for address in addresses))
            for sound in before:
                await self.gateway.announce(self.satellite_id, sound=sound)
            return await self.gateway.announce(self.satellite_id, sound=last, then=then)
        finally:
            self._is_sounding = False
            # Home Assistant sets the state to idle once we have returned; what has begun by then is shown after that.
            self._shown = Activity.IDLE
            self.hass.loop.call_soon(self._show_activity)

    @callback
    def _show_activity(self) -> None:
        """Let the state follow what the satellite is doing. One that is away does nothing."""
        satellite = self.satellite
        activity = Activity.of(satellite.activity) if satellite is not None and self.available else Activity.IDLE
        if self._is_sounding and not (self._is_heard_out and activity is Activity.LISTENING):
            return
        before, self._shown = self._shown, activity
        for event in events_between(before, activity):
            pipeline_event(self, event)
        if activity is Activity.IDLE and before is not Activity.IDLE:
            self.tts_response_finished()

    @callback
    @override
    def _resolve_pipeline(self) -> str | None:
        """Return the pipeline whose voice announces: one that is ours, where there is one, before the preferred one.

        Home Assistant keeps this name to itself. It would speak with the preferred pipeline's voice, which may be a
        cloud's, and refuse to start a conversation where its own agent is preferred, which has no part in ours.
        """
        entry = self.platform.config_entry
        assert entry is not None  # noqa: S101 - the type says that a platform may have none; ours are set up by an entry
        entities = er.async_entries_for_config_entry(er.async_get(self.hass), entry.entry_id)
        ours = {entity.entity_id for entity in entities}
        return next(
            (
                pipeline.id
                for pipeline in async_get_pipelines(self.hass)
                if pipeline.conversation_engine in ours and pipeline.tts_engine in ours
            ),
            super()._resolve_pipeline(),
        )
