"""What the audit log says of requests to the cloud: who said yes, that bytes were about to leave, and what came of it.

`approve` and `send` are on disk before what they tell of. After a crash the log says so, and nothing is sent again.
"""

from datetime import date, datetime
from typing import Final

from gateway.broker.audit import Action
from gateway.broker.audit_rows import AuditRow, Detail
from gateway.broker.records import GATEWAY, Records
from gateway.broker.waiting import Request

ANSWERED: Final = "answered"
FAILED: Final = "failed"
"""It was sent, and no good answer came."""
NOT_SENT: Final = "not_sent"
"""It was approved, and nothing of it left."""
UNKNOWN: Final = "unknown"
"""The broker ended while it was being sent: none, some or all of it may have left."""


class ConsentRows:
    """Writes and reads those rows."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._month = ""
        self._days: dict[str, int] = {}
        self._counted_rows = 0

    def approved(self, request: Request, *, by: str, user: str) -> None:
        """Write down a yes, with which the request is consumed. Raises AuditError: it is not approved then."""
        detail: dict[str, Detail] = {
            "destination": request.destination.id,
            "host": request.destination.host,
            "content": request.outgoing.content.value,
            "bytes": len(request.outgoing.raw),
            "hash": request.hash.hex(),
            "key_version": request.destination.key_version,
            **({"user": user} if user else {}),
        }
        self._records.approve(by, request.id, **detail)

    def refused(self, request: Request, *, by: str, user: str) -> None:
        """Write down a no. Raises AuditError; it is a no all the same."""
        detail: dict[str, Detail] = {
            "destination": request.destination.id,
            "content": request.outgoing.content.value,
            "hash": request.hash.hex(),
            **({"user": user} if user else {}),
        }
        self._records.append(by, Action.REFUSE, request.id, is_urgent=True, **detail)

    def sends(self, request: Request, sent_bytes: int) -> None:
        """Write down that so many bytes leave next. Raises AuditError: they must not leave then."""
        self._records.append(GATEWAY, Action.SEND, request.id, bytes=sent_bytes)

    def resulted(self, request_id: str, outcome: str, *, reason: str = "", status: int = 0, received: int = 0) -> None:
        """Write down what became of a request that was approved. Raises AuditError."""
        told: dict[str, Detail] = {"reason": reason, "status": status, "received": received}
        detail = {name: value for name, value in told.items() if value}
        self._records.append(GATEWAY, Action.RESULT, request_id, is_urgent=True, outcome=outcome, **detail)

    def settle(self) -> int:
        """Say of each request that a crash cut short what is known of it; return how many.

        To be called before the broker's own start is written down. Raises AuditError.
        """
        sent: dict[str, bool] = {}
        done: set[str] = set()
        for row in self._since_start():
            match row.action:
                case Action.RESULT:
                    done.add(row.about)
                case Action.SEND:
                    sent[row.about] = True
                case Action.APPROVE:
                    sent.setdefault(row.about, False)
        open_requests = [request_id for request_id in sent if request_id not in done]
        for request_id in reversed(open_requests):
            self.resulted(request_id, UNKNOWN if sent[request_id] else NOT_SENT, reason="broker_ended")
        return len(open_requests)

    def sent(self, now: datetime) -> tuple[str, dict[str, int]]:
        """Return the month (UTC, `2026-11`), and how many bytes left the home on each day of it on which any did.

        The days are in order. Raises AuditError.
        """
        month = now.strftime("%Y-%m")
        if month != self._month:
            self._month, self._days, self._counted_rows = month, {}, 0
        size, days = self._records.audit.head.size, dict(self._days)
        for row in self._records.rows_back():
            if row.seq <= self._counted_rows:
                break
            if row.action == Action.SEND and row.at.startswith(month):  # between others: clocks are wrong at times
                day, new_bytes = _day(row.at), _number(row.detail.get("bytes"))
                if day and new_bytes > 0:
                    days[day] = days.get(day, 0) + new_bytes
        self._days = dict(sorted(days.items()))
        self._counted_rows = size
        return month, dict(self._days)

    def _since_start(self) -> list[AuditRow]:
        """Return the rows since the broker's last start, the latest first."""
        rows: list[AuditRow] = []
        for row in self._records.rows_back():
            if row.action == Action.START and row.about == "broker":
                break
            rows.append(row)
        return rows


def _day(at: str) -> str:
    """Return the day of a time (UTC, ISO 8601); nothing where somebody else wrote what is none."""
    try:
        return date.fromisoformat(at[: len("2026-11-22")]).isoformat()
    except ValueError:
        return ""


def _number(value: Detail | None) -> int:
    return value if isinstance(value, int) else 0
