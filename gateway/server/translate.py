"""The words of the voice port as this program's own data, and the other way round. Pure.

What refers to a room or a storey that there is none of refers to nothing: it is still a thing of this house.
"""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeIs

import msgspec

from gateway.events import ActionRequest, ActionResult, SentenceAnswer, StateChange
from gateway.house import Area, AttributeValue, Entity, Floor, Guard
from gateway.offer import Offer, SettingsChange
from gateway.timers import MOST_TIMERS, RunningTimer
from gateway.wire.messages import LARGEST_MESSAGE_BYTES, NAME_CHARS, TEXT_CHARS
from gateway.wire.request_words import ChangeSettings, Offered, VoiceWords, WakeWordWords
from gateway.wire.timer_words import LONGEST_COMMAND_CHARS, TimersRunning, TimerWords
from gateway.wire.voice_words import (
    ActionAsked,
    ActionDone,
    AreaWords,
    Attribute,
    EntityWords,
    FloorWords,
    Scalar,
    SentenceDone,
    StateChangeWords,
)

TIMERS_BYTES: Final = LARGEST_MESSAGE_BYTES - 64
"""What timers may take of their message: the rest is its type, and what stands around them."""


def floor_of(words: FloorWords) -> Floor:
    """Return the storey that a home told of."""
    return Floor(id=words.id, name=words.name, aliases=words.aliases, level=words.level)


def area_of(words: AreaWords, floor_ids: Collection[str]) -> Area:
    """Return the room that a home told of; its storey is one of `floor_ids` or none."""
    floor_id = words.floor_id if words.floor_id in floor_ids else None
    return Area(id=words.id, name=words.name, aliases=words.aliases, floor_id=floor_id)


def entity_of(words: EntityWords, area_ids: Collection[str]) -> Entity:
    """Return the thing that a home told of; its room is one of `area_ids` or none."""
    return Entity(
        id=words.id,
        name=words.name,
        aliases=words.aliases,
        area_id=words.area_id if words.area_id in area_ids else None,
        state=words.state,
        attributes=attributes_of(words.attributes),
        guard=_guard_of(words.guard),
        guard_area_ids=words.guard_area_ids,
    )


def attributes_of(words: Mapping[str, Attribute]) -> Mapping[str, AttributeValue]:
    """Return attributes or slots that a home told of."""
    return MappingProxyType(dict(words))


def attribute_words(values: Mapping[str, AttributeValue]) -> dict[str, Attribute]:
    """Return attributes or slots as they travel: lists within lists stay behind."""
    return {name: _attribute(value) for name, value in values.items()}


def asked(request: ActionRequest, *, number: int, deadline_ms: int) -> ActionAsked:
    """Return the words that ask a home for `request`, to be answered under this `number`."""
    intent = request.intent
    return ActionAsked(
        id=number,
        intent=intent.name,
        slots=attribute_words(intent.slots),
        response=intent.response,
        text=intent.text[:TEXT_CHARS],
        entity_id=intent.entity_id,
        area_id=request.area_id,
        satellite_id=request.satellite_id,
        is_confirmed=request.is_confirmed,
        pin=request.pin,
        converse_id=request.converse_id,
        deadline_ms=deadline_ms,
    )


def result_of(words: ActionDone, area_ids: Collection[str]) -> ActionResult:
    """Return what a home says it did."""
    return ActionResult(
        error=words.error,
        error_slots=attributes_of(words.error_slots),
        changes=tuple(_change_of(change) for change in words.changes),
        matched=tuple(entity_of(entity, area_ids) for entity in words.matched),
        unmatched=tuple(entity_of(entity, area_ids) for entity in words.unmatched),
        speech_slots=MappingProxyType(dict(words.speech_slots)),
    )


def sentence_of(words: SentenceDone) -> SentenceAnswer | None:
    """Return what a home did for a sentence of its own; None where it was none."""
    return SentenceAnswer(text=words.text, speech=words.speech) if words.text else None


def offered(offer: Offer) -> Offered:
    """Return the words that tell a home what is installed and in use."""
    settings = offer.settings
    return Offered(
        language=offer.language,
        second_language=offer.second_language,
        stt_model=settings.stt_model,
        stt_models=offer.stt_models,
        stt_fitness=dict(offer.stt_fitness),
        voice=settings.voice,
        voices=tuple(VoiceWords(id=voice.id, name=voice.name, language=voice.language) for voice in offer.voices),
        wake_words=settings.wake_words,
        known_wake_words=tuple(WakeWordWords(id=word.id, phrase=word.phrase) for word in offer.wake_words),
        wake_sensitivity=settings.wake_sensitivity,
    )


def settings_change_of(words: ChangeSettings) -> SettingsChange:
    """Return what a home wants to be different."""
    return SettingsChange(
        stt_model=words.stt_model,
        voice=words.voice,
        wake_words=words.wake_words,
        wake_sensitivity=words.wake_sensitivity,
    )


def timers_running(timers: Iterable[RunningTimer]) -> TimersRunning:
    """Return what runs as it travels, what is up soonest first, and no more of it than a message holds."""
    told: list[TimerWords] = []
    size_bytes = 0
    for words in map(_timer_words, sorted(timers, key=lambda timer: timer.left_s)[:MOST_TIMERS]):
        size_bytes += len(msgspec.json.encode(words)) + 1
        if size_bytes > TIMERS_BYTES:
            break
        told.append(words)
    return TimersRunning(timers=tuple(told))


def _timer_words(timer: RunningTimer) -> TimerWords:
    command = timer.command or ""
    return TimerWords(
        timer_id=timer.number,
        name=(timer.name or "")[:NAME_CHARS],
        satellite_id=timer.satellite_id,
        area_id=timer.area_id or "",
        duration_s=timer.duration_s,
        left_s=timer.left_s,
        is_active=timer.is_active,
        is_command=bool(command),
        command=command if len(command) <= LONGEST_COMMAND_CHARS else f"{command[: LONGEST_COMMAND_CHARS - 1]}…",
    )


def _change_of(words: StateChangeWords) -> StateChange:
    return StateChange(entity_id=words.entity_id, name=words.name, before=words.before, after=words.after)


def _guard_of(words: str) -> Guard | None:
    """Return what has to be before a thing is changed; what a newer home says that we do not know is never done."""
    if not words:
        return None
    return Guard(words) if words in Guard else Guard.NEVER


def _attribute(value: AttributeValue) -> Attribute:
    if not isinstance(value, tuple):
        return value
    return tuple(item for item in value if _is_scalar(item))


def _is_scalar(value: AttributeValue) -> TypeIs[Scalar]:
    return not isinstance(value, tuple)
