"""The words on the voice port: what Home Assistant, satellites and the gateway say to each other.

`docs/protocol.md` describes each. A binary frame is sound: 16 kHz mono s16le from a satellite; to a satellite whatever
the message before it said; to and from Home Assistant it begins with the id of the request it belongs to (`streams`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

import msgspec

from gateway.wire import ledger_words, request_words
from gateway.wire.messages import Count, Greeting, Hello, Id, Message, Name, Refused, Text, Value, Vocabulary
from gateway.wire.peers import Role
from gateway.wire.request_words import Offered, RequestId
from gateway.wire.sentence_words import SentencesPart
from gateway.wire.timer_words import CancelTimer, RingTimer, TimerCancelled, TimerRung, TimersRunning, TimerUnheard

SPEECH_AHEAD_BYTES: Final = 64 * 1024
"""How much sound the gateway sends beyond what was `played`: 1.5 s of Piper's voice, and all that a satellite keeps."""
LARGEST_SOUND_FILE_BYTES: Final = 4 * 1024 * 1024
"""An announcement of four minutes as MP3."""
MOST_ENTITIES_A_MESSAGE: Final = 500
LONGEST_PIN_DIGITS: Final = 12

type Scalar = bool | int | float | Value | None
type Attribute = Scalar | Annotated[tuple[Scalar, ...], msgspec.Meta(max_length=256)]
type Attributes = Annotated[dict[Name, Attribute], msgspec.Meta(max_length=128)]
type Names = Annotated[tuple[Name, ...], msgspec.Meta(max_length=64)]
type Record = Annotated[dict[Name, Scalar], msgspec.Meta(max_length=64)]
"""A timer, for example."""
type Pin = Annotated[str, msgspec.Meta(max_length=LONGEST_PIN_DIGITS)]
type SpeechSlot = Scalar | Annotated[tuple[Scalar | Record, ...], msgspec.Meta(max_length=256)]
type SpeechSlots = Annotated[dict[Name, SpeechSlot], msgspec.Meta(max_length=128)]


# The house, from `home`


class FloorWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A storey (`house.Floor`)."""

    id: Id
    name: Name
    aliases: Names = ()
    level: int | None = None


class AreaWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A room (`house.Area`)."""

    id: Id
    name: Name
    aliases: Names = ()
    floor_id: Name | None = None


class EntityWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A thing with its state (`house.Entity`)."""

    id: Id
    name: Name
    aliases: Names = ()
    area_id: Name | None = None
    state: Name = "unknown"
    attributes: Attributes = msgspec.field(default_factory=dict)
    guard: Name = ""
    """`free`, `confirm`, `pin` or `never`: what has to be before it is changed; empty for what its kind needs."""
    guard_area_ids: Names = ()
    """The rooms from which it may be asked for; empty for all of them."""


type Entities = Annotated[tuple[EntityWords, ...], msgspec.Meta(max_length=MOST_ENTITIES_A_MESSAGE)]
type Ids = Annotated[tuple[Id, ...], msgspec.Meta(max_length=MOST_ENTITIES_A_MESSAGE)]


class HouseBegin(Message, frozen=True, tag="house_begin"):
    """A whole house follows, in parts; until `house_end` the one before holds."""

    name: Name
    language: Name = "en"
    temperature_unit: Name = "°C"
    people: Names = ()
    """The names of those who live there: what is proposed for the cloud goes without them."""


class HousePart(Message, frozen=True, tag="house_part"):
    """Some of the house; as many parts as it takes."""

    floors: Annotated[tuple[FloorWords, ...], msgspec.Meta(max_length=100)] = ()
    areas: Annotated[tuple[AreaWords, ...], msgspec.Meta(max_length=500)] = ()
    entities: Entities = ()


class HouseEnd(Message, frozen=True, tag="house_end"):
    """The house is whole; answered with `house_usable`."""


class EntitiesChanged(Message, frozen=True, tag="entities_changed"):
    """These are new or different (whole each), and those are gone."""

    changed: Entities = ()
    removed: Ids = ()


class StateWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an entity's state has become."""

    id: Id
    state: Name
    attributes: Attributes = msgspec.field(default_factory=dict)


