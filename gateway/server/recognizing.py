"""`recognize`: what is said in a home's sound, written down as a turn would take it. Nothing is done about it."""

from gateway.errors import ProtocolError
from gateway.languages import is_same_language
from gateway.server.intake import SoundIntake
from gateway.server.services import Equipment
from gateway.turn.choice import Choice, choose
from gateway.turn.ear import Ear
from gateway.turn.endpoint import EndpointSettings
from gateway.turn.run import SECOND_CHANCE_MS
from gateway.turn.stages import Stages
from gateway.wire.messages import TEXT_CHARS
from gateway.wire.request_words import Recognize, Recognized


async def recognize(
    asked: Recognize, sound: SoundIntake, equipment: Equipment, endpoint: EndpointSettings
) -> Recognized:
    """Return the words. Raises ProtocolError for another language and late sound, ModelError, EngineError."""
    check_language(asked.language, equipment.understanding.language)
    stages = await equipment.stages()
    try:
        ear = Ear(sound, stages, endpoint)
        ear.woken_elsewhere(asked.wake_tail_ms)
        return Recognized(id=asked.id, text=(await _words(ear, stages))[:TEXT_CHARS])
    finally:
        equipment.keep(stages)


def check_language(asked: str, ours: str) -> None:
    """Raise ProtocolError where a language is asked for that is not ours; none named is any."""
    if asked and not is_same_language(asked, ours):
        raise ProtocolError("unsupported_language", f"this gateway is set to understand {ours!r}")


async def _words(ear: Ear, stages: Stages) -> str:
    """Return what is said; a cough does not use up the time there is to speak, silence and noise are no words."""

    async def interpret(pcm: bytes) -> Choice:
        return await choose(
            await stages.stt.recognize(pcm), lambda text: stages.understanding.match(text, area_id=None)
        )

    while await ear.wait_for_speech() is not None:
        utterance = await ear.wait_for_end(interpret)
        best = utterance.choice.best
        if best is not None and utterance.silence_reason is None:
            return best.text
        if ear.now_ms >= SECOND_CHANCE_MS:
            break
    return ""
