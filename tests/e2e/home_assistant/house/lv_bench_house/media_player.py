"""Media players, with a record of many tracks in each."""

from homeassistant.components.media_player import MediaPlayerEntity, MediaPlayerEntityFeature, MediaPlayerState
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .thing import Thing, add_things

FIRST_TRACK = 5
VOLUME = 0.4


async def async_setup_entry(
    hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Put them there."""
    await add_things(hass, entry, async_add_entities, Player, "media_player")


class Player(Thing, MediaPlayerEntity):
    """At rest it is paused, so that it can go on."""

    _attr_supported_features = (
        MediaPlayerEntityFeature.PLAY
        | MediaPlayerEntityFeature.PAUSE
        | MediaPlayerEntityFeature.STOP
        | MediaPlayerEntityFeature.NEXT_TRACK
        | MediaPlayerEntityFeature.PREVIOUS_TRACK
        | MediaPlayerEntityFeature.VOLUME_SET
        | MediaPlayerEntityFeature.VOLUME_MUTE
        | MediaPlayerEntityFeature.TURN_ON
        | MediaPlayerEntityFeature.TURN_OFF
    )

    def become(self, *, is_working: bool) -> None:
        """Play, or pause."""
        self._attr_state = MediaPlayerState.PLAYING if is_working else MediaPlayerState.PAUSED
        self._attr_media_track = FIRST_TRACK
        self._attr_volume_level = VOLUME
        self._attr_is_volume_muted = False

    async def async_media_play(self) -> None:
        """Go on."""
        self._show(MediaPlayerState.PLAYING)

    async def async_media_pause(self) -> None:
        """Pause."""
        self._show(MediaPlayerState.PAUSED)

    async def async_media_stop(self) -> None:
        """Stop."""
        self._show(MediaPlayerState.IDLE)

    async def async_turn_on(self) -> None:
        """Turn it on."""
        self._show(MediaPlayerState.ON)

    async def async_turn_off(self) -> None:
        """Turn it off."""
        self._show(MediaPlayerState.OFF)

    async def async_media_next_track(self) -> None:
        """Skip a track."""
        self._skip(1)

    async def async_media_previous_track(self) -> None:
        """Play the track before."""
        self._skip(-1)

    async def async_set_volume_level(self, volume: float) -> None:
        """Set how loud it is."""
        self._attr_volume_level = volume
        self.async_write_ha_state()

    async def async_mute_volume(self, mute: bool) -> None:
        """Be silent, or not."""
        self._attr_is_volume_muted = mute
        self.async_write_ha_state()

    def _skip(self, count: int) -> None:
        self._attr_media_track = (self._attr_media_track or 0) + count
        self.async_write_ha_state()

    def _show(self, state: MediaPlayerState) -> None:
        self._attr_state = state
        self.async_write_ha_state()
