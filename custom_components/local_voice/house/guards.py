"""What the household decided about its things: what needs a yes or a PIN, what voice never changes, and from where.

It decides for things and for whole kinds of them, in Home Assistant; where two of its decisions are about one thing,
the stricter one holds. What it did not decide is as usual: things of a protected kind need a yes, others nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Final

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er

from ..const import CONF_AREAS, CONF_ENTITIES, CONF_KINDS, CONF_LEVEL, SUBENTRY_PROTECTED
from .kinds import OVEN_DOMAINS, RUNNING, Kind, is_less_safe, kind_of

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry


class Level(StrEnum):
    """What has to be before a thing is changed by voice, the laxest first."""

    FREE = "free"
    CONFIRM = "confirm"
    """It is read back, and somebody says yes."""
    PIN = "pin"
    """And says the PIN."""
    NEVER = "never"


_STRICTNESS: Final = tuple(Level)


@dataclass(frozen=True, slots=True)
class Guard:
    """What is decided of one thing."""

    level: Level
    area_ids: frozenset[str] = frozenset()
    """The rooms from which it may be asked for; none for all of them."""

    def __and__(self, other: Guard) -> Guard:
        """Return what holds where both do: where no room is left, it is never done."""
        both = self.area_ids & other.area_ids
        if self.area_ids and other.area_ids and not both:
            return Guard(Level.NEVER)
        return Guard(max(self.level, other.level, key=_STRICTNESS.index), both or self.area_ids | other.area_ids)


CONFIRM: Final = Guard(Level.CONFIRM)


@callback
def strictest(guards: Iterable[Guard]) -> Guard | None:
    """Return what holds where all of them do; None where there are none."""
    found = list(guards)
    return reduce(Guard.__and__, found) if found else None


class Guards:
    """All that is decided, at one moment."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, language: str, *, usual: Guard | None = CONFIRM
    ) -> None:
        """Take the decisions of an entry; `language` is the one in which its gateway knows names.

        `usual` is what things of a protected kind need that nothing was decided about.
        """
        self._hass = hass
        self.usual: Final = usual
        self._language = language
        self._of_thing: dict[str, Guard] = {}
        self._of_kind: dict[Kind, Guard] = {}
        for subentry in entry.subentries.values():
            if subentry.subentry_type == SUBENTRY_PROTECTED:
                self._take(subentry.data)

    @property
    def things(self) -> Collection[str]:
        """The things that something was decided about."""
        return self._of_thing.keys()

    @cached_property
    def watched(self) -> frozenset[str]:
        """The things that scripts are to be read for besides those whose domain is guarded as such."""
        ovens = (one for one in self._hass.states.async_entity_ids(OVEN_DOMAINS) if self.kind_of(one) is not None)
        return frozenset(self._of_thing) | frozenset(ovens)

    def kind_of(self, entity_id: str) -> Kind | None:
        """Return the protected kind of a thing, if it is of one."""
        return kind_of(self._hass, entity_id, self._language)

    def decided(self, entity_id: str) -> Guard | None:
        """Return what the household decided of a thing, or of its kind; None where it decided nothing."""
        if (own := self._of_thing.get(entity_id)) is not None:
            return own
        kind = self.kind_of(entity_id) if self._of_kind else None
        return None if kind is None else self._of_kind.get(kind)

    def needed(self, entity_id: str, state: str) -> Guard | None:
        """Return what has to be before a thing gets into a state; None where nothing has to.

        What makes a thing of a protected kind no less safe is free, unless it is never done by voice.
        """
        guard, kind = self.decided(entity_id), self.kind_of(entity_id)
        if kind is None:
            return guard
        is_never = guard is not None and guard.level is Level.NEVER
        if not is_never and not is_less_safe(kind, entity_id, state):
            return None
        return guard or self.usual

    def _take(self, decision: Mapping[str, object]) -> None:
        guard = Guard(Level(str(decision[CONF_LEVEL])), frozenset(_texts(decision.get(CONF_AREAS))))
        registry = er.async_get(self._hass)
        for named in _texts(decision.get(CONF_ENTITIES)):
            entity_id = er.async_resolve_entity_id(registry, named)
            if entity_id is not None:
                before = self._of_thing.get(entity_id)
                self._of_thing[entity_id] = guard if before is None else before & guard
        for kind in map(Kind, _texts(decision.get(CONF_KINDS))):
            usual = self._of_kind.get(kind)
            self._of_kind[kind] = guard if usual is None else usual & guard


def held(state: State) -> set[str]:
    """Return what is in a group; nothing for what is none."""
    within = () if state.domain in RUNNING else state.attributes.get(ATTR_ENTITY_ID, ())
    return {str(one) for one in within} if isinstance(within, list | tuple) else set()


@callback
def members(hass: HomeAssistant, entity_id: str) -> Iterator[str]:
    """Yield a thing, and what is in it where it is a group, and so on, each once; what a scene sets is not in it."""
    seen, waiting = {entity_id}, [entity_id]
    while waiting:
        yield (one := waiting.pop())
        state = hass.states.get(one)
        within = set() if state is None else held(state) - seen
        seen |= within
        waiting.extend(sorted(within))


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []
