"""Which actions need a yes first, or a PIN, and which are never done by voice, or not from everywhere.

A lock that opens to a voice through the window is worse than one that asks. What counts is what would be different
afterwards, whether it was asked for by name or comes with a scene or a script. Decides only; the turn asks and listens,
and the home judges all of it again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gateway.events import ActionRequest
from gateway.house import ANYTHING, Entity, Guard
from gateway.turn.kinds import is_less_safe, is_of_protected_kind
from gateway.turn.policy_wordings import HOME_IS_AWAY, RUN_DOMAINS, WORDINGS, Wording


class Refusal(StrEnum):
    """Why something is not done. A home says so by the same words, as the error of what it did not do."""

    NOT_CONFIRMED = "not_confirmed"
    NEVER = "never_by_voice"
    ELSEWHERE = "not_from_here"
    WRONG_PIN = "wrong_pin"
    PIN_LOCKED = "pin_locked"
    """There were too many wrong ones."""
    NO_PIN = "no_pin"
    """One is needed, and none was ever chosen."""
    LATER = "pin_later"
    """It is to be done later, and nobody keeps a PIN until then."""


STRICTNESS = tuple(Guard)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What has to be before a request is done."""

    entities: tuple[Entity, ...]
    """What it concerns, as it would be afterwards."""
    guard: Guard
    is_elsewhere: bool = False
    """Whether it may not be asked for where it was."""
    is_delayed: bool = False
    """Whether it would be done later."""

    @property
    def refusal(self) -> Refusal | None:
        """Why it cannot be done at all; None where somebody may be asked."""
        if self.guard is Guard.NEVER:
            return Refusal.NEVER
        if self.is_elsewhere:
            return Refusal.ELSEWHERE
        return Refusal.LATER if self.is_delayed and self.guard is Guard.PIN else None

    def lacks(self, request: ActionRequest) -> Refusal | None:
        """Return why `request` is not to be done as it is; None where it may be."""
        if self.refusal is not None:
            return self.refusal
        if self.guard is Guard.FREE:
            return None
        if not request.is_confirmed:
            return Refusal.NOT_CONFIRMED
        return Refusal.LATER if self.guard is Guard.PIN and not request.pin else None


def demanded(
    changes: Iterable[Entity], *, area_id: str | None, language: str, is_delayed: bool = False
) -> Demand | None:
    """Return what has to be before `changes`, things as they would be afterwards; None where nothing has to.

    `area_id` is the room where it was asked for, `language` that of the home's names.
    """
    found = [(entity, guard) for entity in changes if (guard := _guard(entity, language)) is not None]
    kept_out = [entity for entity, _ in found if entity.guard_area_ids and area_id not in entity.guard_area_ids]
    guarded = [entity for entity, guard in found if guard is not Guard.FREE]
    if not guarded and not kept_out:
        return None
    return Demand(
        entities=tuple(guarded),
        guard=max((guard for _, guard in found), key=STRICTNESS.index),
        is_elsewhere=bool(kept_out),
        is_delayed=is_delayed,
    )


def together(demands: Iterable[Demand | None]) -> Demand | None:
    """Return what has to be before all of several requests that were made in one breath."""
    found = [demand for demand in demands if demand is not None]
    if not found:
        return None
    return Demand(
        entities=tuple(entity for demand in found for entity in demand.entities),
        guard=max((demand.guard for demand in found), key=STRICTNESS.index),
        is_elsewhere=any(demand.is_elsewhere for demand in found),
        is_delayed=any(demand.is_delayed for demand in found),
    )


def question(entities: tuple[Entity, ...], language: str) -> str | None:
    """Return the question that reads back what would be done, and to what; None in a language without words for it.

    Of what a scene or script does to things that nobody told us of: "Should I run Good Night and unlock a lock?"
    """
    wording = _wording(language)
    if wording is None:
        return None
    deeds = dict.fromkeys(deed for entity in entities for deed in _deeds(entity, wording))
    return wording.question.format(deeds=wording.both.join(deeds))


def pin_question(language: str) -> str:
    """Return the question for the PIN; empty in a language without words for it."""
    wording = _wording(language)
    return "" if wording is None else wording.pin


def refused(language: str, refusal: Refusal = Refusal.NOT_CONFIRMED) -> str:
    """Return what to say where something is not done; empty in a language without words for it."""
    wording = _wording(language)
    return "" if wording is None else wording.refused[refusal]


def home_is_away(language: str) -> str:
    """Return what to say where the home does not answer; empty in a language without words for it."""
    return HOME_IS_AWAY.get(language.partition("-")[0], "")


def _guard(entity: Entity, language: str) -> Guard | None:
    """Return what has to be before `entity` comes about; None where it makes a thing of a protected kind no less safe.

    What is never done by voice is not done in either direction.
    """
    if entity.domain == ANYTHING:
        return Guard.CONFIRM
    is_of_kind = is_of_protected_kind(entity, language)
    if entity.guard is not Guard.NEVER and is_of_kind and not is_less_safe(entity):
        return None
    return entity.guard or (Guard.CONFIRM if is_of_kind else Guard.FREE)


def _wording(language: str) -> Wording | None:
    return WORDINGS.get(language.partition("-")[0])


def _deeds(entity: Entity, wording: Wording) -> tuple[str, ...]:
    """Return what would be done so that `entity` comes about."""
    run = wording.run.format(name=entity.name)
    if entity.domain == ANYTHING or (entity.is_told and entity.domain in RUN_DOMAINS):
        return (run,)
    verb = wording.verbs.get(entity.state, wording.change)
    if entity.is_told:
        return (wording.deed.format(verb=verb, name=entity.name),)
    kind = str(entity.attributes["device_class"]) if entity.domain == "cover" else entity.domain
    return run, wording.deed_of_kind.format(verb=verb, kind=wording.kinds[kind])
