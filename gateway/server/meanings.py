"""What remembered turns mean, tried again: readings or sound to a meaning, and whether two meanings are the same."""

from collections.abc import Mapping
from typing import Protocol

from gateway.events import Hypothesis, Intent, Recognition
from gateway.house import AttributeValue
from gateway.rules import Rule
from gateway.turn.choice import choose
from gateway.turn.stages import Understanding
from gateway.wire.learning_words import MeaningWords, Scalar
from gateway.wire.ledger_words import TurnWords
from gateway.wire.messages import NAME_CHARS, VALUE_CHARS


class Learning(Understanding, Protocol):
    """An understanding that follows rules (`engines.learned.LearnedUnderstanding`)."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in use; the first one counts most."""

    def with_rules(self, rules: tuple[Rule, ...]) -> Understanding:
        """Return an understanding of the same house by other rules, to try them; it changes nothing here."""

    def name_of(self, entity_id: str) -> str | None:
        """Return the name of a thing of the house; None where there is none."""


def readings(turn: TurnWords) -> Recognition:
    """Return what recognition had made of a turn; for what was typed, that it was said."""
    hypotheses = tuple(Hypothesis(text=one.text, score=one.score) for one in turn.hypotheses)
    if not hypotheses and turn.heard:
        hypotheses = (Hypothesis(text=turn.heard, score=0.0),)
    return Recognition(hypotheses=hypotheses)


async def meaning_of(recognition: Recognition, understanding: Understanding, area_id: str | None) -> MeaningWords:
    """Return what a turn would make of `recognition`: with a meaning, or with what was heard where that has none."""
    choice = await choose(recognition, lambda text: understanding.match(text, area_id=area_id))
    if choice.intent is not None:
        return meaning(choice.intent)
    return MeaningWords(text="" if choice.heard is None else choice.heard.text)


def meaning(intent: Intent) -> MeaningWords:
    """Return an intent as it travels."""
    return MeaningWords(
        text=intent.text,
        intent=intent.name,
        slots=_slots(intent.slots),
        entity_id=(intent.entity_id or "")[:NAME_CHARS],
    )


def is_same(one: MeaningWords, other: MeaningWords) -> bool:
    """Tell whether both mean the same, in whatever words."""
    return (one.intent, one.slots, one.entity_id) == (other.intent, other.slots, other.entity_id)


def _slots(slots: Mapping[str, AttributeValue]) -> dict[str, Scalar | tuple[Scalar, ...]]:
    return {
        name: tuple(_scalar(item) for item in value) if isinstance(value, tuple) else _scalar(value)
        for name, value in slots.items()
    }


def _scalar(value: AttributeValue) -> Scalar:
    return value if value is None or isinstance(value, bool | int | float) else str(value)[:VALUE_CHARS]
