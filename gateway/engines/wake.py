"""The first model of the wake cascade: microWakeWord through pymicro-wakeword. It scores; the turn decides."""

import json
from collections.abc import Mapping
from pathlib import Path

from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures

from gateway.engines.doze import Doze
from gateway.engines.tflite import check_tflite
from gateway.engines.worker import Worker
from gateway.errors import ModelError


class MicroWakeWords:
    """Listens for several wake words in one stream."""

    def __init__(self, configs: Mapping[str, Path], worker: Worker) -> None:
        """`configs` has microWakeWord's JSON file of each wake word, beside its model. Raises ModelError."""
        self._worker = worker
        self._doze = Doze()
        self._features = MicroWakeWordFeatures()
        self._models = {word: _load(config) for word, config in configs.items()}

    def __del__(self) -> None:
        """Free the features here: freed while an exception passes, their C library loses it and Python crashes."""
        vars(self).pop("_features", None)

    async def scores(self, frame: bytes) -> Mapping[str, float]:
        """Return the best sliding-window mean of each wake word within this frame (16 kHz mono s16le, any length).

        While nothing sounds, frames wait for each other: then it is 0 for some, and for the next it is theirs too.
        """
        pcm = self._doze.push(frame)
        return await self._worker.run_brief(self._scores, pcm)

    async def reset(self) -> None:
        """Forget what was heard."""
        await self._worker.run(self._reset)

    def _reset(self) -> None:
        self._doze.reset()
        self._features.reset()
        for model in self._models.values():
            model.reset()

    def _scores(self, frame: bytes) -> Mapping[str, float]:
        best = dict.fromkeys(self._models, 0.0)
        for features in self._features.process_streaming(frame):
            for word, model in self._models.items():
                best[word] = max(best[word], model.process_streaming_prob(features) or 0.0)
        return best


def _load(config: Path) -> MicroWakeWord:
    try:
        check_tflite(config.parent / json.loads(config.read_bytes())["model"])
        return MicroWakeWord.from_config(config)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{config}: not a microWakeWord model; run `local-voice models verify`") from error
