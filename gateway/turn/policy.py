"""Which actions need a yes first, and what counts as one.

A lock that opens to a voice through the window is worse than one that asks. Decides only; the turn asks and listens.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.events import Intent
from gateway.house import Entity

CONFIRMED_INTENTS = frozenset({"HassTurnOn", "HassTurnOff", "HassSetPosition", "HassToggle"})
"""The intents that open, unlock or disarm. Asking for a state never needs a yes."""
CONFIRMED_DOMAINS = frozenset({"lock", "alarm_control_panel", "valve"})
CONFIRMED_COVERS = frozenset({"door", "garage", "gate"})
"""The device classes of covers that keep people out."""
SAFE_LOCK_INTENT = "HassTurnOn"
"""Home Assistant's sentences lock with `HassTurnOn`: that needs no yes."""
SAFE_COVER_INTENT = "HassTurnOff"
"""And close with `HassTurnOff`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How one language asks, and what people answer."""

    verbs: Mapping[tuple[str, str], str]
    """(domain, intent) to the question, with `{names}`."""
    general: str
    refused: str
    yes: frozenset[str]


WORDINGS: Mapping[str, Wording] = {
    "en": Wording(
        verbs={
            ("lock", "HassTurnOff"): "Should I unlock {names}?",
            ("cover", "HassTurnOn"): "Should I open {names}?",
            ("valve", "HassTurnOn"): "Should I open {names}?",
            ("valve", "HassTurnOff"): "Should I close {names}?",
        },
        general="Should I really change {names}?",
        refused="Okay, I left it as it is.",
        yes=frozenset(
            {
                "yes", "yeah", "yep", "yes please", "sure", "please do", "do it", "go ahead", "ok", "okay", "correct",
                "yes do it", "confirm", "yes do", "of course",
            }
        ),
    )
}  # fmt: skip
"""Languages that can be asked in. In any other a protected action is refused: nobody could say yes to it."""


def protected(intent: Intent, targets: tuple[Entity, ...]) -> tuple[Entity, ...]:
    """Return those of `targets` that need a yes before `intent` may touch them."""
    if intent.name not in CONFIRMED_INTENTS:
        return ()
    return tuple(entity for entity in targets if _is_protected(entity, intent.name))


def question(intent: Intent, entities: tuple[Entity, ...], language: str) -> str | None:
    """Return the question that reads the names back; None where this language has no words for it."""
    wording = WORDINGS.get(language)
    if wording is None:
        return None
    names = [f"the {entity.name}" if language == "en" else entity.name for entity in entities]
    template = wording.verbs.get((entities[0].domain, intent.name), wording.general)
    return template.format(names=" and ".join(names))


def is_yes(text: str, language: str) -> bool:
    """Tell whether `text` is a plain yes; anything else is a no."""
    words = " ".join("".join(letter if letter.isalnum() else " " for letter in text.casefold()).split())
    return language in WORDINGS and words in WORDINGS[language].yes


def refused(language: str) -> str:
    """Return what to say where no yes came; empty in a language without words for it."""
    return WORDINGS[language].refused if language in WORDINGS else ""


def _is_protected(entity: Entity, intent: str) -> bool:
    if entity.domain == "cover":
        return entity.attributes.get("device_class") in CONFIRMED_COVERS and intent != SAFE_COVER_INTENT
    if entity.domain == "lock":
        return intent != SAFE_LOCK_INTENT
    return entity.domain in CONFIRMED_DOMAINS
