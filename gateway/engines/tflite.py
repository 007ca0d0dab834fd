"""Looks at TensorFlow Lite files before the C library does: given one that is none, it crashes the process."""

from pathlib import Path

from gateway.errors import ModelError

IDENTIFIER = b"TFL3"
"""At byte 4 of every such file (TensorFlow Lite's schema)."""


def check_tflite(path: Path) -> Path:
    """Return `path` where it is a TensorFlow Lite file; raises ModelError for anything else."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); run `local-voice models verify`") from error
    if start[4:] != IDENTIFIER:
        raise ModelError(f"{path}: not a TensorFlow Lite model; run `local-voice models verify`")
    return path
