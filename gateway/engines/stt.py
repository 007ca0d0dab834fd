"""Speech recognition: Whisper through faster-whisper and CTranslate2, N best with scores.

The model is always a directory on disk: asking faster-whisper for a model by name makes it dial a hub.
"""

from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer

from gateway.audio import RATE_HZ
from gateway.engines.worker import Worker
from gateway.errors import EngineError, ModelError
from gateway.events import Hypothesis, Recognition

WINDOW_S = 30
"""Whisper looks at 30 seconds at a time; longer utterances must be cut by the caller."""
TOKENS_PER_S = 8
"""Fast English speech stays below 6 tokens a second; more is a loop."""
FIRST_TOKENS = 8
"""Allowed on top, for very short words with punctuation."""
S16_FULL_SCALE = 32768.0


class WhisperSpeechToText:
    """Recognises whole utterances."""

    def __init__(
        self,
        directory: Path,
        worker: Worker,
        *,
        language: str = "en",
        beam_size: int = 5,
        hypotheses: int = 5,
        threads: int = 2,
        compute_type: str = "int8",
    ) -> None:
        """Load the CTranslate2 model in `directory`. Raises ModelError where that fails."""
        self._worker = worker
        self._beam_size = max(beam_size, hypotheses)
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

    def _recognize(self, pcm: bytes) -> Recognition:
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / S16_FULL_SCALE
        audio_ms = len(samples) * 1000 // RATE_HZ
        if len(samples) > WINDOW_S * RATE_HZ:
            raise EngineError(f"{audio_ms} ms of speech at once, at most {WINDOW_S * 1000} fit")
        extractor = self._whisper.feature_extractor
        features = pad_or_trim(extractor(samples), extractor.nb_max_frames)
        try:
            result = self._whisper.model.generate(
                ctranslate2.StorageView.from_array(np.ascontiguousarray(features[None])),
                [self._prompt],
                beam_size=self._beam_size,
                num_hypotheses=self._hypotheses,
                max_length=len(self._prompt) + FIRST_TOKENS + TOKENS_PER_S * audio_ms // 1000,
                return_scores=True,
                return_no_speech_prob=True,
            )[0]
        except RuntimeError as error:
            raise EngineError("Whisper failed while it was decoding") from error
        return Recognition(
            hypotheses=self._readings(result),
            no_speech_probability=result.no_speech_prob,
            language=self.language,
            audio_ms=audio_ms,
        )

    def _readings(self, result: ctranslate2.models.WhisperGenerationResult) -> tuple[Hypothesis, ...]:
        """Return the distinct, non-empty texts, best first."""
        readings: dict[str, Hypothesis] = {}
        for tokens, score in zip(result.sequences_ids, result.scores, strict=True):
            text = self._tokenizer.decode(tokens).strip()
            if text and text not in readings:
                readings[text] = Hypothesis(text=text, score=score)
        return tuple(readings.values())
