"""How a command is shown a request by the running gateway, and makes sure that a yes is for what it was shown."""

import base64
import binascii
from typing import Final

from gateway.broker.destination import Content, Destination, Kind
from gateway.broker.outgoing import Outgoing, consent_hash
from gateway.broker.owner_link import ANSWER_S, OwnerLink, answer_of, out_of_order, owner_link
from gateway.commands.consent_shown import Shown
from gateway.errors import ConfigError, TrustError
from gateway.paths import owned_gateway_dir
from gateway.wire.consent_words import AskPreview, DestinationWords, Preview, PreviewPart

LARGEST_REQUEST_BYTES: Final = 2 * 1024 * 1024
"""Three times the longest sound."""


async def previewed(request_id: str) -> Shown:
    """Return a request and all of its bytes. Raises TrustError where these are not what an approval would be for."""
    async with owner_link(owned_gateway_dir()) as gateway:
        preview = answer_of(Preview, await gateway.ask(AskPreview(id=1, request_id=request_id)))
        if preview.error:
            raise ConfigError(preview.message or preview.error)
        if preview.destination is None or preview.request_id != request_id:
            raise out_of_order()
        raw = await _bytes(gateway, preview.size_bytes)
    shown = Shown(preview=preview, destination=preview.destination, raw=raw)
    if _hash(shown) != preview.hash:
        raise TrustError("the gateway showed other bytes than it asks a yes for; nothing is approved, see its log")
    return shown


async def _bytes(gateway: OwnerLink, size_bytes: int) -> bytes:
    raw = bytearray()
    while len(raw) < size_bytes <= LARGEST_REQUEST_BYTES:
        part = answer_of(PreviewPart, await gateway.hear(ANSWER_S))
        try:
            raw += base64.b64decode(part.data, validate=True)
        except binascii.Error as error:
            raise out_of_order() from error
        if not part.data:
            break
    if len(raw) != size_bytes:
        raise out_of_order()
    return bytes(raw)


def _hash(shown: Shown) -> str:
    """Return the hash of what was shown, computed here."""
    preview = shown.preview
    try:
        outgoing = Outgoing(
            content=Content(preview.content),
            raw=shown.raw,
            body_at=preview.body_at,
            audio_at=preview.audio_at,
            audio_bytes=preview.audio_bytes,
            method=preview.method,
        )
        return consent_hash(preview.request_id, _destination(shown.destination, preview.key_version), outgoing).hex()
    except ValueError as error:
        raise out_of_order() from error


def _destination(words: DestinationWords, key_version: int) -> Destination:
    return Destination(
        id=words.id,
        kind=Kind(words.kind),
        host=words.host,
        port=words.port,
        path=words.path,
        model=words.model,
        is_local=words.is_local,
        key="",
        key_version=key_version,
        added_at=words.added_at,
    )
