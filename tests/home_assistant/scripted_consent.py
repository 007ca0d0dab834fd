"""What a broker says of requests that want to leave the home, as a script. Plain JSON, as on the wire."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final

type Json = dict[str, Any]

PART_BYTES: Final = 32 * 1024
NONCE: Final = "0123456789abcdef" * 2
PIN: Final = "2718"
CANARY: Final = "xylophone marmalade"
"""What the request asks, and what comes back: it must stand in no state, event, notification or line of a log."""
REQUEST: Final = "9f86d081884c7d65"
MARKER: Final = "[key]"
CHAT: Final[Json] = {
    "id": "openai",
    "kind": "chat",
    "host": "api.example.com",
    "port": 443,
    "path": "/v1/chat/completions",
    "model": "small-1",
    "has_key": True,
    "added_at": "2026-11-22T07:00:00+00:00",
}
WAITING: Final[Json] = {
    "request_id": REQUEST,
    "satellite_id": "satellite-kitchen",
    "content": "text",
    "destination_id": "openai",
    "size_bytes": 612,
    "asked_at": "2026-11-22T07:00:00+00:00",
    "left_s": 300,
}


def http(question: str = CANARY) -> bytes:
    """Return a request as it would be sent, but for the key."""
    body = json.dumps({"model": "small-1", "messages": [{"role": "user", "content": question}]}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer {MARKER}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class ScriptedConsent:
    """Attributes are the script: a test sets them, and has them told."""

    HEARD: Final = frozenset({"watch_consent", "ask_preview", "approve", "refuse", "allow_cloud", "ask_answer"})

    def __init__(self) -> None:
        """Ask nobody; nothing is allowed."""
        self.is_older = False
        """Whether none of this is known."""
        self.is_silent = False
        """Whether what is asked is not answered."""
        self.is_allowed = False
        self.pin = ""
        self.destinations: list[Json] = [dict(CHAT)]
        self.waiting: list[Json] = []
        self.decided: list[Json] = []
        self.month = "2026-11"
        self.sent_bytes = 0
        self.sent_days: dict[str, int] = {}
        self.raw = http()
        """What the one that waits consists of."""
        self.shown: Json = {}
        """What is said otherwise in a preview."""
        self.error: Json = {}
        """What is said instead of doing anything: `error` and `message`."""

    def ask(self, request_id: str = REQUEST, **words: object) -> None:
        """Have a request wait."""
        self.waiting.append({**WAITING, "request_id": request_id, **words})

    def decide(self, fate: str, request_id: str = REQUEST, **words: object) -> None:
        """Have a request wait no more."""
        before = [one for one in (*self.waiting, *self.decided) if one["request_id"] == request_id]
        self.waiting = [one for one in self.waiting if one["request_id"] != request_id]
        self.decided = [one for one in self.decided if one["request_id"] != request_id]
        about = {name: before[0][name] for name in ("satellite_id", "content", "destination_id")}
        at = "2026-11-22T07:01:00+00:00"
        self.decided.insert(0, {"request_id": request_id, **about, "decided_at": at, "fate": fate, **words})

    def told(self) -> Json:
        """Return how it stands."""
        return {
            "type": "consent",
            "is_allowed": self.is_allowed,
            "has_pin": bool(self.pin),
            "destinations": self.destinations,
            "waiting": self.waiting,
            "decided": self.decided,
            "month": self.month,
            "sent_bytes": self.sent_bytes,
            "sent_days": self.sent_days,
        }

    def hash(self, request_id: str) -> str:
        """Return what an approval is for."""
        to = CHAT
        parts = [request_id, to["id"], to["host"], str(to["port"]), "POST", to["path"], "text", "3"]
        agreed = b"".join(len(part).to_bytes(4) + part for part in (*map(str.encode, parts), self.raw))
        return hashlib.sha256(b"lv-consent-v1" + agreed).hexdigest()

    def answer(self, heard: Json) -> Iterator[Json]:
        """Answer what was said."""
        if self.is_older:
            yield {"type": "refused", "code": "unknown_type", "message": "no such message", "about": heard["type"]}
        elif heard["type"] == "watch_consent":
            yield self.told()
        elif not self.is_silent:
            yield from getattr(self, f"_to_{heard['type']}")(heard)

    def _to_ask_preview(self, heard: Json) -> Iterator[Json]:
        asked, request_id = {"type": "preview", "id": heard["id"]}, heard["request_id"]
        if self.error:
            yield {**asked, **self.error}
            return
        yield {
            **asked,
            "request_id": request_id,
            "hash": self.hash(request_id),
            "nonce": NONCE,
            "key_version": 3,
            "destination": CHAT,
            "method": "POST",
            "content": "text",
            "satellite_id": "satellite-kitchen",
            "left_s": 299,
            "size_bytes": len(self.raw),
            "body_at": self.raw.index(b"\r\n\r\n") + 4,
            "marker": MARKER,
            "replaced": [{"placeholder": "[device 1]", "original": "Kitchen light"}],
            **self.shown,
        }
        for start in range(0, len(self.raw), PART_BYTES):
            part = base64.b64encode(self.raw[start : start + PART_BYTES]).decode()
            yield {"type": "preview_part", "id": heard["id"], "data": part}

    def _to_approve(self, heard: Json) -> Iterator[Json]:
        yield from self._done(heard)
        if not self.error:
            self.decide("answered", heard["request_id"], sent_bytes=len(self.raw), has_answer=True)
            yield self.told()

    def _to_refuse(self, heard: Json) -> Iterator[Json]:
        yield from self._done(heard)
        if not self.error:
            self.decide("refused", heard["request_id"])
            yield self.told()

    def _to_allow_cloud(self, heard: Json) -> Iterator[Json]:
        yield from self._done(heard)
        if not self.error:
            self.is_allowed = heard["is_allowed"]
            yield self.told()

    def _to_ask_answer(self, heard: Json) -> Iterator[Json]:
        yield {"type": "cloud_answer", "id": heard["id"], **(self.error or {"text": CANARY})}

    def _done(self, heard: Json) -> Iterator[Json]:
        yield {"type": "consent_done", "id": heard["id"], **self.error}
