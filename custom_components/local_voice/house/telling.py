"""Telling the gateway of the house: all of it, then what is different, until the connection ends.

Whatever happens in Home Assistant only marks things that may be different. What is marked is looked at soon after, and
told if it really is: so nothing is told twice, and a burst of changes is one message.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_listen_entity_updates
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE, EVENT_STATE_CHANGED
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import floor_registry as fr

from ..wire.house_messages import (
    EntitiesChanged,
    EntityWords,
    HouseBegin,
    HouseEnd,
    HousePart,
    SentencesKnown,
    StatesChanged,
    StateWords,
)
from ..wire.wire_types import MOST_ENTITIES_A_MESSAGE
from .house import (
    MOST_ENTITIES,
    PART_BYTES,
    WHAT_IT_IS,
    area_words,
    entity_words,
    floor_words,
    in_parts,
    size_bytes,
)
from .kinds import RUNNING
from .protected import GUARDED
from .sentence_issue import note_unusable
from .sentence_parts import NONE

if TYPE_CHECKING:
    from ..wire.codec import Message
    from ..wire.sentence_messages import SentencesPart
    from .guards import Guards
    from .sentences import OwnSentences

LONGEST_NAME_CHARS: Final = 255
PERSON: Final = "person"
MOST_PEOPLE: Final = 64
"""More than a house has beds; as on the gateway's side."""
COALESCE_S: Final = 0.1
"""Changes this close together are told together: half of what people take for "at once"."""
AT_ONCE: Final = 50
"""Things that are looked at before other work gets its turn: about 5 ms on a small computer."""
_RENAMING: Final = frozenset({"area_id", "labels", "name", "name_by_user", "parent_device_id"})
"""What of a device changes how its things are called, where they stand, or which scripts mean them."""
_PLACE_BYTES: Final = PART_BYTES // 50
"""More than a room takes, so that fifty of them make a part."""

_LOG = logging.getLogger(__name__)

type Say = Callable[[Message], Awaitable[None]]


