"""What is remembered of each turn of one satellite: its events, collected into a row for the ledger. No I/O.

A row is made of what was told, never of what may be guessed: of a turn that was cut short before its end, only what had
happened by then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gateway.events import (
    ActionDone,
    ConsentAsked,
    Event,
    IntentRecognized,
    NothingHeard,
    Outcome,
    QuestionAsked,
    Reply,
    SpeechEnded,
    SpeechResumed,
    SpeechStarted,
    StateChange,
    Transcript,
    TurnEnded,
    TurnFailed,
    WakeDetected,
)
from gateway.ledger.rows import Kind, TurnRow, new_id
from gateway.suggestions import replaced_words

CUT_SHORT: Final = ""
"""The outcome of a turn that never told one: somebody interrupted it, or the satellite was gone."""
MOST_CHANGES: Final = 64
"""Of one turn; a row holds no more."""


@dataclass(slots=True)
class _Turn:
    """What was told of a turn so far."""

    at: datetime
    area_id: str
    wake: WakeDetected | None = None
    wake_word: str = ""
    speech_began_ms: int = 0
    audio_ms: int = 0
    """Of the utterance that was recognised."""
    resumed_ms: int | None = None
    """How long it is with what was said after an early end; none where nothing was. It counts once it is recognised."""
    transcript: Transcript | None = None
    intent: IntentRecognized | None = None
    question: str = ""
    answer: str = ""
    """What was said to our question."""
    is_pin_asked: bool = False
    """Whether a PIN was asked for after that; nobody is told what was said then."""
    changes: list[StateChange] = field(default_factory=list)
    consent: ConsentAsked | None = None
    reply: Reply | None = None
    silence: str = ""
    failure: str = ""


class TurnRows:
    """Takes the events of one satellite's turns, one after the other, as `TurnRecord` does."""

    def __init__(
        self,
        satellite_id: str,
        keep: Callable[[TurnRow], None],
        *,
        area_id: Callable[[], str | None],
        now: Callable[[], datetime],
        make_id: Callable[[], str] = new_id,
    ) -> None:
        """`keep` gets each turn's row when it is over; `area_id` is where the satellite stands, `now` is in UTC."""
        self._satellite_id = satellite_id
        self._keep = keep
        self._area_id = area_id
        self._now = now
        self._make_id = make_id
        self._turn: _Turn | None = None

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, WakeDetected):
            self.finish()
            self._turn = self._new_turn()
            self._turn.wake = event
        elif self._turn is not None:
            if isinstance(event, TurnEnded):
                self._end(self._turn, event)
            else:
                _take(self._turn, event)

    def began(self, wake_word: str) -> None:
        """Take what the turn began with; an empty word where it needed none."""
        if self._turn is None or self._turn.wake is None or self._turn.wake_word:
            self.finish()
            self._turn = self._new_turn()
        self._turn.wake_word = wake_word

    def forget(self) -> None:
        """Forget a turn that was left to another satellite."""
        self._turn = None

    def finish(self) -> None:
        """Know that a turn that has not ended never will: another begins, or the satellite is gone."""
        turn = self._turn
        if turn is not None:
            self._end(turn, None)

    def _new_turn(self) -> _Turn:
        return _Turn(at=self._now(), area_id=self._area_id() or "")

    def _end(self, turn: _Turn, end: TurnEnded | None) -> None:
        self._turn = None
        if end is not None or turn.transcript is not None or turn.failure:
            self._keep(self._row(turn, end))

    def _row(self, turn: _Turn, end: TurnEnded | None) -> TurnRow:
        outcome = _outcome(turn, end)
        stages_ms = {} if end is None else dict(end.stages_ms)
        if turn.reply is not None:
            stages_ms.setdefault("first_sound", float(turn.reply.first_sound_ms))
        heard = turn.transcript
        if outcome == Outcome.NOTHING_HEARD and not turn.wake_word:
            heard = None  # it was not said to us, and nobody needs it to see why we were listening
        return TurnRow(
            id=self._make_id(),
            at=turn.at,
            satellite_id=self._satellite_id,
            area_id=turn.area_id,
            kind=_kind(turn, outcome),
            outcome=outcome,
            wake_word=turn.wake_word,
            wake_score=None if turn.wake is None else turn.wake.score,
            second_score=None if turn.wake is None else turn.wake.second_score,
            hypotheses=() if heard is None else heard.hypotheses,
            heard="" if heard is None else heard.text,
            used="" if turn.intent is None else turn.intent.used,
            why=_why(turn, outcome, "" if heard is None else heard.text, is_cut_short=end is None),
            intent="" if turn.intent is None else turn.intent.name,
            slots={} if turn.intent is None else turn.intent.slots,
            changes=tuple(turn.changes),
            reply="" if turn.reply is None else turn.reply.text,
            stages_ms=stages_ms,
            audio_ms=turn.audio_ms,
        )


def _take(turn: _Turn, event: Event) -> None:
    match event:
        case SpeechStarted() | SpeechResumed() | SpeechEnded() | Transcript() | NothingHeard():
            _take_heard(turn, event)
        case IntentRecognized():
            turn.intent = event
        case QuestionAsked(is_secret=True):
            turn.is_pin_asked = True
        case QuestionAsked():
            turn.question = event.text
        case ActionDone():
            turn.changes += event.changes[: MOST_CHANGES - len(turn.changes)]
        case ConsentAsked():
            turn.consent = event
        case Reply():
            turn.reply = event
        case TurnFailed():
            turn.failure = event.code


