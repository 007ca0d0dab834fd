"""The first model of the wake cascade: microWakeWord. It scores; the turn decides."""

import json
from collections.abc import Mapping
from pathlib import Path

from gateway.engines.doze import Doze
from gateway.engines.micro_model import MicroFeatures, MicroModel
from gateway.engines.tflite import check_tflite
from gateway.engines.worker import Worker
from gateway.errors import ModelError


class MicroWakeWords:
    """Listens for several wake words in one stream."""

    def __init__(self, configs: Mapping[str, Path], worker: Worker) -> None:
        """`configs` has microWakeWord's JSON file of each wake word, beside its model. Raises ModelError."""
        self._worker = worker
        self._doze = Doze()
        self._features = MicroFeatures()
        self._models = {word: _load(config) for word, config in configs.items()}
        self._nothing = dict.fromkeys(configs, 0.0)

    def __del__(self) -> None:
        """Free the features here: freed while an exception passes, their C library loses it and Python crashes."""
        vars(self).pop("_features", None)

    async def scores(self, frame: bytes) -> Mapping[str, float]:
        """Return the best sliding-window mean of each wake word within this frame (16 kHz mono s16le, any length).

        While nothing sounds, frames wait for each other: then it is 0 for some, and for the next it is theirs too.
        """
        pcm = self._doze.push(frame)
        return await self._worker.run_brief(self._scores, pcm) if pcm else self._nothing

    async def reset(self) -> None:
        """Forget what was heard."""
        await self._worker.run(self._reset)

    def _reset(self) -> None:
        self._doze.reset()
        self._features.reset()
        for model in self._models.values():
            model.reset()

    def _scores(self, pcm: bytes) -> Mapping[str, float]:
        features = self._features.push(pcm)
        if features is None:
            return self._nothing
        return {word: model.best(features) for word, model in self._models.items()}


def _load(config: Path) -> MicroModel:
    try:
        check_tflite(config.parent / json.loads(config.read_bytes())["model"])
        return MicroModel(config)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{config}: not a microWakeWord model; run `local-voice models verify`") from error
