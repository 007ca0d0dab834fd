"""What became of requests lately, and what came back: in memory, a few, the latest first."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from gateway.broker.sending import Sent
from gateway.broker.waiting import Request
from gateway.wire.consent_words import MOST_DECIDED, DecidedWords


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A request that waits no more."""

    request_id: str
    satellite_id: str
    content: str
    destination_id: str
    at: datetime
    sent: Sent


class DecidedList:
    """The last `MOST_DECIDED` of them."""

    def __init__(self) -> None:
        self._decided: OrderedDict[str, Decided] = OrderedDict()

    def put(self, request: Request, now: datetime, sent: Sent) -> Decided:
        """Remember what became of a request; return it."""
        decided = Decided(
            request_id=request.id,
            satellite_id=request.satellite_id,
            content=request.outgoing.content.value,
            destination_id=request.destination.id,
            at=now,
            sent=sent,
        )
        self._decided[request.id] = decided
        self._decided.move_to_end(request.id, last=False)
        while len(self._decided) > MOST_DECIDED:
            self._decided.popitem()
        return decided

    def clear(self) -> None:
        """Forget all of them."""
        self._decided.clear()

    def text(self, request_id: str) -> str | None:
        """Return what came back; None where nothing did, or it is forgotten."""
        decided = self._decided.get(request_id)
        return None if decided is None or decided.sent.fate != "answered" else decided.sent.text

    def words(self) -> tuple[DecidedWords, ...]:
        """Return them as homes are told, the latest first."""
        return tuple(map(_words, self._decided.values()))


def _words(decided: Decided) -> DecidedWords:
    sent = decided.sent
    return DecidedWords(
        request_id=decided.request_id,
        satellite_id=decided.satellite_id,
        content=decided.content,
        destination_id=decided.destination_id,
        decided_at=decided.at.isoformat(timespec="seconds"),
        fate=sent.fate,
        reason=sent.reason,
        status=sent.status,
        sent_bytes=sent.sent_bytes,
        received_bytes=sent.received_bytes,
        has_answer=sent.fate == "answered",
    )
