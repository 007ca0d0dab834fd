"""How long what is remembered is kept. A clip goes with its row: what nobody can find must not lie about."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.errors import ConfigError

HOUR_S: Final = 3_600
DAY_S: Final = 24 * HOUR_S
SHORTEST_S: Final = HOUR_S
"""Of transcripts and of audio: what is kept for less is hardly ever looked at; who wants less keeps nothing."""
LONGEST_TRANSCRIPTS_S: Final = 365 * DAY_S
LONGEST_AUDIO_S: Final = 30 * DAY_S
SHORTEST_FALSE_WAKES_S: Final = 1
LONGEST_FALSE_WAKES_S: Final = HOUR_S
"""Nobody spoke to us: nobody expects that any of it is kept."""
USUAL_TRANSCRIPTS_S: Final = 7 * DAY_S
USUAL_FALSE_WAKES_S: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What the owner chose; without a choice: transcripts for seven days, no audio, false wakes for a minute."""

    transcripts_s: int | None = USUAL_TRANSCRIPTS_S
    """None where nothing of any turn is to be kept."""
    audio_s: int | None = None
    """None where no recordings are to be kept."""
    false_wakes_s: int = USUAL_FALSE_WAKES_S

    def __post_init__(self) -> None:
        """Raise ConfigError for a time that is not allowed."""
        _check("transcripts", self.transcripts_s, SHORTEST_S, LONGEST_TRANSCRIPTS_S)
        _check("recordings", self.audio_s, SHORTEST_S, LONGEST_AUDIO_S)
        _check("false wakes", self.false_wakes_s, SHORTEST_FALSE_WAKES_S, LONGEST_FALSE_WAKES_S)

    def row_s(self, kind: str) -> int | None:
        """Return for how long a row is kept; None where it is not. A false wake is never kept longer than a turn."""
        if self.transcripts_s is None or kind != "false_wake":
            return self.transcripts_s
        return min(self.false_wakes_s, self.transcripts_s)

    def clip_s(self, kind: str) -> int | None:
        """Return for how long a clip is kept, at most as long as its row; None where it is not."""
        row_s = self.row_s(kind)
        return None if row_s is None or self.audio_s is None else min(row_s, self.audio_s)

    def keep_until(self, kind: str, now: datetime) -> datetime | None:
        """Return when a row that is made `now` has to go; None where it is not to be kept at all."""
        return _after(now, self.row_s(kind))

    def clip_until(self, kind: str, now: datetime) -> datetime | None:
        """Return when a clip that is made `now` has to go; None where it is not to be kept at all."""
        return _after(now, self.clip_s(kind))


def _after(now: datetime, kept_s: int | None) -> datetime | None:
    return None if kept_s is None else now + timedelta(seconds=kept_s)


def _check(name: str, kept_s: int | None, shortest_s: int, longest_s: int) -> None:
    if kept_s is not None and not shortest_s <= kept_s <= longest_s:
        raise ConfigError(f"{name} are kept for {_told(shortest_s)} to {_told(longest_s)}, not for {_told(kept_s)}")


def _told(kept_s: int) -> str:
    units = ((DAY_S, "d"), (HOUR_S, "h"), (1, "s"))
    unit_s, name = next((each_s, name) for each_s, name in units if kept_s % each_s == 0)
    return f"{kept_s // unit_s} {name}"
