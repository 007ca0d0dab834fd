"""What silences us while we speak: the wake word, or "stop". Decides; whoever plays the sound does the silencing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from gateway.audio import FRAME_MS, RingBuffer
from gateway.turn.ear import Ear
from gateway.turn.stages import SpeechToText
from gateway.turn.words import plain_words

STOP_WORDS: Mapping[str, frozenset[str]] = {
    "en": frozenset({"stop", "quiet", "enough"}),
    "de": frozenset({"stopp", "stop", "halt", "ruhe"}),
    "fr": frozenset({"stop", "arrête", "silence"}),
    "es": frozenset({"para", "alto", "silencio", "stop"}),
    "it": frozenset({"ferma", "basta", "silenzio", "stop"}),
    "nl": frozenset({"stop", "stil", "genoeg"}),
}
ANY_STOP_WORDS = frozenset({"stop"})
"""In every other language."""
LOOK_S = 1.3
"""What recognition looks at: the word and a little around it."""
LOOK_EVERY_MS = 96
"""A look takes about 40 ms of one core; so it takes less than half of one."""
LOOK_AFTER_SPEECH_MS = 256
"""The word's last sound is heard as silence."""
SPEECH_PROBABILITY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """Somebody spoke into our own words."""

    wake_word: str | None = None
    """The wake word that was said; None for a word like "stop", after which nothing follows."""


def is_stop(text: str, languages: Sequence[str]) -> bool:
    """Tell whether nothing but such a word of these languages was said, perhaps more than once."""
    words = plain_words(text)
    return bool(words) and _stop_words(languages).issuperset(words)


async def wait_for_interruption(
    ear: Ear, stt: SpeechToText, languages: Sequence[str], *, suspect: Callable[[], Awaitable[None]]
) -> Interruption | None:
    """Return what interrupts us, in any of these languages; None at the end of the audio.

    `suspect` is awaited at the first sign of a wake word: it silences us, as certainty would take too long.
    """
    words = _stop_words(languages)
    heard = RingBuffer(LOOK_S)
    since_speech_ms, since_look_ms = LOOK_AFTER_SPEECH_MS, 0
    is_suspected = False
    await ear.begin_overhearing()
    while (overheard := await ear.overhear()) is not None:
        if overheard.wake_word is not None:
            return Interruption(wake_word=overheard.wake_word)
        if overheard.may_be_woken and not is_suspected:
            is_suspected = True
            await suspect()
        heard.push(overheard.frame)
        is_speech = overheard.speech_probability >= SPEECH_PROBABILITY
        since_speech_ms = 0 if is_speech else since_speech_ms + FRAME_MS
        since_look_ms += FRAME_MS
        if since_speech_ms < LOOK_AFTER_SPEECH_MS and since_look_ms >= LOOK_EVERY_MS:
            since_look_ms = 0
            if await stt.hears_word(heard.snapshot(), words):
                return Interruption()
    return None


def _stop_words(languages: Sequence[str]) -> frozenset[str]:
    return frozenset().union(*(STOP_WORDS.get(language, ANY_STOP_WORDS) for language in languages))
