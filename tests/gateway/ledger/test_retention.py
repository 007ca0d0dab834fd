"""How long a row and its clip are kept."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import ConfigError
from gateway.ledger.retention import (
    DAY_S,
    HOUR_S,
    LONGEST_AUDIO_S,
    LONGEST_FALSE_WAKES_S,
    LONGEST_TRANSCRIPTS_S,
    Retention,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_without_a_choice_transcripts_stay_for_a_week_false_wakes_for_a_minute_and_audio_not_at_all() -> None:
    usual = Retention()
    assert usual.keep_until("turn", NOW) == NOW + timedelta(days=7)
    assert usual.keep_until("false_wake", NOW) == NOW + timedelta(seconds=60)
    assert usual.clip_until("turn", NOW) is None
    assert usual.clip_until("false_wake", NOW) is None


def test_who_keeps_no_transcripts_keeps_nothing() -> None:
    nothing = Retention(transcripts_s=None, audio_s=DAY_S)
    for kind in ("turn", "false_wake"):
        assert nothing.keep_until(kind, NOW) is None
        assert nothing.clip_until(kind, NOW) is None


def test_a_clip_never_outlives_its_row() -> None:
    retention = Retention(transcripts_s=HOUR_S, audio_s=30 * DAY_S)
    assert retention.clip_until("turn", NOW) == retention.keep_until("turn", NOW) == NOW + timedelta(hours=1)
    assert retention.clip_until("false_wake", NOW) == NOW + timedelta(seconds=60)


def test_a_clip_may_go_before_its_row() -> None:
    retention = Retention(audio_s=HOUR_S)
    assert retention.clip_until("turn", NOW) == NOW + timedelta(hours=1)
    assert retention.keep_until("turn", NOW) == NOW + timedelta(days=7)


def test_a_false_wake_is_never_kept_longer_than_a_turn() -> None:
    retention = Retention(transcripts_s=HOUR_S, false_wakes_s=LONGEST_FALSE_WAKES_S)
    assert retention.keep_until("false_wake", NOW) == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("transcripts_s", "audio_s", "false_wakes_s"),
    [
        (HOUR_S - 1, None, 60),
        (LONGEST_TRANSCRIPTS_S + 1, None, 60),
        (DAY_S, HOUR_S - 1, 60),
        (DAY_S, LONGEST_AUDIO_S + 1, 60),
        (DAY_S, None, 0),
        (DAY_S, None, LONGEST_FALSE_WAKES_S + 1),
    ],
)
def test_a_time_that_is_not_allowed_is_refused(transcripts_s: int, audio_s: int | None, false_wakes_s: int) -> None:
    with pytest.raises(ConfigError, match=r"are kept for 1 [hs] to (365 d|30 d|1 h), not for \d+ [dhs]"):
        Retention(transcripts_s=transcripts_s, audio_s=audio_s, false_wakes_s=false_wakes_s)


def test_the_longest_and_the_shortest_times_are_allowed() -> None:
    longest = Retention(
        transcripts_s=LONGEST_TRANSCRIPTS_S, audio_s=LONGEST_AUDIO_S, false_wakes_s=LONGEST_FALSE_WAKES_S
    )
    assert longest.keep_until("turn", NOW) == NOW + timedelta(days=365)
    assert longest.clip_until("turn", NOW) == NOW + timedelta(days=30)
    shortest = Retention(transcripts_s=HOUR_S, audio_s=HOUR_S, false_wakes_s=1)
    assert shortest.keep_until("false_wake", NOW) == NOW + timedelta(seconds=1)
