"""Speech recognition: Whisper through faster-whisper and CTranslate2, N best with scores.

The model is always a directory on disk: asking faster-whisper for a model by name makes it dial a hub.
"""

from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer

from gateway.audio import RATE_HZ, SAMPLE_BYTES
from gateway.engines.worker import Worker
from gateway.errors import EngineError, ModelError
from gateway.events import Hypothesis, Recognition

WINDOW_S = 30
"""Whisper looks at 30 seconds at a time; longer utterances must be cut by the caller."""
TOKENS_PER_S = 8
"""Fast English speech stays below 6 tokens a second; more is a loop."""
FIRST_TOKENS = 8
"""Allowed on top, for very short words with punctuation."""
GLANCE_FRAMES = 128
"""How much of the end of the sound `hears_word` looks at, in features of 10 ms: a short word and what surrounds it."""
GLANCE_TOKENS = 3
GLANCE_READINGS = 5
SHORTEST_BYTES = 400 * SAMPLE_BYTES
"""The features' window, 25 ms."""
S16_FULL_SCALE = 32768.0


class WhisperSpeechToText:
    """Recognises whole utterances."""

    def __init__(
        self,
        directory: Path,
        worker: Worker,
        *,
        language: str = "en",
        hypotheses: int = 10,
        threads: int = 2,
        compute_type: str = "int8",
    ) -> None:
        """Load the CTranslate2 model in `directory`; the beam is as wide as `hypotheses`.

        Raises ModelError where it cannot be loaded or does not know the language.
        """
        self._worker = worker
        self._hypotheses = hypotheses
        try:
            self._whisper = WhisperModel(
                str(directory), device="cpu", cpu_threads=threads, compute_type=compute_type, local_files_only=True
            )
        except (RuntimeError, OSError, ValueError) as error:
            raise ModelError(f"{directory}: Whisper cannot be loaded; run `local-voice models verify`") from error
        multilingual: bool = self._whisper.model.is_multilingual
        if not multilingual and language != "en":
            raise ModelError(f"{directory}: this model hears English only, not {language!r}; choose a multilingual one")
        self.language = language
        self._tokenizer = Tokenizer(self._whisper.hf_tokenizer, multilingual, task="transcribe", language=language)
        self._prompt = [*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]

    async def recognize(self, pcm: bytes) -> Recognition:
        """Return the N best for up to 30 s of 16 kHz mono s16le. Raises EngineError where Whisper fails."""
        return await self._worker.run(self._recognize, pcm)

    async def hears_word(self, pcm: bytes, words: frozenset[str]) -> bool:
        """Tell whether one of `words` (lower case) is among the readings of the last 1.3 s of 16 kHz mono s16le.

        The encoder looks at that much only, not at 30 s, which takes 30 ms instead of 400. It hears single words well,
        and would not do for sentences.
        """
        return await self._worker.run(self._hears_word, pcm, words)

    def _recognize(self, pcm: bytes) -> Recognition:
        audio_ms = len(pcm) // SAMPLE_BYTES * 1000 // RATE_HZ
        if audio_ms > WINDOW_S * 1000:
            raise EngineError(f"{audio_ms} ms of speech at once, at most {WINDOW_S * 1000} fit")
        features = self._features(pcm, self._whisper.feature_extractor.nb_max_frames)
        max_tokens = FIRST_TOKENS + TOKENS_PER_S * audio_ms // 1000
        result = self._generate(features, max_tokens, self._hypotheses)
        return Recognition(
            hypotheses=self._readings(result),
            no_speech_probability=result.no_speech_prob,
            language=self.language,
            audio_ms=audio_ms,
        )

    def _hears_word(self, pcm: bytes, words: frozenset[str]) -> bool:
        glance = pcm[-GLANCE_FRAMES * RATE_HZ // 100 * SAMPLE_BYTES :]
        result = self._generate(self._features(glance, GLANCE_FRAMES), GLANCE_TOKENS, GLANCE_READINGS)
        return any(words & _words(reading.text) for reading in self._readings(result))

    def _features(self, pcm: bytes, frames: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        """Return log-mel features, silence after the sound as far as `frames` (10 ms each) reach."""
        if len(pcm) < SHORTEST_BYTES:
            pcm = pcm.ljust(SHORTEST_BYTES, b"\0")
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / S16_FULL_SCALE
        return np.ascontiguousarray(pad_or_trim(self._whisper.feature_extractor(samples), frames))

    def _generate(
        self, features: np.ndarray[tuple[int, int], np.dtype[np.float32]], max_tokens: int, readings: int
    ) -> ctranslate2.models.WhisperGenerationResult:
        try:
            return self._whisper.model.generate(
                ctranslate2.StorageView.from_array(features[None]),
                [self._prompt],
                beam_size=readings,
                num_hypotheses=readings,
                max_length=len(self._prompt) + max_tokens,
                return_scores=True,
                return_no_speech_prob=True,
            )[0]
        except RuntimeError as error:
            raise EngineError("Whisper failed while it was decoding") from error

    def _readings(self, result: ctranslate2.models.WhisperGenerationResult) -> tuple[Hypothesis, ...]:
        """Return the distinct, non-empty texts, best first."""
        readings: dict[str, Hypothesis] = {}
        for tokens, score in zip(result.sequences_ids, result.scores, strict=True):
            text = self._tokenizer.decode(tokens).strip()
            if text and text not in readings:
                readings[text] = Hypothesis(text=text, score=score)
        return tuple(readings.values())


def _words(text: str) -> set[str]:
    return set("".join(letter if letter.isalpha() else " " for letter in text.casefold()).split())
