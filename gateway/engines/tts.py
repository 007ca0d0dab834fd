"""Speech synthesis: Piper, clause by clause, so that the first sound does not wait for the last word."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import onnxruntime
from piper import PiperConfig, PiperVoice

from gateway.engines.clauses import clauses
from gateway.engines.worker import Worker
from gateway.errors import EngineError, ModelError
from gateway.events import Sound

SEED = 1
"""Piper varies its rhythm by chance; with a fixed seed the same replies sound the same after every start."""


class PiperTextToSpeech:
    """One Piper voice."""

    def __init__(self, model: Path, worker: Worker) -> None:
        """`model` is the `.onnx`, its `.onnx.json` beside it. Raises ModelError where it cannot be loaded."""
        self._worker = worker
        onnxruntime.set_seed(SEED)
        try:
            self._voice = _load(model)
        except Exception as error:  # onnxruntime's errors have no common class below Exception
            raise ModelError(f"{model}: not a Piper voice; run `local-voice models verify`") from error

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        """Yield the sound of each clause as soon as it is ready. Raises EngineError where Piper fails."""
        for clause in clauses(text):
            yield await self._worker.run(self._synthesize, clause)

    def _synthesize(self, clause: str) -> Sound:
        try:
            pcm = b"".join(chunk.audio_int16_bytes for chunk in self._voice.synthesize(clause))
        except (RuntimeError, ValueError) as error:
            raise EngineError("Piper failed while it was speaking") from error
        return Sound(rate_hz=self._voice.config.sample_rate, pcm=pcm)


def _load(model: Path) -> PiperVoice:
    """Return what `PiperVoice.load` returns, but for its memory.

    onnxruntime would keep its own and let it grow step by step with ever longer replies; without that, the two models
    that take turns use the same memory. It is as quick.
    """
    options = onnxruntime.SessionOptions()
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    config = json.loads(model.with_name(f"{model.name}.json").read_bytes())
    return PiperVoice(session=session, config=PiperConfig.from_dict(config))
