"""What is asked of the ledger, and what it answers: turns as they are remembered, and how they are forgotten.

As on the gateway's side (`gateway/wire/ledger_words.py`). `user_id` is the Home Assistant user who asks, for the audit
log. `of_user` narrows a question to turns that came from this user's own login: nothing else is shown, played,
forgotten or corrected then, nor is it said that it exists. What may be taught is in `learning_messages`.
"""

from dataclasses import field
from typing import Annotated, Final

from .codec import Between, Message, Words
from .learning_messages import (
    AskRules,
    AskTuning,
    CorrectionWords,
    CorrectTurn,
    MarkWake,
    Moment,
    RemoveRule,
    Rules,
    SetSensitivity,
    Slots,
    Tuning,
    TurnCorrected,
    TurnId,
)
from .wire_types import Count, Name, RequestId, Text, Value

MOST_TURNS: Final = 64
"""On one page, which ends sooner where it would be larger than a message may be; also: named at once."""
MOST_DAYS: Final = 366
LONGEST_SEARCH_CHARS: Final = 200


class SelectionWords(Words):
    """Turns for which all of this is true; what is left out says nothing."""

    turn_ids: Annotated[tuple[TurnId, ...], Between(0, MOST_TURNS)] | None = None
    satellite_id: Name | None = None
    area_id: Name | None = None
    outcome: Name | None = None
    kind: Name | None = None
    """`turn` or `false_wake`."""
    since: Moment = ""
    until: Moment = ""
    """The first moment that is not meant."""
    last_s: Count | None = None
    """Made so many seconds ago or less."""
    corrected: bool | None = None


class HypothesisWords(Words):
    """A reading of what was said."""

    text: Text
    score: float


class ChangeWords(Words):
    """One thing that was different afterwards."""

    entity_id: Name
    name: Name
    before: Value
    after: Value


class TurnWords(Words):
    """A turn as it is remembered."""

    turn_id: TurnId
    at: Moment
    satellite_id: Name = ""
    area_id: Name = ""
    user_id: Name = ""
    conversation_id: Name = ""
    kind: Name = "turn"
    outcome: Name = ""
    wake_word: Name = ""
    wake_score: float | None = None
    second_score: float | None = None
    hypotheses: Annotated[tuple[HypothesisWords, ...], Between(0, 16)] = ()
    heard: Text = ""
    used: Text = ""
    why: Text = ""
    intent: Name = ""
    slots: Slots = field(default_factory=dict)
    changes: Annotated[tuple[ChangeWords, ...], Between(0, 64)] = ()
    reply: Text = ""
    stages_ms: Annotated[dict[Name, float], Between(0, 32)] = field(default_factory=dict)
    audio_ms: Count = 0
    keep_until: Moment = ""
    """When it will be gone."""
    clip_until: Moment = ""
    """When its sound will be gone; empty where none is kept."""
    correction: CorrectionWords | None = None
    wake_mark: Name = ""
    """`false` where somebody said that nobody had said the wake word."""


class LedgerDone(Message):
    """It is done; or not, and why."""

    id: RequestId
    error: Name = ""
    message: Text = ""


# Looking


class AskTurns(Message):
    """Show me the newest of these turns, in which all `words` occur. Answered with `turns`."""

    id: RequestId
    selection: SelectionWords = SelectionWords()
    words: Annotated[str, Between(0, LONGEST_SEARCH_CHARS)] = ""
    before: Count | None = None
    """Where the page before ended."""
    limit: Annotated[int, Between(1, MOST_TURNS)] = 32
    of_user: Name | None = None


class Turns(Message):
    """The newest first."""

    id: RequestId
    turns: Annotated[tuple[TurnWords, ...], Between(0, MOST_TURNS)] = ()
    before: Count | None = None
    """Where the next page begins; null at the end. A page may be shorter than was asked for, or empty, and not be the
    last."""
    unreadable: Count = 0
    """Rows that were left out because somebody altered them, or the disk did."""
    error: Name = ""
    message: Text = ""


