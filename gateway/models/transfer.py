"""Bytes of a model from a file or an HTTPS address into a file, counted and hashed on the way. Decides nothing else."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from gateway.errors import ModelError

type Source = Path | str
"""A file, or an `https://` address."""
type Progress = Callable[[int], None]
"""Told how many more bytes were written."""

CHUNK_BYTES = 1 << 20
"""Read at a time: large enough to be quick, small enough for a smooth progress bar."""
DEADLINE_S = 2 * 60 * 60
"""For one file: the largest Whisper (3 GB) at 4 Mbit/s."""
MAX_FILE_BYTES = 4 << 30
"""No model that a household runs has a larger file."""
HTTPS = "https://"


def write(target: Path, sources: Sequence[Source], limit_bytes: int, progress: Progress) -> tuple[int, str]:
    """Join `sources` into the new file `target` and return its size and SHA-256.

    Raises ModelError where a source cannot be read, or they hold more than `limit_bytes`.
    """
    digest, size_bytes = hashlib.sha256(), 0
    with target.open("xb") as file:
        for source in sources:
            for chunk in _chunks(source):
                size_bytes += len(chunk)
                if size_bytes > limit_bytes:
                    raise ModelError(f"{source}: larger than {limit_bytes} bytes; this is not the file of that model")
                digest.update(chunk)
                file.write(chunk)
                progress(len(chunk))
        file.flush()
        os.fsync(file.fileno())
    return size_bytes, digest.hexdigest()


def _chunks(source: Source) -> Iterator[bytes]:
    deadline = time.monotonic() + DEADLINE_S
    for chunk in _file_chunks(source) if isinstance(source, Path) else _address_chunks(source):
        yield chunk
        if time.monotonic() > deadline:
            raise ModelError(f"{source}: not there after {DEADLINE_S // 3600} hours; try again on a faster line")


def _address_chunks(address: str) -> Iterator[bytes]:
    from gateway.models import https  # a tenth of a second, which no other command should wait

    return https.chunks(address, CHUNK_BYTES)


def _file_chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or type(error).__name__})") from error