class Telling:
    """One connection's telling. Begins with `run`, ends when that is cancelled."""

    def __init__(self, hass: HomeAssistant, sentences: OwnSentences, say: Say, guards: Callable[[], Guards]) -> None:
        """Tell by way of `say`; `guards` returns what the household decided about its things."""
        self._hass = hass
        self._guards = guards
        self._sentences = sentences
        self._say = say
        self._told: dict[str, EntityWords] = {}
        self._begin: HouseBegin | None = None
        self._places: object = None
        self._sentences_told: bool | None = None
        self._parts_told: tuple[SentencesPart, ...] = NONE
        self._marked: set[str] = set()
        self._is_all_marked = False
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Tell everything, then what is different."""
        stop = self._listen()
        try:
            await self._tell_sentence_parts()
            await self._tell_house()
            await self._tell_sentences()
            while True:
                await self._news.wait()
                await asyncio.sleep(COALESCE_S)
                self._news.clear()
                await self._tell_news()
        finally:
            for each in stop:
                each()

    @callback
    def notice(self) -> None:
        """Look soon whether something is different that concerns the whole."""
        self._news.set()

    @callback
    def notice_all(self) -> None:
        """Look soon whether anything is different."""
        self._on_all()

    # What marks things

    def _listen(self) -> list[CALLBACK_TYPE]:
        bus = self._hass.bus
        return [
            bus.async_listen(EVENT_STATE_CHANGED, self._on_state, event_filter=self._is_of_interest),
            bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._on_entity),
            bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._on_all, event_filter=_is_renaming),
            bus.async_listen(ar.EVENT_AREA_REGISTRY_UPDATED, self._on_all),
            bus.async_listen(fr.EVENT_FLOOR_REGISTRY_UPDATED, self._on_all),
            bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._on_all),
            async_listen_entity_updates(self._hass, conversation.DOMAIN, self._on_all),
        ]

    @callback
    def _is_of_interest(self, data: EventStateChangedData) -> bool:
        if not self._told or _is_new_or_gone(data) or _is_renamed_person(data):
            return True
        return data["entity_id"] in self._told

    @callback
    def _on_state(self, event: Event[EventStateChangedData]) -> None:
        self._mark(event.data["entity_id"])
        if _is_renamed_person(event.data):
            self._on_all()
        if _is_new_or_gone(event.data):
            self._mark_what_runs(event.data["entity_id"])

    @callback
    def _on_entity(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        self._mark(event.data["entity_id"])
        if event.data["action"] == "update" and "old_entity_id" in event.data:
            self._mark(event.data["old_entity_id"])
        self._mark_what_runs(event.data["entity_id"])

    @callback
    def _on_all(self, _event: Event[Any] | None = None) -> None:
        self._is_all_marked = True
        self._news.set()

    def _mark(self, entity_id: str) -> None:
        self._marked.add(entity_id)
        self._news.set()

    def _mark_what_runs(self, entity_id: str) -> None:
        """Mark what may do something else now that this is another: a script that unlocks all that is in a room."""
        if _domain(entity_id) in GUARDED | RUNNING or entity_id in self._guards().things:
            self._marked.update(one for one in self._told if _domain(one) in RUNNING)

    # What is told

    async def _tell_house(self) -> None:
        """Tell all of it; what is marked meanwhile is looked at afterwards."""
        self._is_all_marked = False
        floors, areas = floor_words(self._hass), area_words(self._hass)
        self._begin, self._places = self._beginning(), (floors, areas)
        words = await self._look_at(self._hass.states.async_entity_ids())
        if len(words) > MOST_ENTITIES:
            _LOG.warning("Only %d of %d exposed entities are told to the gateway", MOST_ENTITIES, len(words))
        self._told = {one: each for one, each in list(words.items())[:MOST_ENTITIES] if each is not None}
        await self._say(self._begin)
        await self._say(HousePart(floors=floors))
        for some in in_parts((area, _PLACE_BYTES) for area in areas):
            await self._say(HousePart(areas=some))
        for part in in_parts((each, size_bytes(each)) for each in self._told.values()):
            await self._say(HousePart(entities=part))
            await asyncio.sleep(0)
        await self._say(HouseEnd())

    async def _tell_sentences(self) -> None:
        if self._sentences_told != self._sentences.exist:
            self._sentences_told = self._sentences.exist
            await self._say(SentencesKnown(exist=self._sentences.exist))

    async def _tell_sentence_parts(self) -> None:
        """Tell the sentences of the household's own, for the gateway to recognise; before the house, it is one work."""
        parts = await self._sentences.parts()
        if parts != self._parts_told:
            self._parts_told = parts
            for part in parts:
                await self._say(part)
        note_unusable(self._hass, self._sentences.unusable)

    async def _tell_news(self) -> None:
        is_all, marked = self._is_all_marked, self._marked
        self._is_all_marked, self._marked = False, set()
        places = floor_words(self._hass), area_words(self._hass)
        if is_all and (places != self._places or self._beginning() != self._begin):
            await self._tell_house()
        else:
            await self._tell_entities({*self._told, *self._hass.states.async_entity_ids()} if is_all else marked)
        await self._tell_sentence_parts()
        await self._tell_sentences()

    async def _tell_entities(self, entity_ids: Iterable[str]) -> None:
        changed: list[EntityWords] = []
        states: list[EntityWords] = []
        removed: list[str] = []
        for entity_id, now in (await self._look_at(entity_ids, also_gone=True)).items():
            before = self._told.get(entity_id)
            if now is None:
                if self._told.pop(entity_id, None) is not None:
                    removed.append(entity_id)
            elif now != before and (before is not None or len(self._told) < MOST_ENTITIES):
                self._told[entity_id] = now
                (states if before is not None and _is_called(before) == _is_called(now) else changed).append(now)
        for start in range(0, len(removed), MOST_ENTITIES_A_MESSAGE // 2):
            await self._say(EntitiesChanged(removed=tuple(removed[start : start + MOST_ENTITIES_A_MESSAGE // 2])))
        for part in in_parts((each, size_bytes(each)) for each in changed):
            await self._say(EntitiesChanged(changed=part))
        for part in in_parts((each, size_bytes(each)) for each in states):
            await self._say(
                StatesChanged(
                    states=tuple(StateWords(id=each.id, state=each.state, attributes=each.attributes) for each in part)
                )
            )

    async def _look_at(self, entity_ids: Iterable[str], *, also_gone: bool = False) -> Mapping[str, EntityWords | None]:
        """Return how things are, without keeping others waiting."""
        found: dict[str, EntityWords | None] = {}
        guards = self._guards()
        for count, entity_id in enumerate(sorted(entity_ids), start=1):
            words = entity_words(self._hass, entity_id, guards)
            if words is not None or also_gone:
                found[entity_id] = words
            if count % AT_ONCE == 0:
                await asyncio.sleep(0)
        return found

    def _beginning(self) -> HouseBegin:
        config = self._hass.config
        return HouseBegin(
            name=config.location_name[:LONGEST_NAME_CHARS],
            language=config.language,
            temperature_unit=config.units.temperature_unit,
            people=self._people(),
        )

    def _people(self) -> tuple[str, ...]:
        """Return what the people who live here are called, exposed or not: for what must not leave the home."""
        names = {state.name[:LONGEST_NAME_CHARS] for state in self._hass.states.async_all(PERSON)}
        return tuple(sorted(names)[:MOST_PEOPLE])


def _is_called(words: EntityWords) -> tuple[object, ...]:
    """Return all that a new state leaves as it is."""
    attributes = words.attributes
    guard = words.guard, words.guard_area_ids
    return words.name, words.aliases, words.area_id, guard, *(attributes.get(key) for key in WHAT_IT_IS)


def _domain(entity_id: str) -> str:
    return entity_id.partition(".")[0]


@callback
def _is_new_or_gone(data: EventStateChangedData) -> bool:
    return data["old_state"] is None or data["new_state"] is None


@callback
def _is_renamed_person(data: EventStateChangedData) -> bool:
    """Return whether somebody came, went, or is called something else."""
    if _domain(data["entity_id"]) != PERSON:
        return False
    before, now = data["old_state"], data["new_state"]
    return before is None or now is None or before.name != now.name


@callback
def _is_renaming(data: Mapping[str, Any]) -> bool:
    return data["action"] == "update" and not _RENAMING.isdisjoint(data["changes"])
