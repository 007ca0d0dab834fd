"""How often something happened since midnight, in a form that survives a restart."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Self, override

from homeassistant.helpers.restore_state import ExtraStoredData


@dataclass(frozen=True, slots=True)
class DayCount(ExtraStoredData):
    """A count, and the day that it belongs to."""

    day: date
    count: int = 0

    @override
    def as_dict(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {"day": self.day.isoformat(), "count": self.count}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Self | None:
        """Return what was stored; None for what is none."""
        try:
            return cls(date.fromisoformat(stored["day"]), int(stored["count"]))
        except KeyError, TypeError, ValueError:
            return None
