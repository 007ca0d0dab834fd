"""What was deleted lately, so that a turn that was still on its way then does not come after all.

A turn is handed over when it is over, and once more where the ledger was away meanwhile. Whoever deletes a room's turns
means that one, too.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.events import Outcome
from gateway.ledger.rows import TurnRow
from gateway.ledger.selection import Selection

ON_ITS_WAY: Final = timedelta(minutes=5)
"""A turn takes a minute at most, and what was not acknowledged is sent again within another."""
MOST: Final = 64
"""Deletions that are remembered; of more within five minutes, the oldest are not."""


@dataclass(frozen=True, slots=True)
class _Deletion:
    selection: Selection
    at: datetime
    """By the wall clock."""


class Lately:
    """In memory only: after a restart, whoever hands turns over has been told what was deleted."""

    def __init__(self) -> None:
        self._deletions: deque[_Deletion] = deque(maxlen=MOST)

    def deleted(self, selection: Selection, at: datetime) -> None:
        """Remember what was deleted."""
        self._deletions.append(_Deletion(selection, at))

    def is_meant(self, row: TurnRow) -> bool:
        """Tell whether a turn that is handed over now began before a deletion that meant it.

        The turn by which somebody had it deleted stays: there is nothing in it but that.
        """
        return row.outcome != Outcome.FORGOTTEN and any(
            one.at - ON_ITS_WAY <= row.at <= one.at and one.selection.holds(row) for one in self._deletions
        )
