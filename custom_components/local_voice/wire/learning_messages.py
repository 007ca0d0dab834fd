"""What is taught to the ledger: corrections, rules, wake words, and what would come of each.

As on the gateway's side (`gateway/wire/learning_words.py`).
"""

from dataclasses import field
from typing import Annotated, Final

from .codec import Between, HexDigits, Message, Words
from .wire_types import Count, Id, Name, Percent, RequestId, Scalar, Text

LONGEST_RULE_CHARS: Final = 200
MOST_RULES: Final = 300
MOST_HARMED: Final = 16
"""Turns that are shown of those that a rule would harm."""
MOST_OPTIONS: Final = 21
"""Sensitivities that are compared: every fifth."""

type TurnId = Annotated[str, HexDigits(16)]
type Moment = Annotated[str, Between(0, 40)]
"""A point in time: ISO 8601, UTC. Empty for none."""
type Slots = Annotated[dict[Name, Scalar | Annotated[tuple[Scalar, ...], Between(0, 16)]], Between(0, 32)]
type RuleText = Annotated[str, Between(0, LONGEST_RULE_CHARS)]


class MeaningWords(Words):
    """What a sentence means here."""

    text: Text = ""
    """The sentence."""
    intent: Name = ""
    """Empty where it means nothing."""
    slots: Slots = field(default_factory=dict)
    entity_id: Name = ""


class CorrectionWords(Words):
    """What somebody said should have been heard or done."""

    meant: Text
    meaning: MeaningWords
    """What that means; what is done for the same sound from then on should mean it too."""
    corrected_at: Moment = ""
    rule_id: Name = ""
    """The rule that was learned from it, where one was needed."""
    by: Name = ""


class RuleWords(Words):
    """A rule of this household."""

    rule_id: TurnId
    kind: Name
    """`sentence`, `words` or `alias`."""
    said: RuleText
    meant: RuleText = ""
    entity_id: Name = ""
    language: Name = ""
    made_at: Moment = ""
    turn_id: Name = ""
    by: Name = ""


# Correcting


class CorrectTurn(Message):
    """This is what was meant. Answered with `turn_corrected`: what would become of it, or with `keep` what has.

    Either `meant`, a sentence; or `said` and `entity_id`: "said" is what this thing is called here.
    """

    id: RequestId
    turn_id: TurnId
    meant: RuleText = ""
    said: RuleText = ""
    entity_id: Name = ""
    keep: bool = False
    despite_harm: bool = False
    """Keep it even where turns that were right would be understood otherwise."""
    of_user: Name | None = None
    user_id: Name = ""


class HarmWords(Words):
    """A turn that was right, and that would be understood otherwise."""

    turn_id: TurnId
    heard: Text
    before: MeaningWords
    after: MeaningWords


class TurnCorrected(Message):
    """What a correction comes to."""

    id: RequestId
    rule: RuleWords | None = None
    """The rule; none where none is needed, or none helps (`no_rule`)."""
    before: MeaningWords | None = None
    """What the turn means as things are, by its sound where that is kept, otherwise by its readings."""
    after: MeaningWords | None = None
    from_sound: bool = False
    replayed: Count = 0
    """Turns that were right and were tried again."""
    harmed: Annotated[tuple[HarmWords, ...], Between(0, MOST_HARMED)] = ()
    harmed_count: Count = 0
    is_kept: bool = False
    error: Name = ""
    message: Text = ""


class AskRules(Message):
    """Which rules are there? Answered with `rules`."""

    id: RequestId
    before: Count | None = None


class Rules(Message):
    """The newest first."""

    id: RequestId
    rules: Annotated[tuple[RuleWords, ...], Between(0, MOST_RULES)] = ()
    before: Count | None = None
    """Where the next page begins; null at the end."""
    error: Name = ""
    message: Text = ""


class RemoveRule(Message):
    """Unlearn this rule. Answered with `ledger_done`."""

    id: RequestId
    rule_id: TurnId
    user_id: Name = ""


# Wake words


class MarkWake(Message):
    """Nobody said the wake word there, or somebody did after all. Answered with `tuning`."""

    id: RequestId
    turn_id: TurnId
    is_false: bool = True
    of_user: Name | None = None
    user_id: Name = ""


class AskTuning(Message):
    """What would other sensitivities have done at this satellite? Answered with `tuning`."""

    id: RequestId
    satellite_id: Id


class TuningOption(Words):
    """What a sensitivity would have come to, by the wakes that are known."""

    sensitivity: Percent
    false_wakes: Count
    """That would have woken it all the same."""
    missed: Count
    """Real wakes that it would not have heard: at most so many, as a score may have gone on rising."""


class Tuning(Message):
    """How eagerly a satellite wakes, and what is known of it."""

    id: RequestId
    satellite_id: Name = ""
    sensitivity: Percent = 50
    is_own: bool = False
    """Whether it differs from the gateway's."""
    false_wakes: Count = 0
    """Marked ones."""
    real_wakes: Count = 0
    """After which something was understood."""
    options: Annotated[tuple[TuningOption, ...], Between(0, MOST_OPTIONS)] = ()
    suggested: Percent | None = None
    is_changed: bool = False
    """The mark changed the sensitivity: it would have missed none of enough real wakes."""
    error: Name = ""
    message: Text = ""


class SetSensitivity(Message):
    """Have a satellite wake like this; null: as the gateway does. Answered with `ledger_done`."""

    id: RequestId
    satellite_id: Id
    sensitivity: Percent | None = None
    user_id: Name = ""
