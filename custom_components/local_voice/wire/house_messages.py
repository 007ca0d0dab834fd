"""The house as the gateway is told it, and what is to be done in it."""

from dataclasses import field
from typing import Annotated

from .codec import Between, Message, Words
from .wire_types import MOST_ENTITIES_A_MESSAGE, Attributes, Count, Id, Ids, Name, Names, Pin, SpeechSlots, Text, Value

# The house


class FloorWords(Words):
    """A storey."""

    id: Id
    name: Name
    aliases: Names = ()
    level: int | None = None


class AreaWords(Words):
    """A room."""

    id: Id
    name: Name
    aliases: Names = ()
    floor_id: Name | None = None


class EntityWords(Words):
    """A thing with its state."""

    id: Id
    name: Name
    aliases: Names = ()
    area_id: Name | None = None
    state: Name = "unknown"
    attributes: Attributes = field(default_factory=dict)
    guard: Name = ""
    """`free`, `confirm`, `pin` or `never`: what has to be before it is changed; empty for what its kind needs."""
    guard_area_ids: Names = ()
    """The rooms from which it may be asked for; empty for all of them."""


type Entities = Annotated[tuple[EntityWords, ...], Between(0, MOST_ENTITIES_A_MESSAGE)]


class HouseBegin(Message):
    """A whole house follows, in parts; until `house_end` the one before holds."""

    name: Name
    language: Name = "en"
    temperature_unit: Name = "°C"
    people: Names = ()
    """What the people who live there are called: names that must not leave the home."""


class HousePart(Message):
    """Some of the house; as many parts as it takes."""

    floors: Annotated[tuple[FloorWords, ...], Between(0, 100)] = ()
    areas: Annotated[tuple[AreaWords, ...], Between(0, 500)] = ()
    entities: Entities = ()


class HouseEnd(Message):
    """The house is whole; answered with `house_usable`."""


class EntitiesChanged(Message):
    """These are new or different (whole each), and those are gone."""

    changed: Entities = ()
    removed: Ids = ()


class StateWords(Words):
    """What an entity's state has become."""

    id: Id
    state: Name
    attributes: Attributes = field(default_factory=dict)


class StatesChanged(Message):
    """States and attributes that are different; names and places stay."""

    states: Annotated[tuple[StateWords, ...], Between(0, MOST_ENTITIES_A_MESSAGE)]


class HouseUsable(Message):
    """Everything that is said from now on is understood in this house."""

    entities: Count


# Actions and sentences, asked by the gateway


class ActionAsked(Message):
    """Do this, and answer with `action_done` before the deadline."""

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
    """It was read back, and somebody said yes: so the gateway says."""
    pin: Pin = field(default="", repr=False)
    """The digits that somebody said."""
    converse_id: Count = 0
    """The `converse` that it is for; 0 for what was said at a satellite of the gateway."""
    deadline_ms: Count = 0


class StateChangeWords(Words):
    """One thing that is different now."""

    entity_id: Id
    name: Name
    before: Value
    after: Value


class ActionDone(Message):
    """What became of an `action_asked`."""

    id: Count
    error: Name | None = None
    error_slots: Attributes = field(default_factory=dict)
    changes: Annotated[tuple[StateChangeWords, ...], Between(0, MOST_ENTITIES_A_MESSAGE)] = ()
    matched: Entities = ()
    unmatched: Entities = ()
    speech_slots: SpeechSlots = field(default_factory=dict)
    """What the answer's template needs besides, as intents give it: `timers`, for example."""


class SentencesKnown(Message):
    """Whether there are sentences of Home Assistant's own, such as triggers of automations, to be asked first."""

    exist: bool


class SentenceAsked(Message):
    """Is one of these readings, likeliest first, a sentence of yours? Then do it; answer `sentence_done`."""

    id: Count
    texts: Annotated[tuple[Text, ...], Between(0, 16)]
    area_id: Name | None = None
    satellite_id: Name = ""
    deadline_ms: Count = 0


class SentenceDone(Message):
    """Which reading it was, if any, and what to say to it."""

    id: Count
    text: Text = ""
    speech: Text = ""
