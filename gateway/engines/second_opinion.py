"""The second model of the wake cascade: openWakeWord through pyopen-wakeword, an extra.

Its library is Apache-2.0; its models are CC BY-NC-SA 4.0.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from pyopen_wakeword import OpenWakeWord

from gateway.audio import RATE_HZ, SAMPLE_BYTES
from gateway.engines.embedding import DIMENSIONS, PER_CHUNK, EmbeddingModels, Floats, SpeechEmbedding
from gateway.engines.tflite import check_tflite
from gateway.engines.worker import Worker

QUIET_BYTES = int(0.4 * RATE_HZ) * SAMPLE_BYTES
"""The model gives its first score after two seconds; this much silence in front makes it score the last 0.4 s."""
CONTEXT_BYTES = 2 * RATE_HZ * SAMPLE_BYTES
"""How much of the past it needs."""
MEAN_OF = 2
"""Scores that are averaged: of two looks 40 ms apart. What is said by chance looks like a wake word to one of them."""


class OpenWakeWordModels:
    """All that it takes, for any number of streams: they are looked at one after the other."""

    def __init__(self, directory: Path, wake_words: Mapping[str, Path], worker: Worker) -> None:
        """`directory` holds the two shared models, `wake_words` the model of each word. Raises ModelError."""
        self.worker = worker
        """Runs them, whoever asks."""
        self.embedding = EmbeddingModels(directory)
        self.words = {word: OpenWakeWord.from_model(check_tflite(path)) for word, path in wake_words.items()}


class OpenWakeWordOpinion:
    """Looks again at one stream, where the first model fired."""

    def __init__(self, models: OpenWakeWordModels) -> None:
        self._models = models
        self._worker = models.worker
        self._embedding = SpeechEmbedding(models.embedding)
        self._model: OpenWakeWord | None = None
        self._embeddings: Floats = np.empty((0, DIMENSIONS), np.float32)
        self._scores: list[float] = []
        """The last ones, as many as are averaged."""
        self._best = 0.0

    async def begin(self, wake_word: str, pcm: bytes) -> float | None:
        """Return the best score for `wake_word` within 16 kHz mono s16le; None where there is no model for it."""
        return await self._worker.run(self._begin, wake_word, pcm)

    async def more(self, pcm: bytes) -> float:
        """Return the best score since `begin`, `pcm` included."""
        return await self._worker.run(self._more, pcm)

    def _begin(self, wake_word: str, pcm: bytes) -> float | None:
        self._model = self._models.words.get(wake_word)
        if self._model is None:
            return None
        self._embedding.reset()
        self._embeddings = self._embeddings[:0]
        self._scores, self._best = [], 0.0
        return self._more(pcm[-CONTEXT_BYTES:].rjust(QUIET_BYTES + CONTEXT_BYTES, b"\0"))

    def _more(self, pcm: bytes) -> float:
        if self._model is None:
            return 0.0
        known = len(self._embeddings)
        self._embeddings = np.concatenate((self._embeddings, self._embedding.push(pcm)))
        reach = PER_CHUNK * (self._model.input_windows - 1)
        for last in range(max(known, reach), len(self._embeddings)):
            self._scores = [
                *self._scores,
                self._score(self._model, self._embeddings[last - reach : last + 1 : PER_CHUNK]),
            ]
            self._scores = self._scores[-MEAN_OF:]
            if len(self._scores) == MEAN_OF:
                self._best = max(self._best, sum(self._scores) / MEAN_OF)
        self._embeddings = self._embeddings[-reach:]
        return self._best

    @staticmethod
    def _score(model: OpenWakeWord, embeddings: Floats) -> float:
        model.reset()
        return max(model.process_streaming(embeddings[None, None]))
