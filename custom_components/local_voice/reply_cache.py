"""Home Assistant's copies of spoken replies: they go when the gateway forgets something, also while we were away.

It keeps the sound of short replies by a hash of their text, and has no action for less than all of them. The gateway
counts its deletions; up to which of them the copies have gone is kept, in a file for each gateway.
"""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.tts import DOMAIN as TTS
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.storage import Store

from .const import DOMAIN

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import datetime

    from .gateway import LocalVoiceConfigEntry

SERVICE_CLEAR_CACHE: Final = "clear_cache"
AGAIN_AFTER: Final = timedelta(seconds=10)
"""A reply that was still being spoken is written to the cache once it is over; by then it is."""
VERSION: Final = 1
CLEARED: Final = "cleared"
"""The number of the last deletion after which the copies have gone."""

_LOGGER = logging.getLogger(__name__)

type _Stored = Store[dict[str, Any]]


async def async_watch(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    """Clear the cache for what was forgotten meanwhile, and whenever something is, until the entry is unloaded."""
    store = _store(hass, entry)
    cache = _ReplyCache(hass, entry, store, await _cleared(store))
    entry.async_on_unload(entry.runtime_data.ledger.on_change(cache.look))
    entry.async_on_unload(cache.stop)
    cache.look()


async def async_forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget what was kept of a gateway."""
    await _store(hass, entry).async_remove()


class _ReplyCache:
    """The cache, as one gateway has it cleared: at once, and soon once more. Only then is that kept.

    So where Home Assistant ends in between, it is cleared at the next start.
    """

    def __init__(self, hass: HomeAssistant, entry: LocalVoiceConfigEntry, store: _Stored, deletions: int) -> None:
        self._hass = hass
        self._entry = entry
        self._store = store
        self._deletions = deletions
        self._again: CALLBACK_TYPE | None = None

    @callback
    def look(self) -> None:
        """Clear it where the gateway names another number of deletions than we know."""
        kept = self._entry.runtime_data.ledger.kept
        if kept is None or not kept.is_there or kept.deletions == self._deletions:
            return
        self._deletions = kept.deletions
        if self._again is not None:
            self._again()
        self._entry.async_create_task(self._hass, self._clear(), "clear replies")
        self._again = async_call_later(self._hass, AGAIN_AFTER, self._look_again)

    @callback
    def stop(self) -> Coroutine[Any, Any, None] | None:
        """Do now what was to be done soon; it is waited for."""
        if self._again is None:
            return None
        self._again()
        return self._clear_for_good()

    @callback
    def _look_again(self, _now: datetime) -> None:
        self._again = None
        self._entry.async_create_task(self._hass, self._clear_for_good(), "clear replies for good")

    async def _clear_for_good(self) -> None:
        deletions = self._deletions  # of what is forgotten meanwhile, copies may come yet
        await self._clear()
        await self._store.async_save({CLEARED: deletions})

    async def _clear(self) -> None:
        # Where there is no text-to-speech in Home Assistant, there is no cache either.
        if self._hass.services.has_service(TTS, SERVICE_CLEAR_CACHE):
            await self._hass.services.async_call(TTS, SERVICE_CLEAR_CACHE, blocking=True)


def _store(hass: HomeAssistant, entry: ConfigEntry) -> _Stored:
    return Store(hass, VERSION, f"{DOMAIN}.replies_{entry.entry_id}", private=True, atomic_writes=True)


async def _cleared(store: _Stored) -> int:
    """Return up to which deletion the copies have gone; none where that is not known: they are cleared once more."""
    try:
        stored = await store.async_load()
        return 0 if stored is None else int(stored[CLEARED])
    except Exception:
        _LOGGER.exception("%s cannot be used", store.path)
        return 0
