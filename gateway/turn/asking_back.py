"""Asking which of a few things was meant, and what the answer is.

Only what tells them apart is asked about: "Did you mean the standing light or the ceiling light?" Where the sentences
differ by more than a name, they are read out whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gateway.events import Intent
from gateway.turn.choice import Meaning
from gateway.turn.words import plain_words

MOST_ASKED: Final = 2
"""Nobody keeps three sentences in mind."""
NAMED_BY: Final = ("name", "area", "floor")
"""The slots that are names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How one language asks."""

    question: str
    """With `{options}`."""
    either: str
    """Between two options."""
    none_of_them: frozenset[str]
    """Answers that mean neither."""
    ordinals: tuple[frozenset[str], frozenset[str]]
    """Words for the first and for the second."""


WORDINGS: Final[Mapping[str, Wording]] = MappingProxyType(
    {
        "en": Wording(
            question="Did you mean {options}?",
            either=" or ",
            none_of_them=frozenset({"no", "nope", "none", "neither", "never", "stop", "cancel", "nothing"}),
            ordinals=(frozenset({"first"}), frozenset({"second", "last"})),
        ),
        "de": Wording(
            question="Meinst du {options}?",
            either=" oder ",
            none_of_them=frozenset({"nein", "nee", "keins", "keines", "keine", "keinen", "weder", "stopp", "nichts"}),
            ordinals=(frozenset({"erste", "ersten", "erstes"}), frozenset({"zweite", "zweiten", "zweites", "letzte"})),
        ),
        "fr": Wording(
            question="Tu veux dire {options} ?",
            either=" ou ",
            none_of_them=frozenset({"non", "aucun", "aucune", "ni", "stop", "rien", "annule"}),
            ordinals=(frozenset({"premier", "première"}), frozenset({"deuxième", "second", "seconde", "dernier"})),
        ),
        "es": Wording(
            question="¿Quieres decir {options}?",
            either=" o ",
            none_of_them=frozenset({"no", "ninguno", "ninguna", "nada", "para", "cancela"}),
            ordinals=(frozenset({"primero", "primera"}), frozenset({"segundo", "segunda", "último", "última"})),
        ),
        "it": Wording(
            question="Intendi {options}?",
            either=" o ",
            none_of_them=frozenset({"no", "nessuno", "nessuna", "niente", "stop", "annulla"}),
            ordinals=(frozenset({"primo", "prima"}), frozenset({"secondo", "seconda", "ultimo", "ultima"})),
        ),
        "nl": Wording(
            question="Bedoel je {options}?",
            either=" of ",
            none_of_them=frozenset({"nee", "geen", "niks", "niets", "stop"}),
            ordinals=(frozenset({"eerste"}), frozenset({"tweede", "laatste"})),
        ),
    }
)
"""Languages that can be asked in; in any other, what is not clear is not understood."""


def question(meanings: Sequence[Meaning], language: str) -> str | None:
    """Return the question which of these was meant; None in a language without words for it."""
    wording = WORDINGS.get(language.partition("-")[0])
    if wording is None:
        return None
    return wording.question.format(options=wording.either.join(options(meanings)))


def options(meanings: Sequence[Meaning]) -> tuple[str, ...]:
    """Return what tells these apart: the names where they differ by nothing else, or else the whole sentences."""
    intents = [meaning.intent for meaning in meanings]
    slot = _differing(intents)
    if slot is not None:
        return tuple(str(intent.slots[slot]) for intent in intents)
    return tuple(_in_a_sentence(intent.text) for intent in intents)


def answered(heard: str, meanings: Sequence[Meaning], language: str, *, is_yes: bool) -> Meaning | None:
    """Return which one was meant by an answer; None for neither, and where that is not clear.

    `is_yes` tells whether it is a yes, which is an answer where one is asked about.
    """
    if len(meanings) == 1 and is_yes:
        return meanings[0]
    wording = WORDINGS[language.partition("-")[0]]
    said = set(plain_words(heard))
    if said & wording.none_of_them:
        return None
    named = [set(plain_words(option)) for option in options(meanings)]
    common = set.intersection(*named)
    counts = [
        len(said & (words - common)) + bool(len(meanings) > 1 and said & ordinals)
        for words, ordinals in zip(named, wording.ordinals, strict=False)
    ]
    best = max(counts)
    return meanings[counts.index(best)] if best and counts.count(best) == 1 else None


def _differing(intents: Sequence[Intent]) -> str | None:
    """Return the one slot of names by which these differ."""
    if len(intents) < MOST_ASKED or len({intent.name for intent in intents}) > 1:
        return None
    differing = {
        slot
        for intent in intents
        for slot in (*intents[0].slots, *intent.slots)
        if intent.slots.get(slot) != intents[0].slots.get(slot)
    }
    slot = differing.pop() if len(differing) == 1 else None
    return slot if slot in NAMED_BY and all(slot in intent.slots for intent in intents) else None


def _in_a_sentence(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}".rstrip(".?!")
