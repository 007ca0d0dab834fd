"""`detect`: the wake word in a home's sound, and where what is said after it begins."""

from gateway.audio import FRAME_BYTES, FRAME_MS
from gateway.errors import ProtocolError
from gateway.server.intake import SoundIntake
from gateway.server.services import Equipment
from gateway.turn.ear import Ear
from gateway.wire.request_words import Detect, Detected


async def detect(asked: Detect, sound: SoundIntake, equipment: Equipment) -> Detected:
    """Return which wake word was said, or that none was when the sound is over.

    Raises ProtocolError for wake words that are not listened for and late sound, ModelError, EngineError.
    """
    listened_for = equipment.offer().settings.wake_words
    wanted = frozenset(asked.wake_words or listened_for)
    if wanted.isdisjoint(listened_for):
        raise ProtocolError("unknown_wake_word", f"this gateway listens for: {', '.join(listened_for)}")
    stages = await equipment.stages()
    try:
        ear = Ear(sound, stages)
        wake = await ear.wait_for_wake()
        while wake is not None and wake.wake_word not in wanted:
            wake = await ear.wait_for_wake()
    finally:
        equipment.keep(stages)
    if wake is None:
        return Detected(id=asked.id, heard_ms=ear.now_ms)
    return Detected(
        id=asked.id,
        wake_word=wake.wake_word,
        heard_ms=ear.now_ms,
        lead_in_ms=len(wake.lead_in) // FRAME_BYTES * FRAME_MS,
        tail_ms=wake.tail_ms,
    )
