"""The bytes behind an `https://` address. Decides nothing, and is imported only when a person asked for a download.

This is the only module of the gateway that opens a connection by itself, and only to an address that a person typed.
"""

from collections.abc import Iterator
from http.client import HTTPException, HTTPMessage
from typing import IO, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from gateway.errors import ModelError

SCHEME = "https"
STALL_S = 30
"""How long a server may say nothing."""


def chunks(address: str, chunk_bytes: int) -> Iterator[bytes]:
    """Yield what the server sends, at most `chunk_bytes` at a time. Raises ModelError."""
    with _open(address) as stream:
        while chunk := _read(stream, address, chunk_bytes):
            yield chunk


class _HttpsOnly(HTTPRedirectHandler):
    """Follows a redirection only where it stays encrypted."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if urlsplit(newurl).scheme != SCHEME:
            raise URLError("the server leads away from https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(address: str) -> BinaryIO:
    if not address.startswith(f"{SCHEME}://"):
        raise ModelError(f"{address}: only https:// addresses are fetched")
    try:
        request = Request(address, headers={"User-Agent": "local-voice"})  # noqa: S310 -- https, as was just checked
        stream: BinaryIO = build_opener(_HttpsOnly).open(request, timeout=STALL_S)
    except HTTPError as error:
        error.close()
        raise ModelError(f"{address}: the server answered {error.code} {error.reason}; check the address") from error
    except URLError as error:
        raise ModelError(f"{address}: no connection ({error.reason}); check the address and the network") from error
    except (OSError, HTTPException, ValueError) as error:
        raise ModelError(f"{address}: cannot be read ({_reason(error)})") from error
    return stream


def _read(stream: BinaryIO, address: str, chunk_bytes: int) -> bytes:
    try:
        return stream.read(chunk_bytes)
    except (OSError, HTTPException) as error:
        raise ModelError(f"{address}: broke off ({_reason(error)}); try again") from error


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
