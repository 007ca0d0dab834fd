"""The words that the ledger's process speaks: with voice and broker by way of the launcher, with the owner by a socket.

    launcher ── LedgerBegin, `ForLedger`, Stop ──────────────► ledger
    ledger ──── LedgerReady, `OfLedger`, `OfAudit`, Failed ──► launcher
    voice ───── KeepTurn, AskLedger, VoiceSays ──────────────► ledger   (`ForLedger`, as is ActRecorded)
    ledger ──── TurnKept, LedgerSays, AskVoice, Learned ─────► voice    (`OfLedger`)
    ledger ──── RecordAct, Gone ─────────────────────────────► broker   (`OfAudit`; Gone is told to voice as well)
    broker ──── ActRecorded ─────────────────────────────────► ledger
    owner ───── AskLedger ──► ledger ── LedgerSays ──► owner            (`ledger.sock`, one message a line)

The broker, the only process that can connect, is told ids, kinds and counts, never what was said.
"""

from typing import Annotated, Final

import msgspec

from gateway.rules import MOST_RULES
from gateway.timers import MOST_TIMERS, LastingTimer
from gateway.wire.learning_words import (
    AskTuning,
    CorrectionWords,
    CorrectTurn,
    MarkWake,
    Rules,
    RuleWords,
    Tuning,
    TurnCorrected,
    TurnId,
)
from gateway.wire.ledger_words import AskStats, LedgerDone, Question, Stats, Turns, TurnsForgotten
from gateway.wire.messages import Count, Id, Message, Name, Text
from gateway.wire.request_words import Percent, RequestId

MOST_SOUND_BYTES: Final = 20 * 32_000
"""Twenty seconds of 16 kHz mono s16le; an utterance lasts fifteen, unless the owner says otherwise."""
MOST_SATELLITES: Final = 256
"""That have a sensitivity of their own."""
MOST_WAKES: Final = 1_000
"""That are known of one satellite: a month of a busy kitchen."""

EXPORT_S: Final = 3_600.0
"""The largest ledger takes a slow memory card half of it."""

type Pcm = Annotated[bytes, msgspec.Meta(max_length=MOST_SOUND_BYTES)]


# What voice asks besides what a home may


class AskClip(Message, frozen=True, tag="ask_clip"):
    """The sound of a turn, to recognise it again; the answer is `LedgerSays.sound`, or none."""

    id: RequestId
    turn_id: TurnId


class KeepCorrection(Message, frozen=True, tag="keep_correction"):
    """Remember what a turn should have been, and the rule that came of it. Answered with `ledger_done`."""

    id: RequestId
    turn_id: TurnId
    correction: CorrectionWords
    rule: RuleWords | None = None
    user_id: Name = ""


class MarkTurn(Message, frozen=True, tag="mark_turn"):
    """Remember that nobody had said the wake word there, or somebody had. Answered with `ledger_done`."""

    id: RequestId
    turn_id: TurnId
    is_false: bool
    of_user: Name | None = None
    user_id: Name = ""


class AskWakes(Message, frozen=True, tag="ask_wakes"):
    """What is known of a satellite's wakes; numbers only. Answered with `wakes`."""

    id: RequestId
    satellite_id: Id


class WakeWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One wake."""

    wake_word: Name
    score: float
    second_score: float | None = None
    verdict: Name = ""
    """`real`: something was understood after it. `false`: somebody marked it. Empty: nobody can tell."""


class Wakes(Message, frozen=True, tag="wakes"):
    """The newest first."""

    id: RequestId
    wakes: Annotated[tuple[WakeWords, ...], msgspec.Meta(max_length=MOST_WAKES)] = ()
    error: Name = ""
    message: Text = ""


type LastingTimers = Annotated[tuple[LastingTimer, ...], msgspec.Meta(max_length=MOST_TIMERS)]


class KeepTimers(Message, frozen=True, tag="keep_timers"):
    """Remember these timers over restarts, and no others. Answered with `ledger_done` when they are on disk."""

    id: RequestId
    timers: LastingTimers = ()


class AskTimers(Message, frozen=True, tag="ask_timers"):
    """Which timers were remembered? Answered with `timers_kept`."""

    id: RequestId


class TimersKept(Message, frozen=True, tag="timers_kept"):
    """These, with what is left of each; less than nothing where it was up meanwhile."""

    id: RequestId
    timers: LastingTimers = ()
    error: Name = ""
    message: Text = ""


# What the owner asks besides


class BeginExport(Message, frozen=True, tag="begin_export"):
    """The owner is about to take these away. Answered with `ledger_done` when that is in the audit log, as one row.

    From then on the owner's `AskClip` needs no row of its own (that would be `replay`), for `EXPORT_S`.
    """

    id: RequestId
    turns: Count
    clips: Count


class AskKept(Message, frozen=True, tag="ask_kept"):
    """How long are things kept? Answered with `kept_is`."""

    id: RequestId


class KeptIs(Message, frozen=True, tag="kept_is"):
    """So long (`wire.ledger_words.Kept`)."""

    id: RequestId
    transcripts_s: Count | None = None
    audio_s: Count | None = None
    false_wakes_s: Count = 60


type Asked = Question | AskClip | KeepCorrection | MarkTurn | AskWakes | BeginExport | AskKept | KeepTimers | AskTimers
type Answer = LedgerDone | Turns | Stats | TurnsForgotten | TurnCorrected | Rules | Tuning | Wakes | KeptIs | TimersKept
type VoicesQuestion = CorrectTurn | AskTuning | MarkWake | AskStats
"""What takes understanding or knowledge of the models: answered by voice, which asks the ledger for what it needs."""


# Voice and ledger


class KeepTurn(Message, frozen=True, tag="keep_turn"):
    """Remember this turn. Answered with `turn_kept`."""

    id: Count
    turn: msgspec.Raw
    """`ledger.rows.encoded`."""
    sound: Pcm = b""
    """What was said, 16 kHz mono s16le; empty where no recordings are kept."""


class TurnKept(Message, frozen=True, tag="turn_kept"):
    """It is on disk, or not to be kept; or it cannot be, and why."""

    id: Count
    error: Text = ""


class AskLedger(Message, frozen=True, tag="ask_ledger"):
    """A question, from voice for whom it says, or from the owner. Answered with `ledger_says`."""

    id: Count
    by: Name
    """For the audit log: `owner`, a home's id, or `voice:` and a satellite's id."""
    question: Asked


class LedgerSays(Message, frozen=True, tag="ledger_says"):
    """The answer."""

    id: Count
    answer: Answer | None = None
    sound: Pcm = b""
    """With `PlayTurn` and `AskClip`."""
    error: Name = ""
    """Why there is no answer: `away`, `busy`, `malformed` …; an answer has an error of its own where it was refused."""
    message: Text = ""


class AskVoice(Message, frozen=True, tag="ask_voice"):
    """A question of the owner's that takes understanding. Answered with `voice_says`."""

    id: Count
    by: Name
    question: VoicesQuestion


class VoiceSays(Message, frozen=True, tag="voice_says"):
    """The answer."""

    id: Count
    answer: TurnCorrected | Tuning | Stats | None = None
    error: Name = ""
    message: Text = ""


class Learned(Message, frozen=True, tag="learned"):
    """What this household taught, and what it wants kept. From the ledger at its start, and when it is different."""

    rules: Annotated[tuple[RuleWords, ...], msgspec.Meta(max_length=MOST_RULES)] = ()
    sensitivities: Annotated[dict[Id, Percent], msgspec.Meta(max_length=MOST_SATELLITES)] = msgspec.field(
        default_factory=dict
    )
    """Of satellites that differ from the gateway's."""
    is_there: bool = True
    """False from the launcher when the ledger has ended; the rest holds then as it was."""
    transcripts_s: Count | None = None
    audio_s: Count | None = None
    false_wakes_s: Count = 60
    deletions: Count = 0
    """How often something was forgotten because somebody wanted that."""


class Gone(Message, frozen=True, tag="gone"):
    """Something was forgotten: whoever has a copy in memory drops it.

    That is what voice heard last, and with `everything` all that the broker still knows of requests.
    """

    everything: bool = False


# The audit log


class RecordAct(Message, frozen=True, tag="record_act"):
    """Write this into the audit log. Answered with `act_recorded`."""

    id: Count
    by: Name
    act: Name
    """`forget`, `play`, `replay`, `export`, `correct`, `unlearn`, `retention` or `sensitivity`."""
    about: Name = ""
    """An id; empty for several things."""
    user_id: Name = ""
    turns: Count = 0
    clips: Count = 0
    rules: Count = 0


class ActRecorded(Message, frozen=True, tag="act_recorded"):
    """It is in the audit log; or it is not, and why."""

    id: Count
    error: Text = ""


# The launcher's own


class LedgerBegin(Message, frozen=True, tag="ledger_begin"):
    """Who you are; the first message."""

    folder: Text
    """The ledger's own, in the gateway's."""


class LedgerReady(Message, frozen=True, tag="ledger_ready"):
    """Confined, and open."""

    layers: Annotated[tuple[Name, ...], msgspec.Meta(max_length=16)] = ()
    """Of `protection.Layer`."""


type ForLedger = KeepTurn | AskLedger | VoiceSays | ActRecorded
type OfLedger = TurnKept | LedgerSays | AskVoice | Learned | Gone
type OfAudit = RecordAct | Gone
