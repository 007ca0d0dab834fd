"""What an approval is for: the hash over a request's bytes and where they go, computed here once more.

So who approves in Home Assistant has seen what the broker will look up by this hash, whatever carried it here.
"""

import hashlib
import hmac
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .wire.consent_messages import Preview

_FIRST: Final = b"lv-consent-v1"
_LENGTH_BYTES: Final = 4
"""Of the length before each part, so that no two lists of parts come to the same bytes."""


def is_of(digest: str, preview: Preview, raw: bytes) -> bool:
    """Return whether `digest`, in hex, is that of sending `raw` where and for what `preview` says."""
    destination = preview.destination
    if destination is None:
        return False
    parts = (
        preview.request_id,
        destination.id,
        destination.host,
        str(destination.port),
        preview.method,
        destination.path,
        preview.content,
        str(preview.key_version),
    )
    hashed = hashlib.sha256(_FIRST)
    for part in (*(part.encode() for part in parts), raw):
        hashed.update(len(part).to_bytes(_LENGTH_BYTES))
        hashed.update(part)
    return hmac.compare_digest(hashed.hexdigest().encode(), digest.encode())
