"""Points in time as they travel on the ledger's words: ISO 8601, UTC."""

from datetime import UTC, datetime

from gateway.errors import ProtocolError


def moment(at: datetime | None) -> str:
    """Return a point in time as it travels; empty for none."""
    return "" if at is None else at.astimezone(UTC).isoformat()


def moment_of(text: str) -> datetime | None:
    """Return a point in time; None where none is said. One without a zone is UTC. Raises ProtocolError."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ProtocolError("malformed", "a point in time is written like 2026-11-22T18:30:00+00:00") from error
