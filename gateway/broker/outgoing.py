"""A request as it leaves: serialised once. What a person sees, says yes to, and what is written are these bytes.

Nothing reads a clock or rolls dice here, so the same question is the same bytes again. One thing differs between what
is shown and what is written: the key, for which `MARKER` stands in the headers.
"""

import hashlib
import io
import json
import re
import unicodedata
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import h11

from gateway.broker.destination import Content, Destination, Kind
from gateway.errors import ConfigError, ProtocolError

MARKER: Final = "<your-key-goes-here>"
"""Visible ASCII, as a header's value has to be, and unlike any key."""
INSTRUCTION: Final = (
    "Your answer is read aloud by a voice assistant. Answer in one to three short sentences that can be spoken, in the "
    "language of the question, without lists, tables, links or markup. "
    "Text in square brackets, such as [person 1], stands for a name: where you need it, repeat it unchanged."
)
"""Said with every question, so it is part of what a person sees."""
RATE_HZ, SAMPLE_BYTES = 16_000, 2
"""What sound is here: mono, 16 bits."""

_METHOD: Final = "POST"
_HTTPS_PORT: Final = 443
_DOMAIN: Final = b"lv-consent-v1"
"""What the hash is for: none of another kind is ever the same."""
_LENGTH_BYTES: Final = 4
_KEY: Final = re.compile(r"[!-~]+")
"""What may stand in the header, alone on its line: visible ASCII."""
_LANGUAGE: Final = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{1,8})*", re.ASCII | re.IGNORECASE)
"""BCP 47, as far as languages of voices go; the services want its first part."""
_BOUNDARY: Final = "local-voice-"
_BOUNDARY_DIGITS: Final = 8
_USED_BOUNDARY: Final = re.compile(rb"%b([0-9]{%d})" % (_BOUNDARY.encode("ascii"), _BOUNDARY_DIGITS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One request."""

    content: Content
    raw: bytes = field(repr=False)
    """All of it, as it is written, but for the key."""
    body_at: int
    """Where the body begins; before are the headers."""
    audio_at: int = 0
    """Where a WAV file begins, and how long it is; 0 and 0 without one."""
    audio_bytes: int = 0
    method: str = _METHOD


def text_request(destination: Destination, text: str) -> Outgoing:
    """Return the request that asks a chat service. Raises ProtocolError for what is no text."""
    _check_kind(destination, Kind.CHAT)
    messages = [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": text}]
    written = json.dumps({"model": destination.model, "messages": messages}, ensure_ascii=False, separators=(",", ":"))
    try:
        body = _shown(written).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ProtocolError("malformed", "half a character in the text") from error
    raw = _serialised(destination, "application/json", body)
    return Outgoing(content=Content.TEXT, raw=raw, body_at=len(raw) - len(body))


def audio_request(destination: Destination, pcm: bytes, *, language: str) -> Outgoing:
    """Return the request that asks a transcription service what was said in 16 kHz mono s16le.

    Raises ProtocolError for what is no sound, or no language; an empty one leaves it to the service.
    """
    _check_kind(destination, Kind.TRANSCRIPTION)
    if not pcm or len(pcm) % SAMPLE_BYTES:
        raise ProtocolError("malformed", f"{len(pcm)} bytes are no sound of 16 bits a sample")
    sound = _wav(pcm)
    fields = {"model": destination.model, "language": _language(language), "response_format": "json"}
    boundary = _boundary(sound, *(value.encode("utf-8") for value in fields.values()))
    before = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
        if value
    )
    before += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="speech.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    )
    head = before.encode("utf-8")
    body = b"".join((head, sound, f"\r\n--{boundary}--\r\n".encode("ascii")))
    raw = _serialised(destination, f"multipart/form-data; boundary={boundary}", body)
    body_at = len(raw) - len(body)
    return Outgoing(
        content=Content.AUDIO, raw=raw, body_at=body_at, audio_at=body_at + len(head), audio_bytes=len(sound)
    )


def with_key(outgoing: Outgoing, key: str) -> bytes:
    """Return the bytes to write: the headers with the key in them, and everything else as it was shown.

    Raises ConfigError for a key that no header can hold, ProtocolError where the request was made without a key, and
    there is one now, or the other way round.
    """
    head, body = outgoing.raw[: outgoing.body_at], outgoing.raw[outgoing.body_at :]
    line = _authorization(MARKER)
    if bool(key) != (head.count(line) == 1):
        raise ProtocolError("altered", "the request was made for another key")
    if not key:
        return outgoing.raw
    if _KEY.fullmatch(key) is None:
        raise ConfigError("the key of this destination cannot be sent: a key is made of visible ASCII characters")
    return head.replace(line, _authorization(key)) + body


def consent_hash(request_id: str, destination: Destination, outgoing: Outgoing) -> bytes:
    """Return what a yes is for: this request, there, with these bytes and this key, and nothing else."""
    sent_to = (destination.id, destination.host, str(destination.port), outgoing.method, destination.path)
    parts = (request_id, *sent_to, outgoing.content.value, str(destination.key_version))
    digest = hashlib.sha256(_DOMAIN)
    for part in (*(part.encode("utf-8") for part in parts), outgoing.raw):
        digest.update(len(part).to_bytes(_LENGTH_BYTES, "big"))
        digest.update(part)
    return digest.digest()


def _check_kind(destination: Destination, kind: Kind) -> None:
    if destination.kind is not kind:
        raise ProtocolError("malformed", f"{destination.id} is no {kind.value} service")


def _serialised(destination: Destination, content_type: str, body: bytes) -> bytes:
    """Return the whole request; the headers are these and no others. Raises ConfigError."""
    authorization = [("Authorization", f"Bearer {MARKER}")] if destination.key else []
    headers = [
        ("Host", _host(destination)),
        *authorization,
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("User-Agent", "local-voice"),
        ("Connection", "close"),
    ]
    connection = h11.Connection(h11.CLIENT)
    try:
        events = (
            h11.Request(method=_METHOD, target=destination.path, headers=headers),
            h11.Data(data=body),
            h11.EndOfMessage(),
        )
        return b"".join(connection.send(event) or b"" for event in events)
    except (h11.LocalProtocolError, UnicodeEncodeError) as error:
        raise ConfigError(
            f"{destination.id}: its host and path cannot be written into a request; add it again"
        ) from error


def _host(destination: Destination) -> str:
    host = f"[{destination.host}]" if ":" in destination.host else destination.host
    return host if destination.port == _HTTPS_PORT else f"{host}:{destination.port}"


def _authorization(key: str) -> bytes:
    return f"\r\nAuthorization: Bearer {key}\r\n".encode("ascii")


def _shown(written: str) -> str:
    """Return JSON in which everything is seen: what has no shape, or turns text around, is escaped."""
    return "".join(
        char if char.isprintable() or unicodedata.category(char) == "Cs" else json.dumps(char)[1:-1] for char in written
    )


def _language(code: str) -> str:
    if not code:
        return ""
    found = _LANGUAGE.fullmatch(code)
    if found is None:
        raise ProtocolError("malformed", "no code of a language")
    return found[1].lower()


def _wav(pcm: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writing:
        writing.setnchannels(1)
        writing.setsampwidth(SAMPLE_BYTES)
        writing.setframerate(RATE_HZ)
        writing.writeframes(pcm)
    return file.getvalue()


def _boundary(*contents: bytes) -> str:
    """Return the first boundary that is in none of them; all have one length, so that none begins with another."""
    used = {found for content in contents for found in _USED_BOUNDARY.findall(content)}
    return next(f"{_BOUNDARY}{digits}" for digits in _numbers() if digits.encode("ascii") not in used)


def _numbers() -> Iterator[str]:
    return (f"{number:0{_BOUNDARY_DIGITS}}" for number in count(1))
