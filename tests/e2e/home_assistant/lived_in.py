"""A gateway that a household has lived with: ten thousand turns are remembered before it serves for the first time."""

from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Final

from gateway.events import Outcome
from gateway.ledger.ledger import Ledger
from gateway.ledger.rows import TurnRow, new_id

TURNS: Final = 10_000
DAYS: Final = 6
"""What is remembered is kept for seven, as it comes."""
SAID: Final[tuple[tuple[str, str, dict[str, str | int], str, Outcome], ...]] = (
    ("turn on the kitchen light", "HassTurnOn", {"name": "Kitchen"}, "Turned on the light", Outcome.ACTION),
    ("what time is it", "HassGetCurrentTime", {}, "A quarter past nine", Outcome.ANSWER),
    ("set a timer for five minutes", "HassStartTimer", {"minutes": 5}, "Timer set for 5 minutes", Outcome.ACTION),
    ("turn off the desk lamp", "HassTurnOff", {"name": "Desk lamp"}, "Turned off the light", Outcome.ACTION),
)


def live_in(gateway: Path) -> None:
    """Remember the turns of some days, in the folder that `serving` will serve from; the latest was a day ago."""
    ledger = Ledger(gateway / "data/local-voice/gateway/ledger")
    now = datetime.now(UTC)
    try:
        for number, (text, intent, slots, reply, outcome) in zip(reversed(range(TURNS)), cycle(SAID), strict=False):
            row = TurnRow(
                id=new_id(),
                at=now - timedelta(days=1) - number * timedelta(days=DAYS - 1) / TURNS,
                satellite_id="hallway",
                area_id="kitchen" if number % 3 else "office",
                outcome=outcome,
                heard=text,
                used=text,
                why="that is the likeliest reading, and it means something here",
                intent=intent,
                slots=slots,
                reply=reply,
                stages_ms={"endpoint": 480.0, "stt": 700.0 + number % 90, "intent": 710.0 + number % 90},
            )
            ledger.record(row)
    finally:
        ledger.close()
