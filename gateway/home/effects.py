"""What carrying out a request comes to: the situation it is asked in, and its effect on the house, both as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.events import NO_SLOTS, ActionRequest, ActionResult, Slots, StateChange
from gateway.home.targets import Constraints, Targets, find_targets
from gateway.home.titles import CATALOGUE, Title
from gateway.house import AttributeValue, Entity, House


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything that carrying out a request may look at."""

    house: House
    request: ActionRequest
    now: datetime
    """Local time, with its zone."""
    last_paused: frozenset[str] = frozenset()
    """The players that were paused by voice, for "resume"."""
    catalogue: tuple[Title, ...] = CATALOGUE
    """What can be played."""

    @property
    def slots(self) -> Slots:
        """The intent's slots."""
        return self.request.intent.slots


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What is different afterwards, or why nothing is."""

    matched: tuple[Entity, ...] = ()
    """Those that were meant, with their states afterwards."""
    also: tuple[Entity, ...] = ()
    """Others that changed with them, as a scene changes lights."""
    untold: tuple[Entity, ...] = ()
    """Things that nobody told us of and that change too: their id is only a kind, their name that of the scene."""
    unmatched: tuple[Entity, ...] = ()
    speech_slots: Mapping[str, object] = field(default_factory=dict)
    error: str | None = None
    error_slots: Slots = field(default=NO_SLOTS)


type Handler = Callable[[Situation], Effect]
type Change = Callable[[Entity], Entity | None]
"""Returns a thing as it is afterwards; None where it cannot do that."""


def acting(situation: Situation, wanted: Constraints, change: Change) -> Effect:
    """Change all that are meant. Those that cannot are left alone; if none can, that is the error."""
    targets = find_targets(situation.house, wanted)
    if targets.error is not None:
        return failed(targets)
    changed = tuple(after for entity in targets.entities if (after := change(entity)) is not None)
    return Effect(matched=changed) if changed else Effect(error="feature_not_supported")


def failed(targets: Targets) -> Effect:
    """Return the effect of nobody being meant."""
    return Effect(error=targets.error, error_slots=targets.error_slots)


def told(effect: Effect, changes: tuple[StateChange, ...] = ()) -> ActionResult:
    """Return what an answer needs to know of an effect that changed this."""
    return ActionResult(
        error=effect.error,
        error_slots=effect.error_slots,
        changes=changes,
        matched=effect.matched,
        unmatched=effect.unmatched,
        speech_slots=effect.speech_slots,
    )


def changed(entity: Entity, state: str | None = None, **attributes: AttributeValue) -> Entity:
    """Return an entity with another state and these attributes; an attribute that is None is taken away."""
    kept = {key: value for key, value in {**entity.attributes, **attributes}.items() if value is not None}
    return replace(entity, state=entity.state if state is None else state, attributes=kept)


def number(value: AttributeValue, otherwise: float = 0) -> float:
    """Return a slot or an attribute as a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return otherwise
    return value