class PlayTurn(Message):
    """Let me hear what was recorded of a turn. Answered as `speak` is: `speaking`, sound, `spoken`."""

    id: RequestId
    turn_id: TurnId
    of_user: Name | None = None
    user_id: Name = ""


class AskStats(Message):
    """How well does it do? Answered with `stats`."""

    id: RequestId
    days: Annotated[int, Between(1, MOST_DAYS)] = 7
    zone: Name = "UTC"
    """By which days are counted: a name of the IANA's."""


class CountsWords(Words):
    """What happened in some time."""

    turns: Count = 0
    understood: Count = 0
    not_understood: Count = 0
    cloud: Count = 0
    failed: Count = 0
    false_wakes: Count = 0
    corrected: Count = 0


class DayWords(Words):
    """A day."""

    day: Name
    """`2026-11-22`."""
    counts: CountsWords
    reply_ms: Count | None = None
    """From the end of speech to the answer's first sound: the middle of that day's turns; null where none answered."""
    corrected_right: Count = 0
    """Of the turns of that day that somebody corrected and that are still kept, those understood as corrected now."""


class StageWords(Words):
    """How long after the end of speech a stage was done, in milliseconds."""

    turns: Count
    median_ms: float
    p95_ms: float


class Stats(Message):
    """How well it did: counts without a word, kept for a year, whatever is kept of the turns themselves."""

    id: RequestId
    total: CountsWords = CountsWords()
    days: Annotated[tuple[DayWords, ...], Between(0, MOST_DAYS)] = ()
    """The oldest first; those without a turn as well."""
    stages: Annotated[dict[Name, StageWords], Between(0, 32)] = field(default_factory=dict)
    corrected: Count = 0
    """Turns that somebody corrected, and that are still kept."""
    corrected_right: Count = 0
    """Of those, the ones that are understood as corrected when they are tried again now."""
    error: Name = ""
    message: Text = ""


# Forgetting


class ForgetTurns(Message):
    """Forget these turns, with their sound, corrections and the rules that came of them. Answered `turns_forgotten`."""

    id: RequestId
    selection: SelectionWords = SelectionWords()
    """Says something, unless `everything`."""
    everything: bool = False
    """All turns, rules, counts and what was learned of wake words. Not with `of_user`, nor a selection."""
    keep_rules: bool = False
    """What was learned from these turns stays, as when they expire. Only with `turn_ids`."""
    of_user: Name | None = None
    user_id: Name = ""


class TurnsForgotten(Message):
    """They are gone: on disk, for good."""

    id: RequestId
    turns: Count = 0
    clips: Count = 0
    rules: Count = 0
    error: Name = ""
    message: Text = ""


class SomethingForgotten(Message):
    """Something was just forgotten; show it no more."""

    everything: bool = False


# What is kept


class ChangeKept(Message):
    """Keep things for so long from now on, and what there is for no longer. Answered with `ledger_done`."""

    id: RequestId
    transcripts_s: Count | None
    """Null: nothing of any turn is kept."""
    audio_s: Count | None
    """Null: no recordings are kept."""
    false_wakes_s: Count = 60
    user_id: Name = ""


class Kept(Message):
    """How long things are kept. Said at the beginning, and when it is different."""

    is_there: bool
    """Whether there is a ledger that works; where not, nothing is kept, and what is below is as it was."""
    transcripts_s: Count | None = None
    audio_s: Count | None = None
    false_wakes_s: Count = 60
    deletions: Count = 0
    """How often something was forgotten because somebody wanted that. Where it is another than we knew, copies of
    replies are cleared."""


QUESTIONS: Final = (
    AskTurns,
    PlayTurn,
    AskStats,
    ForgetTurns,
    CorrectTurn,
    AskRules,
    RemoveRule,
    MarkWake,
    AskTuning,
    SetSensitivity,
    ChangeKept,
)
"""What we may ask; `PlayTurn` is answered with sound."""
ANSWERS: Final = (LedgerDone, Turns, Stats, TurnsForgotten, TurnCorrected, Rules, Tuning)
"""Each is the last word of its question."""
UNASKED: Final = (SomethingForgotten, Kept)
