"""The words on the voice port, named as there. The gateway has them in `gateway/wire`; `docs/protocol.md` says more.

`tests/golden` holds one of each that both sides read, so neither can change alone.
"""

from dataclasses import field
from typing import Final

from . import ledger_messages
from .codec import Message, Vocabulary
from .house_messages import (
    ActionAsked,
    ActionDone,
    AreaWords,
    Entities,
    EntitiesChanged,
    EntityWords,
    FloorWords,
    HouseBegin,
    HouseEnd,
    HousePart,
    HouseUsable,
    SentenceAsked,
    SentenceDone,
    SentencesKnown,
    StateChangeWords,
    StatesChanged,
    StateWords,
)
from .request_messages import (
    Announce,
    Announced,
    AnnounceOver,
    Answered,
    ChangeSettings,
    Converse,
    Conversed,
    Detect,
    Detected,
    Forget,
    Offered,
    Recognize,
    Recognized,
    SettingsChanged,
    Speak,
    Speaking,
    SpeakMore,
    Spoken,
    VoiceWords,
    WakeWordWords,
)
from .sentence_messages import SentencesPart
from .timer_messages import CancelTimer, RingTimer, TimerCancelled, TimerRung, TimersRunning, TimerUnheard
from .wire_types import LARGEST_SOUND_FILE_BYTES, MOST_ENTITIES_A_MESSAGE, Count, Id, Ids, Name, StagesMs, Text

PROTOCOL_VERSION: Final = 1
"""Grows when an older side could no longer follow."""

# Both ports


class Hello(Message):
    """The first message of every peer."""

    protocol: int
    version: Name = ""


class Greeting(Message):
    """The gateway's answer to `hello`."""

    protocol: int
    version: Name
    gateway_id: Id
    peer_id: Id
    role: Name
    name: Name


class Refused(Message):
    """What was said is not done."""

    code: Name
    message: Text
    about: Name = ""
    """The `type` of what is refused."""
    protocol: Count = 0
    """The version that the gateway speaks, where that is why (`wrong_version`)."""


# Satellites


class Satellites(Message):
    """These are paired, and no others."""

    satellite_ids: Ids


class SatelliteChanged(Message):
    """How a satellite is."""

    satellite_id: Id
    name: Name
    area_id: Name | None
    connected: bool
    muted: bool = False
    activity: Name = "idle"
    """`idle`, `listening`, `processing` or `responding`."""


class PlaceSatellite(Message):
    """A satellite stands in this room, whatever was said when it was paired; null undoes it."""

    satellite_id: Id
    area_id: Name | None = None


class MuteSatellite(Message):
    """A satellite is to listen no more, or again."""

    satellite_id: Id
    muted: bool


class TurnBegan(Message):
    """A satellite was woken."""

    satellite_id: Id
    wake_word: Name = ""


class TurnHappened(Message):
    """A turn is over. Not a word of what was said."""

    satellite_id: Id
    outcome: Name
    wake_word: Name = ""
    stages_ms: StagesMs = field(default_factory=dict)


FROM_VOICE: Final = Vocabulary(
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
    Recognized,
    Detected,
    Speaking,
    Spoken,
    Conversed,
    Offered,
    SettingsChanged,
    *ledger_messages.ANSWERS,
    *ledger_messages.UNASKED,
)
"""What the gateway says on the voice port."""
TO_VOICE: Final = Vocabulary(
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
    Recognize,
    Detect,
    Speak,
    SpeakMore,
    Converse,
    Forget,
    ChangeSettings,
    *ledger_messages.QUESTIONS,
)
"""What we say there."""

__all__ = [
    "FROM_VOICE",
    "LARGEST_SOUND_FILE_BYTES",
    "MOST_ENTITIES_A_MESSAGE",
    "PROTOCOL_VERSION",
    "TO_VOICE",
    "ActionAsked",
    "ActionDone",
    "Announce",
    "AnnounceOver",
    "Announced",
    "Answered",
    "AreaWords",
    "ChangeSettings",
    "Converse",
    "Conversed",
    "Detect",
    "Detected",
    "Entities",
    "EntitiesChanged",
    "EntityWords",
    "FloorWords",
    "Forget",
    "Greeting",
    "Hello",
    "HouseBegin",
    "HouseEnd",
    "HousePart",
    "HouseUsable",
    "Message",
    "MuteSatellite",
    "Offered",
    "PlaceSatellite",
    "Recognize",
    "Recognized",
    "Refused",
    "SatelliteChanged",
    "Satellites",
    "SentenceAsked",
    "SentenceDone",
    "SentencesKnown",
    "SentencesPart",
    "SettingsChanged",
    "Speak",
    "SpeakMore",
    "Speaking",
    "Spoken",
    "StateChangeWords",
    "StateWords",
    "StatesChanged",
    "TurnBegan",
    "TurnHappened",
    "VoiceWords",
    "WakeWordWords",
]
