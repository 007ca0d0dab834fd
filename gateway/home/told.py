"""The house as Home Assistant last told it: whole, then what is different. Keeps it; decides nothing.

Everything comes validated from the wire. A place that something refers to need not exist.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gateway.house import AttributeValue, Entity, House
from gateway.own_sentences import OwnSentences

MOST_ENTITIES: Final = 20_000
"""Ten times what is promised; a home that never stops telling must not fill memory."""
_WHAT_IT_IS: Final = ("device_class", "sets")
"""The attributes that say what a thing is, not how it is: a new state leaves them. Confirmations stand on them."""


class ToldHouse:
    """A house that somebody else keeps; empty until it is told."""

    def __init__(self) -> None:
        self._house = House(name="")
        self._entities: dict[str, Entity] = {}
        self._is_current = True
        self.is_empty = True
        """Whether nothing was told yet, or all of it was forgotten."""

    @property
    def house(self) -> House:
        """The house as it is now; its `revision` grows with what understanding depends on."""
        if not self._is_current:
            self._house = replace(self._house, entities=tuple(self._entities.values()))
            self._is_current = True
        return self._house

    @property
    def revision(self) -> int:
        """`house.revision`, without putting the house together."""
        return self._house.revision

    def use(self, house: House) -> None:
        """Take a whole house, forgetting the one before."""
        self.is_empty = False
        self._entities = {entity.id: entity for entity in house.entities[:MOST_ENTITIES]}
        self._house = replace(house, revision=self.revision + 1)
        self._is_current = False

    def use_sentences(self, sentences: OwnSentences) -> None:
        """Take these for the household's own sentences."""
        if sentences != self._house.sentences:
            self._house = replace(self._house, sentences=sentences, revision=self.revision + 1)
            self._is_current = False

    def forget(self) -> None:
        """Be empty again."""
        self.use(House(name=""))
        self.is_empty = True

    def change(self, changed: Iterable[Entity], removed: Iterable[str]) -> None:
        """Take things that are new or different, and forget others."""
        self.is_empty = False
        is_renamed = False
        for entity_id in removed:
            is_renamed |= self._entities.pop(entity_id, None) is not None
        for entity in changed:
            before = self._entities.get(entity.id)
            if before is None and len(self._entities) >= MOST_ENTITIES:
                continue
            is_renamed |= before is None or _called(before) != _called(entity)
            self._entities[entity.id] = entity
        if is_renamed:
            self._house = replace(self._house, revision=self.revision + 1)
        self._is_current = False

    def states(self, states: Iterable[tuple[str, str, Mapping[str, AttributeValue]]]) -> None:
        """Take what states have become: id, state and all attributes; what is not known is left out."""
        for entity_id, state, attributes in states:
            before = self._entities.get(entity_id)
            if before is not None:
                kept = {key: before.attributes[key] for key in _WHAT_IT_IS if key in before.attributes}
                after = MappingProxyType({**attributes, **kept})
                self._entities[entity_id] = replace(before, state=state, attributes=after)
        self._is_current = False


def _called(entity: Entity) -> tuple[object, ...]:
    """Return what understanding knows of a thing; its kind is part of its id."""
    return entity.name, entity.aliases, entity.area_id, entity.attributes.get("device_class")
