"""`recognize`: what is said in a home's sound, written down as a turn would take it. Nothing is done about it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import Final

from gateway.errors import ProtocolError
from gateway.languages import is_same_language
from gateway.server.intake import SoundIntake
from gateway.server.pipeline_turns import PipelineTurns
from gateway.server.services import Equipment
from gateway.turn.choice import NO_WORDS, Choice, choose
from gateway.turn.ear import Ear
from gateway.turn.endpoint import EndpointSettings
from gateway.turn.hearing import SECOND_CHANCE_MS
from gateway.turn.spoken import Spoken
from gateway.turn.stages import Stages
from gateway.turn.standing import standing
from gateway.wire.messages import TEXT_CHARS
from gateway.wire.request_words import Recognize, Recognized

SURE_PAUSE_MS: Final = 400
"""Ends a complete command here, at the earliest: the words are gone then, and later ones cannot correct them."""


async def recognize(
    asked: Recognize, sound: SoundIntake, equipment: Equipment, endpoint: EndpointSettings, turns: PipelineTurns
) -> Recognized:
    """Return the words; `turns` has them remembered.

    Raises ProtocolError for another language and late sound, ModelError, EngineError.
    """
    check_language(asked.language, equipment.shared.languages)
    stages = await equipment.stages()
    at = datetime.now(UTC)
    try:
        ear = Ear(
            sound,
            stages,
            replace(endpoint, understood_pause_ms=max(endpoint.understood_pause_ms, SURE_PAUSE_MS)),
        )
        ear.woken_elsewhere(asked.wake_tail_ms)
        heard = await _words(ear, stages, at, asked.language)
    finally:
        equipment.keep(stages)
    if not isinstance(heard, Spoken):
        turns.nothing_heard(at, heard, is_woken=asked.wake_tail_ms > 0)
        return Recognized(id=asked.id)
    turns.recognized(asked.conversation_id, heard, conversation_id=asked.conversation_id)
    return Recognized(id=asked.id, text=heard.text[:TEXT_CHARS])


def check_language(asked: str, ours: Sequence[str]) -> None:
    """Raise ProtocolError where a language is asked for that is none of ours; none named is any."""
    if asked and not any(is_same_language(asked, one) for one in ours):
        known = " and ".join(repr(one) for one in ours)
        raise ProtocolError("unsupported_language", f"this gateway is set to understand {known}")


async def _words(ear: Ear, stages: Stages, at: datetime, language: str) -> Spoken | str:
    """Return what is said in this language, one of ours, or why that is nothing; none named is whichever is heard.

    A cough does not use up the time there is to speak, silence and noise are no words.
    """
    taken, recognized_s = b"", 0.0

    async def interpret(pcm: bytes) -> Choice:
        nonlocal taken, recognized_s
        recognition = await stages.stt.recognize(pcm, language=language)
        taken, recognized_s = pcm, monotonic()
        understanding = stages.in_language(recognition.language).understanding
        choice = await choose(recognition, lambda text: understanding.match(text, area_id=None))
        stands = await standing(choice, understanding, stages.home, area_id=None, satellite_id="")
        return replace(choice, standing=stands)

    reason = "silence"
    while (began_ms := await ear.wait_for_speech()) is not None:
        utterance = await ear.wait_for_end(interpret)
        best = utterance.choice.best
        if best is not None and utterance.silence_reason is None:
            return Spoken(
                at=at,
                ended_s=utterance.ended_s,
                text=best.text,
                hypotheses=utterance.choice.recognition.hypotheses,
                pcm=taken,
                audio_ms=max(0, utterance.end_ms - began_ms),
                recognized_ms=max(0.0, recognized_s - utterance.ended_s) * 1000,
            )
        reason = utterance.silence_reason or NO_WORDS
        if ear.now_ms >= SECOND_CHANCE_MS:
            break
    return reason
