"""What may be asked of the ledger: by a home on the voice port, by the owner on the ledger's socket; and its answers.

A question has an `id` that the asker chooses, and is answered under it, once. `user_id` is the Home Assistant user who
asks, for the audit log. `of_user` narrows a question to turns that came from this user's own login: nothing else is
shown, played, forgotten or corrected then, nor is it said that it exists. What may be taught is in `learning_words`.
"""

from typing import Annotated, Final

import msgspec

from gateway.wire.learning_words import (
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
    Words,
)
from gateway.wire.messages import Count, Message, Name, Text, Value
from gateway.wire.request_words import RequestId

MOST_TURNS: Final = 64
"""On one page, which ends sooner where it would be larger than a message may be; also: named at once."""
MOST_DAYS: Final = 366
LONGEST_SEARCH_CHARS: Final = 200

type StagesMs = Annotated[dict[Name, float], msgspec.Meta(max_length=32)]


class SelectionWords(Words, frozen=True):
    """Turns for which all of this is true (`ledger.Selection`); what is left out says nothing."""

    turn_ids: Annotated[tuple[TurnId, ...], msgspec.Meta(max_length=MOST_TURNS)] | None = None
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


class HypothesisWords(Words, frozen=True):
    """A reading of what was said."""

    text: Text
    score: float


class ChangeWords(Words, frozen=True):
    """One thing that was different afterwards."""

    entity_id: Name
    name: Name
    before: Value
    after: Value


class TurnWords(Words, frozen=True):
    """A turn as it is remembered (`ledger.TurnRow`)."""

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
    hypotheses: Annotated[tuple[HypothesisWords, ...], msgspec.Meta(max_length=16)] = ()
    heard: Text = ""
    used: Text = ""
    why: Text = ""
    intent: Name = ""
    slots: Slots = msgspec.field(default_factory=dict)
    changes: Annotated[tuple[ChangeWords, ...], msgspec.Meta(max_length=64)] = ()
    reply: Text = ""
    stages_ms: StagesMs = msgspec.field(default_factory=dict)
    audio_ms: Count = 0
    keep_until: Moment = ""
    """When it will be gone."""
    clip_until: Moment = ""
    """When its sound will be gone; empty where none is kept."""
    correction: CorrectionWords | None = None
    wake_mark: Name = ""
    """`false` where somebody said that nobody had said the wake word."""


class LedgerDone(Message, frozen=True, tag="ledger_done"):
    """It is done; or not, and why."""

    id: RequestId
    error: Name = ""
    message: Text = ""


# Looking


class AskTurns(Message, frozen=True, tag="ask_turns"):
    """Show me the newest of these turns, in which all `words` occur. Answered with `turns`."""

    id: RequestId
    selection: SelectionWords = SelectionWords()
    words: Annotated[str, msgspec.Meta(max_length=LONGEST_SEARCH_CHARS)] = ""
    before: Count | None = None
    """Where the page before ended."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_TURNS)] = 32
    of_user: Name | None = None


class Turns(Message, frozen=True, tag="turns"):
    """The newest first."""

    id: RequestId
    turns: Annotated[tuple[TurnWords, ...], msgspec.Meta(max_length=MOST_TURNS)] = ()
    before: Count | None = None
    """Where the next page begins; null at the end. A page may be shorter than was asked for, or empty, and not be the
    last."""
    unreadable: Count = 0
    """Rows that were left out because somebody altered them, or the disk did."""
    error: Name = ""
    message: Text = ""


class PlayTurn(Message, frozen=True, tag="play_turn"):
    """Let me hear what was recorded of a turn. Answered as `speak` is: `speaking`, sound, `spoken`."""

    id: RequestId
    turn_id: TurnId
    of_user: Name | None = None
    user_id: Name = ""


class AskStats(Message, frozen=True, tag="ask_stats"):
    """How well does it do? Answered with `stats`."""

    id: RequestId
    days: Annotated[int, msgspec.Meta(ge=1, le=MOST_DAYS)] = 7
    zone: Name = "UTC"
    """By which days are counted: a name of the IANA's."""


class CountsWords(Words, frozen=True):
    """What happened in some time (`ledger.Counts`)."""

    turns: Count = 0
    understood: Count = 0
    not_understood: Count = 0
    cloud: Count = 0
    failed: Count = 0
    false_wakes: Count = 0
    corrected: Count = 0


class DayWords(Words, frozen=True):
    """A day."""

    day: Name
    """`2026-11-22`."""
    counts: CountsWords
    reply_ms: Count | None = None
    """From the end of speech to the answer's first sound: the middle of that day's turns; null where none answered."""
    corrected_right: Count = 0
    """Of the turns of that day that somebody corrected and that are still kept, those understood as corrected now."""


class StageWords(Words, frozen=True):
    """How long after the end of speech a stage was done, in milliseconds."""

    turns: Count
    median_ms: float
    p95_ms: float


class Stats(Message, frozen=True, tag="stats"):
    """How well it did: counts without a word, kept for a year, whatever is kept of the turns themselves."""

    id: RequestId
    total: CountsWords = CountsWords()
    days: Annotated[tuple[DayWords, ...], msgspec.Meta(max_length=MOST_DAYS)] = ()
    """The oldest first; those without a turn as well."""
    stages: Annotated[dict[Name, StageWords], msgspec.Meta(max_length=32)] = msgspec.field(default_factory=dict)
    corrected: Count = 0
    """Turns that somebody corrected, and that are still kept."""
    corrected_right: Count = 0
    """Of those, the ones that are understood as corrected when they are tried again now."""
    error: Name = ""
    message: Text = ""


# Forgetting


class ForgetTurns(Message, frozen=True, tag="forget_turns"):
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


class TurnsForgotten(Message, frozen=True, tag="turns_forgotten"):
    """They are gone: on disk, for good."""

    id: RequestId
    turns: Count = 0
    clips: Count = 0
    rules: Count = 0
    error: Name = ""
    message: Text = ""


class SomethingForgotten(Message, frozen=True, tag="something_forgotten"):
    """To `home`, unasked: something was just forgotten; show it no more."""

    everything: bool = False


# What is kept


class ChangeKept(Message, frozen=True, tag="change_kept"):
    """Keep things for so long from now on, and what there is for no longer. Answered with `ledger_done`."""

    id: RequestId
    transcripts_s: Count | None
    """Null: nothing of any turn is kept."""
    audio_s: Count | None
    """Null: no recordings are kept."""
    false_wakes_s: Count = 60
    user_id: Name = ""


class Kept(Message, frozen=True, tag="kept"):
    """To `home`, unasked: how long things are kept. Sent at the beginning, and when it is different."""

    is_there: bool
    """Whether there is a ledger that works; where not, nothing is kept, and what is below is as it was."""
    transcripts_s: Count | None = None
    audio_s: Count | None = None
    false_wakes_s: Count = 60
    deletions: Count = 0
    """How often something was forgotten because somebody wanted that. Where it is another than you knew, clear the
    copies that you have of replies."""


type Question = (
    AskTurns
    | PlayTurn
    | AskStats
    | ForgetTurns
    | CorrectTurn
    | AskRules
    | RemoveRule
    | MarkWake
    | AskTuning
    | SetSensitivity
    | ChangeKept
)
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
"""What a home may ask."""
ANSWERS: Final = (LedgerDone, Turns, Stats, TurnsForgotten, TurnCorrected, Rules, Tuning)
UNASKED: Final = (SomethingForgotten, Kept)
