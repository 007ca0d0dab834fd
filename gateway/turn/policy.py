"""Which actions need a yes first.

A lock that opens to a voice through the window is worse than one that asks. What counts is what would be different
afterwards, whether it was asked for by name or comes with a scene or a script. Decides only; the turn asks and listens.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.house import ANYTHING, Entity

PROTECTED_COVERS = frozenset({"door", "garage", "gate"})
"""The device classes of covers that keep people out."""
UNSAFE_STATES: Mapping[str, frozenset[str]] = {
    "lock": frozenset({"unlocked", "unlocking", "open", "opening"}),
    "cover": frozenset({"open", "opening"}),
    "alarm_control_panel": frozenset({"disarmed"}),
    "valve": frozenset({"open", "opening", "closed", "closing"}),
}
"""The states that need a yes before they are brought about. A valve may hold back water or feed a heating: either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How one language asks; `yes` knows what people answer."""

    verbs: Mapping[str, str]
    """What is done, by the state that it leads to."""
    things: Mapping[str, str]
    """What it is done to where nobody told us which thing it is: by a cover's device class, otherwise by domain."""
    run: str
    """What is done with a scene or script, with `{name}`."""
    question: str
    """With `{deeds}`."""
    refused: str


WORDINGS: Mapping[str, Wording] = {
    "en": Wording(
        verbs={
            "unlocked": "unlock",
            "unlocking": "unlock",
            "open": "open",
            "opening": "open",
            "closed": "close",
            "closing": "close",
            "disarmed": "disarm",
        },
        things={
            "alarm_control_panel": "the alarm",
            "door": "a door",
            "garage": "a garage door",
            "gate": "a gate",
            "lock": "a lock",
            "valve": "a valve",
        },
        run="run {name}",
        question="Should I {deeds}?",
        refused="Okay, I left it as it is.",
    )
}
"""Languages that can be asked in. In any other a protected action is refused: nobody could say yes to it."""

HOME_IS_AWAY: Mapping[str, str] = {
    "en": "Home Assistant does not answer.",
    "de": "Home Assistant antwortet nicht.",
    "fr": "Home Assistant ne répond pas.",
    "es": "Home Assistant no responde.",
    "nl": "Home Assistant antwoordt niet.",
    "it": "Home Assistant non risponde.",
}
"""What is said where nothing can be done."""


def protected(changes: tuple[Entity, ...]) -> tuple[Entity, ...]:
    """Return those of `changes`, things as they would be afterwards, that need a yes before."""
    return tuple(entity for entity in changes if _is_protected(entity))


def question(entities: tuple[Entity, ...], language: str) -> str | None:
    """Return the question that reads back what would be done, and to what; None in a language without words for it.

    Of what a scene or script does to things that nobody told us of: "Should I run Good Night and unlock a lock?"
    """
    wording = WORDINGS.get(language)
    if wording is None:
        return None
    deeds = dict.fromkeys(deed for entity in entities for deed in _deeds(entity, wording))
    return wording.question.format(deeds=" and ".join(deeds))


def refused(language: str) -> str:
    """Return what to say where no yes came; empty in a language without words for it."""
    return WORDINGS[language].refused if language in WORDINGS else ""


def home_is_away(language: str) -> str:
    """Return what to say where the home does not answer; empty in a language without words for it."""
    return HOME_IS_AWAY.get(language.partition("-")[0], "")


def _deeds(entity: Entity, wording: Wording) -> tuple[str, ...]:
    """Return what would be done so that `entity` comes about."""
    if entity.is_told:
        return (f"{wording.verbs[entity.state]} the {entity.name}",)
    run = wording.run.format(name=entity.name)
    if entity.domain == ANYTHING:
        return (run,)
    kind = str(entity.attributes["device_class"]) if entity.domain == "cover" else entity.domain
    return run, f"{wording.verbs[entity.state]} {wording.things[kind]}"


def _is_protected(entity: Entity) -> bool:
    if entity.domain == ANYTHING:
        return True
    if entity.domain == "cover" and entity.attributes.get("device_class") not in PROTECTED_COVERS:
        return False
    return entity.state in UNSAFE_STATES.get(entity.domain, ())
