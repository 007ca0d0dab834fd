"""openWakeWord's view of speech: its two shared models, run over a whole stretch at once.

`pyopen_wakeword` runs the embedding 80 ms at a time and computes the same 0.8 s again for each; it takes any length,
and two seconds at once cost a fraction. The spectra are made 80 ms at a time as there: how soft a sound they still show
depends on the loudest one in the same piece.
"""

import ctypes
from pathlib import Path

import numpy as np
from pyopen_wakeword import OpenWakeWordFeatures

from gateway.audio import samples
from gateway.engines.tflite import check_tflite
from gateway.errors import EngineError

SHARED_MODELS = ("melspectrogram.tflite", "embedding_model.tflite")
"""What every wake word's own model stands on."""
CHUNK_SAMPLES = 1_280
"""The library's step, 80 ms."""
PER_CHUNK = 2
"""Embeddings in one step: twice as many as the library's, so that it matters less when it looks."""
NEEDED_SAMPLES = 13_280
"""What the first chunk's embeddings take, 0.83 s."""
DIMENSIONS = 96
"""How many numbers an embedding is."""

_LOOK_SAMPLES = 1_760
"""What the eight spectra of one step are made of."""
_BANDS = 32
_SPECTRA = 76
"""So many make one embedding, 0.76 s."""
_SPECTRA_BETWEEN = 8
"""The embedding's own step, in spectra."""

type Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


class EmbeddingModels:
    """Both, for any number of streams. Not for two threads at once."""

    def __init__(self, directory: Path) -> None:
        """`directory` holds them. Raises ModelError."""
        for name in SHARED_MODELS:
            check_tflite(directory / name)
        self._models = OpenWakeWordFeatures.from_builtin(models_dir=directory)
        self.spectrum = Interpreter(self._models.lib, self._models.mel_interpreter)
        self.embedding = Interpreter(self._models.lib, self._models.emb_interpreter)


class SpeechEmbedding:
    """Turns one stream into embeddings."""

    def __init__(self, models: EmbeddingModels, *, per_chunk: int = PER_CHUNK) -> None:
        """`per_chunk` 1 is what the library does."""
        self._models = models
        self._per_chunk = per_chunk
        self.reset()

    def reset(self) -> None:
        """Forget the stream."""
        self._sound = np.empty(0, np.float32)
        self._spectra: Floats = np.empty((0, _BANDS), np.float32)

    def push(self, pcm: bytes) -> Floats:
        """Take what comes next (16 kHz mono s16le); return the embeddings that it completes, (n, `DIMENSIONS`).

        They are 40 ms apart, 80 ms where there is one for each chunk. Raises EngineError.
        """
        self._sound = np.concatenate((self._sound, samples(pcm).astype(np.float32)))
        starts = range(0, len(self._sound) - _LOOK_SAMPLES + 1, CHUNK_SAMPLES)
        new = [self._models.spectrum.run(self._sound[None, start : start + _LOOK_SAMPLES]) for start in starts]
        self._sound = self._sound[len(new) * CHUNK_SAMPLES :]
        shown = [spectra.reshape(-1, _BANDS) / np.float32(10) + np.float32(2) for spectra in new]
        self._spectra = np.concatenate((self._spectra, *shown))
        chunks = max((len(self._spectra) - _SPECTRA) // _SPECTRA_BETWEEN + 1, 0)
        found = np.empty((chunks * self._per_chunk, DIMENSIONS), np.float32)
        if chunks:
            seen = _SPECTRA + (chunks - 1) * _SPECTRA_BETWEEN
            for look in range(self._per_chunk):  # the second, half a step on, is between the model's own steps
                start = look * _SPECTRA_BETWEEN // self._per_chunk
                window = self._spectra[None, start : start + seen, :, None]
                found[look :: self._per_chunk] = self._models.embedding.run(window).reshape(-1, DIMENSIONS)
            self._spectra = self._spectra[chunks * _SPECTRA_BETWEEN :]
        return found


class Interpreter:
    """A TensorFlow Lite model with one input and one output, of whatever length is given."""

    def __init__(self, lib: ctypes.CDLL, interpreter: object) -> None:
        self._lib = lib
        self._interpreter = interpreter
        self._shape: tuple[int, ...] = ()

    def run(self, values: Floats) -> Floats:
        """Return the flat output. Raises EngineError."""
        lib = self._lib
        if values.shape != self._shape:
            self._resize(values.shape)
        given = np.ascontiguousarray(values)
        source = lib.TfLiteInterpreterGetInputTensor(self._interpreter, 0)
        _check(lib.TfLiteTensorCopyFromBuffer(source, given.ctypes.data_as(ctypes.c_void_p), given.nbytes))
        _check(lib.TfLiteInterpreterInvoke(self._interpreter))
        result = lib.TfLiteInterpreterGetOutputTensor(self._interpreter, 0)
        flat = np.empty(lib.TfLiteTensorByteSize(result) // np.dtype(np.float32).itemsize, np.float32)
        _check(lib.TfLiteTensorCopyToBuffer(result, flat.ctypes.data_as(ctypes.c_void_p), flat.nbytes))
        return flat

    def _resize(self, shape: tuple[int, ...]) -> None:
        self._shape = ()
        dimensions = (ctypes.c_int32 * len(shape))(*shape)
        _check(self._lib.TfLiteInterpreterResizeInputTensor(self._interpreter, 0, dimensions, len(shape)))
        _check(self._lib.TfLiteInterpreterAllocateTensors(self._interpreter))
        self._shape = shape


def _check(status: int) -> None:
    if status != 0:
        raise EngineError("the second wake model cannot look at this sound; run `local-voice models verify`")
