"""A speaker that can be asked for music."""

from typing import Any

from homeassistant.components.media_player import (
    BrowseMedia,
    MediaClass,
    MediaPlayerEntity,
    MediaPlayerEntityFeature,
    MediaPlayerState,
    MediaType,
    SearchMedia,
    SearchMediaQuery,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .thing import Thing


async def async_setup_entry(
    hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Put them there."""
    async_add_entities(
        [Speaker("media_player", "Kitchen speaker", "Kitchen"), Speaker("media_player", "Office speaker", "Office")]
    )


class Speaker(Thing, MediaPlayerEntity):
    """It finds whatever it is asked for, and says that it plays it."""

    _attr_state = MediaPlayerState.IDLE
    _attr_volume_level = 0.5
    _attr_supported_features = (
        MediaPlayerEntityFeature.PLAY
        | MediaPlayerEntityFeature.PAUSE
        | MediaPlayerEntityFeature.STOP
        | MediaPlayerEntityFeature.PLAY_MEDIA
        | MediaPlayerEntityFeature.SEARCH_MEDIA
        | MediaPlayerEntityFeature.VOLUME_SET
    )

    async def async_search_media(self, query: SearchMediaQuery) -> SearchMedia:
        """Find one track of that name."""
        found = BrowseMedia(
            media_class=MediaClass.TRACK,
            media_content_id=f"track:{query.search_query}",
            media_content_type=MediaType.MUSIC,
            title=query.search_query,
            can_play=True,
            can_expand=False,
        )
        return SearchMedia(result=[found])

    async def async_play_media(self, media_type: MediaType | str, media_id: str, **kwargs: Any) -> None:
        """Play it."""
        self._attr_media_title = media_id.removeprefix("track:")
        self._attr_media_content_id = media_id
        self._show(MediaPlayerState.PLAYING)

    async def async_media_play(self) -> None:
        """Go on."""
        self._show(MediaPlayerState.PLAYING)

    async def async_media_pause(self) -> None:
        """Pause."""
        self._show(MediaPlayerState.PAUSED)

    async def async_media_stop(self) -> None:
        """Stop."""
        self._show(MediaPlayerState.IDLE)

    async def async_set_volume_level(self, volume: float) -> None:
        """Set how loud it is."""
        self._attr_volume_level = volume
        self.async_write_ha_state()

    def _show(self, state: MediaPlayerState) -> None:
        self._attr_state = state
        self.async_write_ha_state()
