"""The words of one voice turn: what happens in it (events), and what its stages hand each other.

Everything here is frozen and travels. `as_json` is the one place that says how an event is written down; the command
line, tests and (later) the wire all use it. Sound is an event too (`ReplyAudio`), but is never written as JSON.

Times: `t_ms` is audio time, milliseconds from the turn's first sample; what a stage took is wall time.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from gateway.house import AttributeValue, Entity
from gateway.suggestions import Replacement

type Slots = Mapping[str, AttributeValue]
type Json = bool | int | float | str | list[Json] | dict[str, Json] | None

NO_SLOTS: Slots = MappingProxyType({})


# What the stages hand each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """One reading of what was said."""

    text: str
    score: float
    """Mean log-probability of a token, 0 at best; `exp` of it is shown to people as a percentage."""

    @property
    def confidence(self) -> float:
        """`score` as a probability between 0 and 1."""
        return math.exp(min(self.score, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What recognition made of one utterance: the N best, likeliest first; none at all where nothing was said."""

    hypotheses: tuple[Hypothesis, ...]
    no_speech_probability: float = 0.0
    language: str = "en"
    audio_ms: int = 0


_ANY_WORDS: Final = frozenset({"conversation_command", "item", "message", "search_query"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a sentence means in this house."""

    name: str
    """Home Assistant's name, e.g. `HassTurnOn`."""
    slots: Slots = field(default=NO_SLOTS)
    """As Home Assistant's matcher gives them: `name` an entity's name, `area` an area's name, numbers as numbers."""
    response: str = "default"
    """The key of the answer among the language's response templates for this intent."""
    text: str = ""
    """The sentence that was matched."""
    entity_id: str | None = None
    """Set where the sentence named exactly one entity."""
    rule_ids: tuple[str, ...] = ()
    """The rules of this household without which it would mean something else, or nothing."""
    also: tuple[Intent, ...] = ()
    """What was said in the same breath, to be done after it."""
    is_own: bool = False
    """Whether it is the household's own: only Home Assistant knows how to do it, by the sentence itself."""

    @property
    def any_words(self) -> int:
        """How many words stand in slots in which nearly any make sense: what to play, to note, or to say."""
        return sum(len(str(self.slots[slot]).split()) for slot in _ANY_WORDS.intersection(self.slots))

    @property
    def asked(self) -> tuple[str, str | None, dict[str, AttributeValue]]:
        """What it asks for, however that was said; without what is to be done after it."""
        return self.name, self.entity_id, dict(self.slots)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequest:
    """The gateway asks the home for something; the home answers with an `ActionResult`."""

    intent: Intent
    area_id: str | None = None
    """Where the satellite stands: what "here" means."""
    satellite_id: str = "local"
    """Whose timers are meant by "my timer"."""
    is_confirmed: bool = False
    """Somebody said yes to it: what it does later needs no further yes."""
    is_doubted: bool = False
    """The home wants a yes for what seemed to need none: how things are is not known, so all it is about counts."""
    pin: str = field(default="", repr=False)
    """The digits that somebody said where a PIN was asked for; they are kept nowhere, and the home looks at them."""
    converse_id: int = 0
    """Which of a home's own requests it is for; 0 for what was said at a satellite."""
    language: str = ""
    """In which it was said; empty for the household's first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """One thing that is different now."""

    entity_id: str
    name: str
    before: str
    after: str
    """States, with the changed attributes where the state itself stayed: `on, brightness 50 %`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResult:
    """What the home did, and what an answer needs to know of it."""

    error: str | None = None
    """A key of the language's error answers (`no_entity`, `timer_not_found` …); nothing was done."""
    error_slots: Slots = field(default=NO_SLOTS)
    changes: tuple[StateChange, ...] = ()
    matched: tuple[Entity, ...] = ()
    """Entities that were acted on, or that a question is about and is true of, with their states afterwards."""
    unmatched: tuple[Entity, ...] = ()
    """Entities that a question is about and is not true of."""
    speech_slots: Mapping[str, object] = field(default_factory=dict)
    """Further values for the answer's template (`timers`, `canceled`, `date`, `time`, `media`)."""
    is_demo: bool = False
    """The demo house did it, as no home is paired: the answer says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceAnswer:
    """The home had a sentence of its own for what was said, and has done what it asks for."""

    text: str
    """The reading that it was."""
    speech: str
    """What to say to it; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A stretch of mono s16le sound at `rate_hz`."""

    rate_hz: int
    pcm: bytes

    @property
    def duration_ms(self) -> float:
        """Length in milliseconds."""
        return len(self.pcm) / 2 / self.rate_hz * 1000


# What a home asks of satellites


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A message for all other satellites."""

    message: str
    satellite_id: str
    """The one that it was said to."""
    language: str = ""
    """In which it was said; empty for the household's first."""


# What happens in a turn


class Outcome(StrEnum):
    """How a turn ended."""

    ACTION = "action"
    ANSWER = "answer"
    NOT_UNDERSTOOD = "not_understood"
    NOT_CONFIRMED = "not_confirmed"
    NOTHING_HEARD = "nothing_heard"
    NO_WAKE = "no_wake"
    NEVER_MIND = "never_mind"
    CONSENT_ASKED = "consent_asked"
    """A person is asked whether it may be sent to the cloud."""
    FORGOTTEN = "forgotten"
    """What was said before was to be forgotten, and is."""
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeDetected:
    """A wake word was said."""

    type: ClassVar = "wake"
    t_ms: int
    wake_word: str
    score: float
    second_score: float | None = None
    """The second opinion's score; none where no second engine is installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStarted:
    """Somebody began to speak."""

    type: ClassVar = "speech_start"
    t_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialTranscript:
    """What was heard so far, roughly, while somebody speaks. It is shown at most: never kept, sent or acted on."""

    type: ClassVar = "partial"
    t_ms: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechResumed:
    """Speech goes on after an end that came early. `SpeechEnded` follows again.

    A `Transcript` after that takes the place of the one before, and so does what was understood; what was done was
    done. Without one, nothing that means something was added, and the first holds.
    """

    type: ClassVar = "speech_resumed"
    t_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEnded:
    """The utterance is over; `t_ms` is its last moment of speech, not the moment we became sure."""

    type: ClassVar = "speech_end"
    t_ms: int
    reason: str
    """`understood` (a complete command, then a short pause), `pause`, `max_length` or `end_of_audio`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was heard."""

    type: ClassVar = "transcript"
    t_ms: int
    text: str
    score: float
    hypotheses: tuple[Hypothesis, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentRecognized:
    """What was understood; `heard` and `used` differ where a less likely hypothesis made sense here."""

    type: ClassVar = "intent"
    t_ms: int
    name: str
    slots: Slots
    heard: str
    used: str
    rule_ids: tuple[str, ...] = ()
    """The household's rules by which `used` is what was meant."""
    replaced: tuple[Replacement, ...] = ()
    """What `used` has in place of what was heard, where it is a sentence of this house that sounds like it."""
    is_asked: bool = False
    """Whether somebody was asked what was meant, and said so."""
    is_nearest: bool = False
    """Whether others spoke as well, and only what was said nearest counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAsked:
    """The assistant asks back and listens for the answer."""

    type: ClassVar = "question"
    t_ms: int
    text: str
    is_secret: bool = False
    """A PIN is asked for: the answer is told by no event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDone:
    """The home did what was asked."""

    type: ClassVar = "action"
    t_ms: int
    intent: str
    changes: tuple[StateChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentAsked:
    """A person is asked whether something of this may be sent to the cloud; nothing was."""

    type: ClassVar = "consent"
    t_ms: int
    request_id: str
    content: str
    """`text` or `audio`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer begins to sound."""

    type: ClassVar = "reply"
    t_ms: int
    text: str
    first_sound_ms: int
    """Wall time from the end of speech to the first sound of the reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyAudio:
    """A stretch of the reply's or the question's sound; pulled by whoever plays it."""

    type: ClassVar = "reply_audio"
    t_ms: int
    sound: Sound


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingHeard:
    """The turn ends without a word from us."""

    type: ClassVar = "nothing_heard"
    t_ms: int
    reason: str
    """`no_wake`, `silence`, `noise` or `no_words`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnFailed:
    """Something of ours broke; the code says what."""

    type: ClassVar = "error"
    t_ms: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnded:
    """The last event of every turn."""

    type: ClassVar = "end"
    t_ms: int
    outcome: Outcome
    stages_ms: Mapping[str, float]
    """Wall milliseconds after the end of speech at which each stage was done."""


type Event = (
    WakeDetected
    | SpeechStarted
    | PartialTranscript
    | SpeechEnded
    | SpeechResumed
    | Transcript
    | IntentRecognized
    | QuestionAsked
    | ActionDone
    | ConsentAsked
    | Reply
    | ReplyAudio
    | NothingHeard
    | TurnFailed
    | TurnEnded
)


def as_json(event: Event) -> dict[str, Json]:
    """Return `event` as JSON values, `type` and `t_ms` first.

    Raises TypeError for sound, which is never written as text.
    """
    if isinstance(event, ReplyAudio):
        raise TypeError("sound is not written as JSON")
    values = {f.name: _json(getattr(event, f.name)) for f in fields(event)}
    return {"type": event.type, **values}


def _json(value: object) -> Json:
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return round(value, 4)
        case Mapping():
            return {str(key): _json(item) for key, item in value.items()}
        case tuple() | list():
            return [_json(item) for item in value]
        case Hypothesis() | StateChange() | Replacement():
            return {f.name: _json(getattr(value, f.name)) for f in fields(value)}
    raise TypeError(f"{type(value).__name__} does not travel")
