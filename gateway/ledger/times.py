"""Points in time as the database holds them: whole microseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
SECOND_US: Final = 1_000_000


def in_us(time: datetime) -> int:
    """Return `time` in microseconds."""
    return (time - _EPOCH) // _MICROSECOND


def from_us(time_us: int) -> datetime:
    """Return the time that is `time_us` after 1970; the first or last there is where it is too far away."""
    try:
        return _EPOCH + timedelta(microseconds=time_us)
    except OverflowError:
        return _LAST if time_us > 0 else _FIRST


def duration_us(duration: timedelta) -> int:
    """Return `duration` in microseconds."""
    return duration // _MICROSECOND
