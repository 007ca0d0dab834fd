"""Speech recognition: Whisper, N best with scores, over what was said and not over 30 seconds.

The model is always a directory on disk: asking faster-whisper for a model by name makes it dial a hub.
"""

from collections.abc import Sequence
from pathlib import Path

from gateway.audio import RATE_HZ, SAMPLE_BYTES
from gateway.engines.whisper_doubt import is_doubtful
from gateway.engines.whisper_model import FRAMES_PER_S, WORD_FRAMES, Decoded, WhisperOnDisk, Window
from gateway.engines.worker import Worker
from gateway.errors import EngineError
from gateway.events import Recognition
from gateway.suggestions import Likelihood

WINDOW_S = 30
"""Whisper looks at 30 seconds at a time; longer utterances must be cut by the caller."""
TOKENS_PER_S = 8
"""Fast English speech stays below 6 tokens a second, commands in Hindi or Persian take 7; more is a loop."""
FIRST_TOKENS = 8
"""Allowed on top, for very short words with punctuation."""
GLANCE_BYTES = WORD_FRAMES * RATE_HZ // FRAMES_PER_S * SAMPLE_BYTES
"""How much of the end of the sound `hears_word` looks at."""
GLANCE_TOKENS = 3
GLANCE_READINGS = 5


class WhisperSpeechToText:
    """Recognises whole utterances."""

    def __init__(
        self,
        directory: Path,
        worker: Worker,
        *,
        language: str = "en",
        second_language: str = "",
        hypotheses: int = 10,
        threads: int = 2,
        compute_type: str = "int8",
    ) -> None:
        """Load the CTranslate2 model in `directory`; the beam is as wide as `hypotheses`.

        Where there is a second language, what is said may be in either, and in no other. Raises ModelError where it
        cannot be loaded or does not know the languages.
        """
        self._worker = worker
        self._language = language
        self._hypotheses = hypotheses
        self._whisper = WhisperOnDisk(
            directory, language=language, second_language=second_language, threads=threads, compute_type=compute_type
        )

    async def recognize(self, pcm: bytes, *, language: str = "") -> Recognition:
        """Return the N best for up to 30 s of 16 kHz mono s16le. Raises EngineError where Whisper fails.

        They are in `language`, one of those that are spoken here, or else in the one that is heard. What is doubtful is
        read again over the full window. Others may have their turn between the two, and who has gone by then is not
        read for again.
        """
        _check_fits(pcm)
        decoded = await self._read(pcm, Window.FITTED, language)
        if is_doubtful(decoded):
            decoded = await self._read(pcm, Window.FULL, language)
        return Recognition(
            hypotheses=decoded.hypotheses,
            no_speech_probability=decoded.no_speech_probability,
            language=decoded.language,
            audio_ms=_duration_ms(pcm),
        )

    async def glimpse(self, pcm: bytes) -> str:
        """Return roughly what is said so far in up to 30 s of 16 kHz mono s16le; empty, and at once, where others read.

        Nothing is read again here: empty, too, where it is doubtful. Raises EngineError where Whisper fails.
        """
        _check_fits(pcm)
        decoded = await self._worker.run_if_free(
            self._whisper.read, pcm, window=Window.FITTED, most_tokens=_most_tokens(pcm), readings=1
        )
        if decoded is None or is_doubtful(decoded) or not decoded.hypotheses:
            return ""
        return decoded.hypotheses[0].text

    async def hears_word(self, pcm: bytes, words: frozenset[str]) -> bool:
        """Tell whether one of `words` (lower case) is among the readings of the last 1.3 s of 16 kHz mono s16le.

        The encoder looks at that much only, without any silence after it. It hears single words well, and would not do
        for sentences. They are read in the first language: of what is as short nobody can tell in which it is.
        """
        glance = pcm[-GLANCE_BYTES:]
        decoded = await self._worker.run(
            self._whisper.read,
            glance,
            window=Window.WORD,
            most_tokens=GLANCE_TOKENS,
            readings=GLANCE_READINGS,
            language=self._language,
        )
        return any(words & _words(hypothesis.text) for hypothesis in decoded.hypotheses)

    async def compare(self, pcm: bytes, texts: Sequence[str], *, language: str = "") -> tuple[Likelihood, ...]:
        """Return how likely each of `texts` is what is said in up to 30 s of 16 kHz mono s16le, in `language`.

        Without one it is the first of those that are spoken here. Raises EngineError where Whisper fails.
        """
        _check_fits(pcm)
        return await self._worker.run(self._whisper.compare, pcm, texts, language=language) if texts else ()

    async def _read(self, pcm: bytes, window: Window, language: str) -> Decoded:
        return await self._worker.run(
            self._whisper.read,
            pcm,
            window=window,
            most_tokens=_most_tokens(pcm),
            readings=self._hypotheses,
            language=language,
        )


def _check_fits(pcm: bytes) -> None:
    duration_ms = _duration_ms(pcm)
    if duration_ms > WINDOW_S * 1000:
        raise EngineError(f"{duration_ms} ms of speech at once, at most {WINDOW_S * 1000} fit")


def _duration_ms(pcm: bytes) -> int:
    return len(pcm) // SAMPLE_BYTES * 1000 // RATE_HZ


def _most_tokens(pcm: bytes) -> int:
    """Return how many tokens can be said in so much sound."""
    return FIRST_TOKENS + TOKENS_PER_S * _duration_ms(pcm) // 1000


def _words(text: str) -> set[str]:
    return set("".join(letter if letter.isalpha() else " " for letter in text.casefold()).split())
