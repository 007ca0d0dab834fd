"""A small house in Home Assistant, with things that really switch, lock and play."""

import asyncio
from typing import Any, Final

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.light import ColorMode, LightEntity
from homeassistant.components.lock import LockEntity
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
from homeassistant.components.switch import SwitchEntity
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import floor_registry as fr
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component

WORLD: Final = "Pallene Quisquiliae"
"""A name of something that is not exposed; it must appear nowhere."""


class Lamp(LightEntity):
    """A light that can be dimmed."""

    _attr_should_poll = False
    _attr_color_mode = ColorMode.BRIGHTNESS
    _attr_is_on = False

    def __init__(self) -> None:
        self._attr_supported_color_modes = {ColorMode.BRIGHTNESS}

    async def async_turn_on(self, **kwargs: Any) -> None:
        self._attr_is_on = True
        self._attr_brightness = kwargs.get("brightness", 255)
        self.async_write_ha_state()

    async def async_turn_off(self, **kwargs: Any) -> None:
        self._attr_is_on = False
        self.async_write_ha_state()


class Plug(SwitchEntity):
    """A switch."""

    _attr_should_poll = False
    _attr_is_on = False

    async def async_turn_on(self, **kwargs: Any) -> None:
        self._attr_is_on = True
        self.async_write_ha_state()


class Door(LockEntity):
    """A lock."""

    _attr_should_poll = False
    _attr_is_locked = True

    async def async_unlock(self, **kwargs: Any) -> None:
        self._attr_is_locked = False
        self.async_write_ha_state()

    async def async_lock(self, **kwargs: Any) -> None:
        self._attr_is_locked = True
        self.async_write_ha_state()


class Player(MediaPlayerEntity):
    """A player that finds what has "queen" in it."""

    _attr_should_poll = False
    _attr_state = MediaPlayerState.IDLE
    _attr_supported_features = MediaPlayerEntityFeature.SEARCH_MEDIA | MediaPlayerEntityFeature.PLAY_MEDIA

    def __init__(self) -> None:
        self.played: list[str] = []

    async def async_search_media(self, query: SearchMediaQuery) -> SearchMedia:
        found = BrowseMedia(
            media_class=MediaClass.TRACK,
            media_content_id="track:1",
            media_content_type=MediaType.TRACK,
            title="Bohemian Rhapsody",
            can_play=True,
            can_expand=False,
        )
        return SearchMedia(result=[found] if "queen" in query.search_query else [])

    async def async_play_media(self, media_type: str, media_id: str, **kwargs: Any) -> None:
        self.played.append(media_id)
        self._attr_state = MediaPlayerState.PLAYING
        self.async_write_ha_state()


class SmallHouse:
    """Kitchen and bedroom on two floors, with a thing of each kind."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.lamp, self.bedside, self.secret = Lamp(), Lamp(), Lamp()
        self.kettle, self.door = Plug(), Door()
        self.kitchen_player, self.bedroom_player = Player(), Player()

    async def build(self) -> SmallHouse:
        """Set it up."""
        hass = self.hass
        for component in ("homeassistant", "conversation", "intent", "light", "switch", "lock", "media_player"):
            assert await async_setup_component(hass, component, {})
        floor = fr.async_get(hass).async_create("Ground floor", aliases={"downstairs"}, level=0)
        areas = ar.async_get(hass)
        kitchen = areas.async_create("Kitchen", floor_id=floor.floor_id, aliases={"galley"})
        bedroom = areas.async_create("Bedroom")
        await self.add("light", self.lamp, "Kitchen light", kitchen.id)
        await self.add("light", self.bedside, "Bedside lamp", bedroom.id)
        await self.add("light", self.secret, WORLD, kitchen.id, is_exposed=False)
        await self.add("switch", self.kettle, "Kettle", kitchen.id)
        await self.add("lock", self.door, "Front door", None)
        await self.add("media_player", self.kitchen_player, "Kitchen speaker", kitchen.id)
        await self.add("media_player", self.bedroom_player, "Bedroom speaker", bedroom.id)
        await hass.async_block_till_done()
        return self

    async def add(self, domain: str, entity: Entity, name: str, area_id: str | None, *, is_exposed: bool = True) -> str:
        """Add a thing; return its id."""
        entity._attr_name = name
        entity._attr_unique_id = name
        await self.hass.data[domain].async_add_entities([entity])
        er.async_get(self.hass).async_update_entity(entity.entity_id, area_id=area_id)
        expose(self.hass, entity.entity_id, is_exposed)
        return entity.entity_id


def expose(hass: HomeAssistant, entity_id: str, is_exposed: bool) -> None:
    """Let voice assistants see a thing, or no more."""
    async_expose_entity(hass, conversation.DOMAIN, entity_id, is_exposed)


async def until_state(hass: HomeAssistant, entity_id: str, wanted: str) -> State:
    """Wait until a thing is in this state, and return it."""
    changed = asyncio.Event()

    @callback
    def note(_event: Event[EventStateChangedData]) -> None:
        changed.set()

    stop = async_track_state_change_event(hass, entity_id, note)
    try:
        async with asyncio.timeout(3):
            while (state := hass.states.get(entity_id)) is None or state.state != wanted:
                changed.clear()
                await changed.wait()
    finally:
        stop()
    return state
