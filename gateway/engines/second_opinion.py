"""The second model of the wake cascade: openWakeWord through pyopen-wakeword, an extra.

Its library is Apache-2.0; its models are CC BY-NC-SA 4.0.
"""

from collections.abc import Mapping
from pathlib import Path

from pyopen_wakeword import OpenWakeWord, OpenWakeWordFeatures

from gateway.audio import RATE_HZ, SAMPLE_BYTES
from gateway.engines.tflite import check_tflite
from gateway.engines.worker import Worker

SHARED_MODELS = ("melspectrogram.tflite", "embedding_model.tflite")
"""What every wake word's own model stands on."""
CHUNK_BYTES = 1280 * SAMPLE_BYTES
"""The model's step, 80 ms."""
QUIET = bytes(int(0.4 * RATE_HZ) * SAMPLE_BYTES)
"""The model gives its first score after two seconds; this much silence in front makes it score the last 0.4 s."""
CONTEXT_BYTES = 2 * RATE_HZ * SAMPLE_BYTES
"""How much of the past it needs."""


class OpenWakeWordOpinion:
    """Looks again where the first model fired."""

    def __init__(self, directory: Path, wake_words: Mapping[str, Path], worker: Worker) -> None:
        """`directory` holds the two shared models, `wake_words` the model of each word. Raises ModelError."""
        self._worker = worker
        for name in SHARED_MODELS:
            check_tflite(directory / name)
        self._features = OpenWakeWordFeatures.from_builtin(models_dir=directory)
        self._models = {word: OpenWakeWord.from_model(check_tflite(path)) for word, path in wake_words.items()}
        self._model: OpenWakeWord | None = None
        self._rest = b""
        self._best = 0.0

    async def begin(self, wake_word: str, pcm: bytes) -> float | None:
        """Return the best score for `wake_word` within 16 kHz mono s16le; None where there is no model for it."""
        return await self._worker.run(self._begin, wake_word, pcm)

    async def more(self, pcm: bytes) -> float:
        """Return the best score since `begin`, `pcm` included."""
        return await self._worker.run(self._more, pcm)

    def _begin(self, wake_word: str, pcm: bytes) -> float | None:
        self._model = self._models.get(wake_word)
        if self._model is None:
            return None
        self._model.reset()
        self._features.reset()
        self._features.new_audio_samples = 0  # reset() queues eight seconds of silence, which would cost 0.4 s
        self._rest, self._best = b"", 0.0
        return self._more(QUIET + pcm[-CONTEXT_BYTES:].rjust(CONTEXT_BYTES, b"\0"))

    def _more(self, pcm: bytes) -> float:
        if self._model is None:
            return 0.0
        pcm = self._rest + pcm
        whole = len(pcm) // CHUNK_BYTES * CHUNK_BYTES
        self._rest = pcm[whole:]
        for start in range(0, whole, CHUNK_BYTES):
            for embedding in self._features.process_streaming(pcm[start : start + CHUNK_BYTES]):
                self._best = max(self._best, *self._model.process_streaming(embedding), 0.0)
        return self._best
