"""microWakeWord on one stream: what pymicro-wakeword does, number for number, without most of what it costs.

The library makes half a dozen arrays for each step of 30 ms and takes the mean in fractions; that was most of what an
idle satellite cost. Here features are quantised many at a time, and what the model says is looked up.
"""

import ctypes
from pathlib import Path

import numpy as np
from pymicro_features import MicroFrontend
from pymicro_wakeword import MicroWakeWord

from gateway.audio import RATE_HZ, SAMPLE_BYTES

HOP_BYTES = RATE_HZ // 100 * SAMPLE_BYTES
"""10 ms, for which the frontend gives one row, once it has heard 30."""
BYTE_VALUES = 256
"""What a model says is one byte."""

type Features = np.ndarray[tuple[int, int], np.dtype[np.float64]]
"""One row of the spectrum for each 10 ms."""


class MicroFeatures:
    """What the models see of a stream. Not for two threads at once."""

    def __init__(self) -> None:
        self._frontend = MicroFrontend()
        self._rest = b""

    def reset(self) -> None:
        """Forget what was heard."""
        self._frontend.reset()
        self._rest = b""

    def push(self, pcm: bytes) -> Features | None:
        """Return what the next sound (16 kHz mono s16le, any length) looks like; None where that is not a row yet."""
        pcm = self._rest + pcm
        rows, start = [], 0
        while start + HOP_BYTES <= len(pcm):
            result = self._frontend.process_samples(pcm[start : start + HOP_BYTES])
            start += result.samples_read * SAMPLE_BYTES
            if result.features:
                rows.append(result.features)
        self._rest = pcm[start:]
        return np.array(rows, dtype=np.float64) if rows else None


class MicroModel:
    """One wake word's model and how far it has heard. Not for two threads at once."""

    def __init__(self, config: Path) -> None:
        """`config` is microWakeWord's JSON file. Raises OSError, ValueError, KeyError, TypeError for anything else."""
        self._model = MicroWakeWord.from_config(config)
        self._rows = b""
        """Quantised, and not enough for a step."""
        self._lately: list[float] = []
        dtype = np.dtype(self._model.output_dtype)
        values = np.arange(BYTE_VALUES, dtype=np.uint8).view(dtype).astype(np.float32)
        self._probabilities: list[float] = (
            (values - self._model.output_zero_point) * self._model.output_scale
        ).tolist()
        """For each byte that the model may say."""
        self._said = ctypes.create_string_buffer(1)

    def reset(self) -> None:
        """Forget what was heard."""
        self._model.reset()
        self._rows = b""
        self._lately.clear()

    def best(self, features: Features) -> float:
        """Return the best mean over the model's sliding window within these features; 0 where there is none yet."""
        model = self._model
        lib, window = model.lib, model.sliding_window_size
        quantised = np.round(features / model.input_scale + model.input_zero_point).astype(model.input_dtype)
        rows = self._rows + quantised.tobytes()
        step_bytes = model.stride * features.shape[1]
        whole_bytes = len(rows) // step_bytes * step_bytes
        self._rows = rows[whole_bytes:]
        best = 0.0
        for start in range(0, whole_bytes, step_bytes):
            lib.TfLiteTensorCopyFromBuffer(model.input_tensor, rows[start : start + step_bytes], step_bytes)
            lib.TfLiteInterpreterInvoke(model.interpreter)
            lib.TfLiteTensorCopyToBuffer(model.output_tensor, self._said, 1)
            self._lately = [*self._lately[1 - window :], self._probabilities[self._said.raw[0]]]
            if len(self._lately) == window:
                best = max(best, sum(self._lately) / window)
        return best
