from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import pytest

from gateway.errors import ProtocolError
from gateway.wire.moments import moment, moment_of

NOW: Final = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", None),
        ("2026-11-22T18:30:00", NOW),
        ("2026-11-22T18:30:00Z", NOW),
        ("2026-11-22T19:30:00+01:00", NOW),
    ],
)
def test_a_point_in_time(text: str, at: datetime | None) -> None:
    assert moment_of(text) == at
    assert moment_of(moment(at)) == at


def test_a_point_in_time_travels_in_utc() -> None:
    assert moment(NOW.astimezone(timezone(timedelta(hours=5)))) == "2026-11-22T18:30:00+00:00"


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "0001-01-01T00:00:00+23:00", "1"])
def test_what_is_no_point_in_time(text: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        moment_of(text)
    assert refused.value.refusal == "malformed"
