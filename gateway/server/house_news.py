"""A house as a home tells it: put together from its parts, and what became different since. Pure, and bounded.

What is not yet used waits here merged, so that a home which tells much at once is never more than one step ahead.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.errors import ProtocolError
from gateway.house import Area, Entity, Floor, House
from gateway.own_sentences import NO_SENTENCES, OwnSentences
from gateway.server.sentence_news import SentenceNews
from gateway.server.services import StateNews
from gateway.server.translate import area_of, attributes_of, entity_of, floor_of
from gateway.wire.messages import Message, name_of
from gateway.wire.sentence_words import SentencesPart
from gateway.wire.voice_words import (
    AreaWords,
    EntitiesChanged,
    EntityWords,
    FloorWords,
    HouseBegin,
    HouseEnd,
    HousePart,
    StatesChanged,
)

MOST_ENTITIES: Final = 10_000
"""Five times the largest house we measure."""
MOST_AREAS: Final = 500
MOST_FLOORS: Final = 100


@dataclass(slots=True, kw_only=True)
class News:
    """What the household does not know yet, to be told in this order."""

    house: House | None = None
    changed: dict[str, Entity] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    states: dict[str, StateNews] = field(default_factory=dict)
    sentences: OwnSentences | None = None

    def __bool__(self) -> bool:
        is_about_things = bool(self.house or self.changed or self.removed or self.states)
        return is_about_things or self.sentences is not None


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A house that is not whole yet. What is told twice counts as it was told last."""

    begin: HouseBegin
    floors: dict[str, FloorWords] = field(default_factory=dict)
    areas: dict[str, AreaWords] = field(default_factory=dict)
    entities: dict[str, EntityWords] = field(default_factory=dict)

    def add(self, part: HousePart) -> bool:
        """Take a part; return whether the house is still of a size that we can use."""
        self.floors |= {floor.id: floor for floor in part.floors}
        self.areas |= {area.id: area for area in part.areas}
        self.entities |= {entity.id: entity for entity in part.entities}
        return len(self.floors) <= MOST_FLOORS and len(self.areas) <= MOST_AREAS and len(self.entities) <= MOST_ENTITIES

    def house(self, sentences: OwnSentences) -> House:
        floors: Iterable[Floor] = map(floor_of, self.floors.values())
        areas: Iterable[Area] = (area_of(area, self.floors) for area in self.areas.values())
        return House(
            name=self.begin.name,
            language=self.begin.language,
            temperature_unit=self.begin.temperature_unit,
            floors=tuple(floors),
            areas=tuple(areas),
            entities=tuple(entity_of(entity, self.areas) for entity in self.entities.values()),
            people=self.begin.people,
            sentences=sentences,
        )


class HouseNews:
    """Takes what one home tells of its house; gives what the household has to be told."""

    def __init__(self) -> None:
        self._draft: _Draft | None = None
        self._news = News()
        self._entity_ids: set[str] | None = None
        self._sentences = SentenceNews()
        self._told_sentences = NO_SENTENCES
        self.area_ids: frozenset[str] = frozenset()
        """The rooms of the last whole house."""

    def told(self, message: Message) -> bool:
        """Take a message; return whether it was about the house at all.

        Raises ProtocolError: `out_of_order` before a house has begun or is whole, `too_many` beyond the limits; a house
        that is too large is forgotten, the one before holds.
        """
        match message:
            case HouseBegin():
                self._draft = _Draft(begin=message)
            case HousePart():
                self._part(message)
            case HouseEnd():
                self._end()
            case EntitiesChanged():
                self._entities_changed(message)
            case StatesChanged():
                self._states_changed(message)
            case SentencesPart():
                self._sentences_part(message)
            case _:
                return False
        return True

    def take(self) -> News:
        """Return what was told since this was asked last."""
        news, self._news = self._news, News()
        return news

    def _part(self, part: HousePart) -> None:
        if not self._begun().add(part):
            self._draft = None
            raise ProtocolError(
                "too_many",
                f"a house has at most {MOST_ENTITIES} entities, {MOST_AREAS} areas and {MOST_FLOORS} floors; "
                "expose fewer entities to the assistant",
                about=name_of(HousePart),
            )

    def _end(self) -> None:
        house = self._begun().house(self._told_sentences)
        self._draft = None
        self._news = News(house=house)
        self._entity_ids = {entity.id for entity in house.entities}
        self.area_ids = frozenset(area.id for area in house.areas)

    def _entities_changed(self, message: EntitiesChanged) -> None:
        known = self._whole(EntitiesChanged)
        after = (known - set(message.removed)) | {entity.id for entity in message.changed}
        if len(after) > MOST_ENTITIES:
            raise ProtocolError(
                "too_many", f"a house has at most {MOST_ENTITIES} entities", about=name_of(EntitiesChanged)
            )
        self._entity_ids, news = after, self._news
        for gone in known & set(message.removed):
            news.removed.add(gone)
            news.changed.pop(gone, None)
            news.states.pop(gone, None)
        for words in message.changed:
            news.changed[words.id] = entity_of(words, self.area_ids)
            news.removed.discard(words.id)
            news.states.pop(words.id, None)

    def _states_changed(self, message: StatesChanged) -> None:
        known, news = self._whole(StatesChanged), self._news
        for words in message.states:
            entity = news.changed.get(words.id)
            attributes = attributes_of(words.attributes)
            if entity is not None:
                news.changed[words.id] = replace(entity, state=words.state, attributes=attributes)
            elif words.id in known:
                news.states[words.id] = (words.id, words.state, attributes)

    def _sentences_part(self, message: SentencesPart) -> None:
        told = self._sentences.told(message)
        if told is not None:
            self._told_sentences = told
            if self._entity_ids is not None:  # or else they come with the house
                self._news.sentences = told

    def _begun(self) -> _Draft:
        if self._draft is None:
            raise ProtocolError("out_of_order", "a house begins with `house_begin`")
        return self._draft

    def _whole(self, kind: type[Message]) -> set[str]:
        if self._entity_ids is None:
            raise ProtocolError("out_of_order", "only a whole house can change", about=name_of(kind))
        return self._entity_ids
