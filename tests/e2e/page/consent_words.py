"""What Home Assistant tells of requests to the cloud, made up."""

import base64
import json
from typing import Any, Final

from gateway.broker.outgoing import MARKER
from tests.e2e.page.opened_page import ENTRY, Words

REQUEST: Final = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e"


def text_request(text: str) -> bytes:
    """Return the bytes of a request to a chat service, with any text whatsoever in it."""
    body = json.dumps(
        {"model": "small-1", "messages": [{"role": "user", "content": text}]}, ensure_ascii=False, separators=(",", ":")
    ).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer {MARKER}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def destination(**other: Any) -> Words:
    """Return a destination's words; `other` as in all of these."""
    words = {
        "id": "example", "kind": "chat", "host": "api.example.com", "port": 443, "path": "/v1/chat/completions",
        "model": "small-1", "is_local": False, "has_key": True, "added_at": "2026-11-03T08:00:00+00:00",
    }  # fmt: skip
    return words | other


def waiting(**other: Any) -> Words:
    words = {
        "request_id": REQUEST, "satellite_id": "s1", "satellite_name": "Kitchen satellite", "content": "text",
        "destination_id": "example", "size_bytes": 300, "asked_at": "2026-11-03T09:30:00+00:00", "left_s": 240,
    }  # fmt: skip
    return words | other


def decided(fate: str, **other: Any) -> Words:
    words = {
        "request_id": REQUEST, "satellite_id": "s1", "satellite_name": "Kitchen satellite", "content": "text",
        "destination_id": "example", "decided_at": "2026-11-03T09:31:00+00:00", "fate": fate, "reason": "", "status": 0,
        "sent_bytes": 0, "received_bytes": 0, "has_answer": False,
    }  # fmt: skip
    return words | other


def gateway(**other: Any) -> Words:
    words = {
        "entry_id": ENTRY, "name": "Home gateway", "connected": True, "may_approve": True, "is_admin": True,
        "is_allowed": True, "has_pin": False, "destinations": [destination()], "waiting": [], "decided": [],
        "month": "2026-11", "sent_bytes": 12_345, "sent_days": {"2026-11-02": 12_000, "2026-11-03": 345},
    }  # fmt: skip
    return words | other


def preview(raw: bytes, **other: Any) -> Words:
    """Return the preview of a request with these bytes."""
    words = {
        "request_id": REQUEST, "hash": "ab" * 32, "nonce": "cd" * 16, "key_version": 1, "destination": destination(),
        "method": "POST", "content": "text", "satellite_id": "s1", "left_s": 240, "size_bytes": len(raw),
        "body_at": raw.index(b"\r\n\r\n") + 4, "marker": MARKER if MARKER.encode() in raw else "", "audio_at": 0,
        "audio_bytes": 0, "replaced": [], "bytes": base64.b64encode(raw).decode(),
    }  # fmt: skip
    return words | other


def state(*gateways: Words) -> Words:
    """Return how it stands with all of them."""
    return {"gateways": list(gateways)}


QUESTION: Final = "Who wrote the book about the white whale?"
RAW: Final = text_request(QUESTION)
WAITS: Final = gateway(waiting=[waiting(size_bytes=len(RAW))])
"""A gateway at which that waits for a person."""
ANSWER: Final = "Herman Melville.\nIn 1851."