def _take_heard(turn: _Turn, event: SpeechStarted | SpeechResumed | SpeechEnded | Transcript | NothingHeard) -> None:
    """Take what was said: first what this turn is about, with what corrects it, then the answer to our question."""
    match event:
        case SpeechStarted():
            turn.speech_began_ms = event.t_ms
            turn.resumed_ms = None
        case SpeechResumed():
            turn.resumed_ms = 0
        case SpeechEnded() if turn.resumed_ms is not None:
            turn.resumed_ms = max(0, event.t_ms - turn.speech_began_ms)
        case SpeechEnded() if turn.transcript is None:
            turn.audio_ms = max(0, event.t_ms - turn.speech_began_ms)
        case Transcript() if turn.resumed_ms is not None:
            turn.transcript, turn.intent = event, None
            turn.audio_ms, turn.resumed_ms = turn.resumed_ms, None
        case Transcript() if turn.transcript is None:
            turn.transcript = event
        case Transcript():
            turn.answer = event.text
        case NothingHeard():
            turn.silence = event.reason


def _outcome(turn: _Turn, end: TurnEnded | None) -> str:
    """Return how a turn ended; of one that was cut short, what is certain all the same."""
    if end is not None:
        return end.outcome
    if turn.failure:
        return Outcome.ERROR
    if turn.changes:
        return Outcome.ACTION
    return CUT_SHORT if turn.consent is None else Outcome.CONSENT_ASKED


def _kind(turn: _Turn, outcome: str) -> Kind:
    """Return `false_wake` where a wake word was heard and then nothing that was meant for us.

    Somebody may have said the wake word and then nothing: nobody can tell these apart, and neither needs to be kept.
    """
    return "false_wake" if outcome == Outcome.NOTHING_HEARD and turn.wake_word else "turn"


def _why(turn: _Turn, outcome: str, heard: str, *, is_cut_short: bool) -> str:
    """Return, in plain words, why what happened did happen."""
    said = [f'heard "{heard}"'] if heard else []
    said += _meaning(turn, outcome)
    if turn.question:
        said += _asked_back(turn, outcome)
    if turn.failure:
        said.append(f"something failed: {turn.failure}")
    if is_cut_short:
        said.append("it was cut short")
    return "; ".join(said)


def _meaning(turn: _Turn, outcome: str) -> list[str]:
    """Return what was made of what was heard."""
    if outcome == Outcome.NOTHING_HEARD:
        return [_SILENCES.get(turn.silence, "nothing was said")]
    if turn.consent is not None:
        what = "the recording" if turn.consent.content == "audio" else "the words"
        return [f"a person was asked whether {what} may be sent to the cloud, request {turn.consent.request_id}"]
    if turn.intent is not None:
        nearest = [_NEAREST] if turn.intent.is_nearest else []
        return [*nearest, _reading(turn.intent), *_nothing_done(turn, outcome)]
    return [_WITHOUT_INTENT[outcome]] if outcome in _WITHOUT_INTENT else []


def _reading(intent: IntentRecognized) -> str:
    if intent.rule_ids:
        named = f"rule {intent.rule_ids[0]}" if len(intent.rule_ids) == 1 else f"rules {', '.join(intent.rule_ids)}"
        return f'took it for "{intent.used}", by {named} of this household'
    if intent.is_asked:
        return f'took it for "{intent.used}", as somebody said who was asked'
    if words := replaced_words(intent.replaced):
        closest = ", ".join(f'"{one.heard}" sounds most like "{one.used}"' for one in words)
        return f'took it for "{intent.used}": of what is in this house, {closest}, and nothing else comes close'
    if intent.used == intent.heard:
        return "that is the likeliest reading, and it means something here"
    return f'took "{intent.used}", the likeliest reading that means something here'


def _nothing_done(turn: _Turn, outcome: str) -> list[str]:
    if outcome == Outcome.NEVER_MIND:
        return ["it was taken back, so nothing was done"]
    if outcome == Outcome.NOT_CONFIRMED and not turn.question:
        return ["it is protected, and nobody was asked for a yes"]
    return []


def _asked_back(turn: _Turn, outcome: str) -> list[str]:
    asked = f'asked "{turn.question}"'
    if not turn.answer:
        return [f"{asked}; no answer was heard"]
    if turn.is_pin_asked:
        return [f'{asked}; heard "{turn.answer}"; asked for the PIN']
    is_no = outcome == Outcome.NOT_CONFIRMED
    return [f'{asked}; heard "{turn.answer}"' + (", which is not a yes" if is_no else "")]


_NEAREST: Final = "others spoke as well, and only what was said nearest counts"
_SILENCES: Final[Mapping[str, str]] = {
    "silence": "nobody spoke",
    "noise": "that was taken for noise, or for words that were not said to us",
    "no_words": "there were no words in it",
}
_WITHOUT_INTENT: Final[Mapping[str, str]] = {
    Outcome.ANSWER: "the home has a sentence of its own for that",
    Outcome.NOT_UNDERSTOOD: "no reading of it means anything that can be done here",
    Outcome.NEVER_MIND: "what the cloud was to be asked was taken back",
    Outcome.FORGOTTEN: "what was said before was to be forgotten",
}