class StatesChanged(Message, frozen=True, tag="states_changed"):
    """States and attributes that are different; names and places stay."""

    states: Annotated[tuple[StateWords, ...], msgspec.Meta(max_length=MOST_ENTITIES_A_MESSAGE)]


class HouseUsable(Message, frozen=True, tag="house_usable"):
    """To `home`: everything that is said from now on is understood in this house."""

    entities: Count


# Actions


class ActionAsked(Message, frozen=True, tag="action_asked"):
    """To `home`: do this, and answer with `action_done` before the deadline."""

    id: Count
    intent: Name
    slots: Attributes
    response: Name
    text: Text
    entity_id: Name | None = None
    area_id: Name | None = None
    satellite_id: Name = ""
    """Where it was said; empty for a `converse`."""
    is_confirmed: bool = False
    """It was read back, and somebody said yes."""
    pin: Pin = ""
    """The digits that somebody said; only the home knows the right ones."""
    converse_id: Count = 0
    """The `converse` that it is for; 0 for what was said at a satellite of the gateway."""
    deadline_ms: Count = 0


class StateChangeWords(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is different now (`events.StateChange`)."""

    entity_id: Id
    name: Name
    before: Value
    after: Value


class ActionDone(Message, frozen=True, tag="action_done"):
    """From `home`: what became of an `action_asked` (`events.ActionResult`)."""

    id: Count
    error: Name | None = None
    error_slots: Attributes = msgspec.field(default_factory=dict)
    changes: Annotated[tuple[StateChangeWords, ...], msgspec.Meta(max_length=MOST_ENTITIES_A_MESSAGE)] = ()
    matched: Entities = ()
    unmatched: Entities = ()
    speech_slots: SpeechSlots = msgspec.field(default_factory=dict)
    """What the answer's template needs besides, as Home Assistant's intents give it: `timers`, for example."""


class SentencesKnown(Message, frozen=True, tag="sentences_known"):
    """From `home`: whether it has sentences of its own, such as triggers of automations, and is to be asked first."""

    exist: bool


class SentenceAsked(Message, frozen=True, tag="sentence_asked"):
    """To `home`: is one of these readings, likeliest first, a sentence of yours? Then do it; answer `sentence_done`."""

    id: Count
    texts: Annotated[tuple[Text, ...], msgspec.Meta(max_length=16)]
    area_id: Name | None = None
    satellite_id: Name = ""
    deadline_ms: Count = 0


class SentenceDone(Message, frozen=True, tag="sentence_done"):
    """From `home`: which reading it was, if any, and what to say to it."""

    id: Count
    text: Text = ""
    """Empty where it was none."""
    speech: Text = ""


class Announce(Message, frozen=True, tag="announce"):
    """Say `text`, or play the sound file whose `sound_bytes` follow in frames of this id; answered with `announced`."""

    id: RequestId
    text: Text = ""
    sound_bytes: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_SOUND_FILE_BYTES)] = 0
    satellite_ids: Ids = ()
    """Empty for everywhere."""
    then: Name = ""
    """What follows at the one satellite that is named: `listen`, a turn without a wake word; or `answer`, what is said
    is told under this id (`answered`) and not acted upon. Either may come without text and sound."""


class Announced(Message, frozen=True, tag="announced"):
    """To `home`: where it will be heard, or why nowhere."""

    id: RequestId
    satellite_ids: Ids = ()
    error: Name = ""
    message: Text = ""


class AnnounceOver(Message, frozen=True, tag="announce_over"):
    """To `home`: an announcement that was `announced` has been heard to its end, or somebody cut it short."""

    id: RequestId


class Answered(Message, frozen=True, tag="answered"):
    """To `home`: what was said to an announcement that waits for it; nothing for silence, or a satellite that went."""

    id: RequestId
    text: Text = ""


# Satellites


class Satellites(Message, frozen=True, tag="satellites"):
    """To `home`: these are paired, and no others. Sent at the beginning, and when it is different."""

    satellite_ids: Ids


class PlaceSatellite(Message, frozen=True, tag="place_satellite"):
    """From `home`: a satellite stands in this room, whatever was said when it was paired; null undoes it."""

    satellite_id: Id
    area_id: Name | None = None


class TurnBegan(Message, frozen=True, tag="turn_began"):
    """To `home`: a satellite was woken."""

    satellite_id: Id
    wake_word: Name = ""


class MuteSatellite(Message, frozen=True, tag="mute_satellite"):
    """From `home`: a satellite is to listen no more, or again."""

    satellite_id: Id
    muted: bool


class SatelliteChanged(Message, frozen=True, tag="satellite_changed"):
    """To `home`: how a satellite is. Sent for each at the beginning, and whenever something is different."""

    satellite_id: Id
    name: Name
    area_id: Name | None
    connected: bool
    muted: bool = False
    activity: Name = "idle"
    """`idle`, `listening`, `processing` or `responding`."""


class TurnHappened(Message, frozen=True, tag="turn_happened"):
    """To `home`: a turn is over. Not a word of what was said."""

    satellite_id: Id
    outcome: Name
    wake_word: Name = ""
    stages_ms: dict[str, float] = msgspec.field(default_factory=dict)


class Mute(Message, frozen=True, tag="mute"):
    """To a satellite: listen no more, or again; answered with `muted`."""

    muted: bool


class Muted(Message, frozen=True, tag="muted"):
    """From a satellite: whether it listens; unasked too, when somebody pressed its button."""

    muted: bool


class Listening(Message, frozen=True, tag="listening"):
    """To a satellite: what is said now is being recognised, or is no more. It shows it."""

    listening: bool


class Chime(Message, frozen=True, tag="chime"):
    """To a satellite: play the sound that says "I am listening", and take it out of what the microphone hears."""


class SoundBegin(Message, frozen=True, tag="sound_begin"):
    """To a satellite: the binary frames that follow are mono s16le at `rate_hz`; play them in order."""

    rate_hz: Annotated[int, msgspec.Meta(ge=8_000, le=48_000)]


class Drain(Message, frozen=True, tag="drain"):
    """To a satellite: say `drained` when everything sent so far, chime included, has been heard."""

    id: Count


class Silence(Message, frozen=True, tag="silence"):
    """To a satellite: be silent at once, and forget what was not yet heard. Open drains are answered."""


class Drained(Message, frozen=True, tag="drained"):
    """From a satellite: the answer to `drain`."""

    id: Count


class Played(Message, frozen=True, tag="played"):
    """From a satellite: how many bytes of the gateway's sound it has played or forgotten since it connected."""

    bytes: Count


class SoundFailed(Message, frozen=True, tag="sound_failed"):
    """From a satellite: its speaker or its microphone does not work; what it is told is no more than forgotten."""

    device: Name
    """`microphone` or `speaker`."""


MAY_SEND: Final[Mapping[Role, tuple[type[Message], ...]]] = MappingProxyType(
    {
        Role.HOME: (
            Hello,
            HouseBegin,
            HousePart,
            HouseEnd,
            EntitiesChanged,
            StatesChanged,
            ActionDone,
            SentencesKnown,
            SentencesPart,
            SentenceDone,
            Announce,
            MuteSatellite,
            PlaceSatellite,
            CancelTimer,
            TimerRung,
            *request_words.QUESTIONS,
            *ledger_words.QUESTIONS,
        ),
        Role.SATELLITE: (Hello, Muted, Drained, Played, SoundFailed),
        Role.CONSENT: (),
    }
)
"""What each role may say on the voice port; everything else is refused."""
TO_GATEWAY: Final = Vocabulary(*{kind: None for kinds in MAY_SEND.values() for kind in kinds})
TO_HOME: Final = Vocabulary(
    Greeting,
    Refused,
    HouseUsable,
    ActionAsked,
    SentenceAsked,
    Announced,
    AnnounceOver,
    Answered,
    Satellites,
    SatelliteChanged,
    TurnBegan,
    TurnHappened,
    TimersRunning,
    TimerCancelled,
    RingTimer,
    TimerUnheard,
    Offered,
    *request_words.ANSWERS,
    *ledger_words.ANSWERS,
    *ledger_words.UNASKED,
)
TO_SATELLITE: Final = Vocabulary(Greeting, Refused, Mute, Listening, Chime, SoundBegin, Drain, Silence)
