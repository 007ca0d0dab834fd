"""What is said to a question that somebody else asked: heard and written down, never understood or acted upon."""

from gateway.events import Hypothesis, Intent
from gateway.turn.choice import LOWEST_ACTED_SCORE, LOWEST_ANSWERED_SCORE, Choice, choose, is_invention
from gateway.turn.ear import Ear
from gateway.turn.stages import SpeechToText
from gateway.turn.words import plain_words

ANSWER_MS = 8_000
"""How long a question waits for its answer."""


async def wait_for_answer(ear: Ear, stt: SpeechToText) -> str:
    """Return the likeliest reading of what is said next; empty where nobody speaks in time, or it is noise.

    Raises EngineError.
    """

    async def written_down(pcm: bytes) -> Choice:
        return await choose(await stt.recognize(pcm), _means_nothing)

    if await ear.wait_for_speech(no_speech_ms=ANSWER_MS) is None:
        return ""
    utterance = await ear.wait_for_end(written_down)
    heard = utterance.choice.heard
    is_television = utterance.reason == "max_length"
    return "" if heard is None or is_television or not _is_answer(heard) else heard.text


async def _means_nothing(_: str) -> Intent | None:
    return None


def _is_answer(heard: Hypothesis) -> bool:
    """Tell whether these are words: "okay" is an answer, and an invention only where it is unlikely, too."""
    lowest = LOWEST_ANSWERED_SCORE if is_invention(heard.text) else LOWEST_ACTED_SCORE
    return bool(plain_words(heard.text)) and heard.score >= lowest
