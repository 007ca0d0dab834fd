"""Bytes of a model from a file or an HTTPS address into a file, counted and hashed on the way. Decides nothing else.

This is the only module of the gateway that opens a connection by itself, and only for an address that a person typed.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from gateway.errors import ModelError

type Source = Path | str
"""A file, or an `https://` address."""
type Progress = Callable[[int], None]
"""Told how many more bytes were written."""

CHUNK_BYTES = 1 << 20
"""Read at a time: large enough to be quick, small enough for a smooth progress bar."""
STALL_S = 30
"""How long a server may say nothing."""
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
    with _open(source) as stream:
        while chunk := _read(stream, source):
            yield chunk
            if time.monotonic() > deadline:
                raise ModelError(f"{source}: not there after {DEADLINE_S // 3600} hours; try again on a faster line")


@contextmanager
def _open(source: Source) -> Iterator[IO[bytes]]:
    try:
        stream = source.open("rb") if isinstance(source, Path) else _open_address(source)
    except HTTPError as error:
        error.close()
        raise ModelError(f"{source}: the server answered {error.code} {error.reason}; check the address") from error
    except URLError as error:
        raise ModelError(f"{source}: no connection ({error.reason}); check the address and the network") from error
    except (OSError, HTTPException, ValueError) as error:
        raise ModelError(f"{source}: cannot be read ({_reason(error)})") from error
    with stream:
        yield stream


def _read(stream: IO[bytes], source: Source) -> bytes:
    try:
        return stream.read(CHUNK_BYTES)
    except (OSError, HTTPException) as error:
        raise ModelError(f"{source}: broke off ({_reason(error)}); try again") from error


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


class _HttpsOnly(HTTPRedirectHandler):
    """Follows a redirection only where it stays encrypted."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if urlsplit(newurl).scheme != "https":
            raise URLError("the server leads away from https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open_address(address: str) -> BinaryIO:
    if not address.startswith(HTTPS):
        raise ModelError(f"{address}: only https:// addresses are fetched")
    request = Request(address, headers={"User-Agent": "local-voice"})  # noqa: S310 -- https, as was just checked
    stream: BinaryIO = build_opener(_HttpsOnly).open(request, timeout=STALL_S)
    return stream
