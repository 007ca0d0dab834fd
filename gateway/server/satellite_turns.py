"""What one satellite's turns leave for the ledger: a row of each, and the sound of what was said where that is kept."""

from collections.abc import Callable
from datetime import UTC, datetime

from gateway.events import Event
from gateway.ledger.rows import TurnRow
from gateway.server.services import Ledger
from gateway.server.turn_rows import TurnRows


class SatelliteTurns:
    """Takes what happens at one satellite, as `TurnRows` does."""

    def __init__(self, satellite_id: str, ledger: Ledger, area_id: Callable[[], str | None]) -> None:
        """`area_id` is where the satellite stands."""
        self._ledger = ledger
        self._rows = TurnRows(satellite_id, self._keep, area_id=area_id, now=lambda: datetime.now(UTC))
        self._pcm = b""

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        self._rows(event)

    def began(self, wake_word: str) -> None:
        """Take what the turn began with; an empty word where it needed none."""
        self._rows.began(wake_word)

    def heard(self, pcm: bytes) -> None:
        """Take the sound of what is said; it is held until the turn is over, and only where recordings are kept."""
        self._pcm = pcm if self._ledger.kept.audio_s is not None else b""

    def over(self) -> None:
        """Know that the turn is over, cut short or not."""
        self._rows.finish()
        self._pcm = b""

    def forget(self) -> None:
        """Keep nothing of the turn that is under way: another satellite's, or said before everything was forgotten."""
        self._rows.forget()
        self._pcm = b""

    def _keep(self, row: TurnRow) -> None:
        """Have a turn remembered; the sound of one in which nothing was said to us is nobody's business."""
        self._ledger.keep(row, self._pcm if row.hypotheses else b"")
        self._pcm = b""
