"""How well it does: the ledger's counts, and how many of the turns that somebody corrected are understood right now."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from gateway.server.meanings import Learning, is_same, meaning, meaning_of, readings
from gateway.server.remembered import Asker
from gateway.wire.learning_words import CorrectionWords
from gateway.wire.ledger_words import AskStats, SelectionWords, Stats, TurnWords

MOST_TRIED: Final = 300
"""Corrected turns that are tried again, the newest: as many as there may be rules."""
TRYING_S: Final = 10.0
"""So long they are tried."""


async def measured(
    asked: AskStats, asker: Asker, understanding: Learning, *, clock: Callable[[], float] = monotonic
) -> Stats:
    """Return the counts, with the accuracy on corrected turns. Raises ProtocolError, LedgerError, EngineError."""
    stats = await asker.ask(asked, Stats)
    until_s = clock() + TRYING_S
    zone = _zone(asked.zone)
    tried = 0
    right: Counter[str] = Counter()
    before: int | None = None
    while tried < MOST_TRIED and clock() < until_s:
        page = await asker.page(SelectionWords(corrected=True), before=before)
        for turn in page.turns:
            if turn.correction is not None:
                tried += 1
                if await _is_right(turn, turn.correction, understanding):
                    right[datetime.fromisoformat(turn.at).astimezone(zone).date().isoformat()] += 1
        before = page.before
        if before is None:
            break
    days = tuple(msgspec.structs.replace(day, corrected_right=right[day.day]) for day in stats.days)
    return msgspec.structs.replace(stats, days=days, corrected=tried, corrected_right=right.total())


def _zone(name: str) -> tzinfo:
    """Return the zone, which the ledger knows; UTC where this process has no list of them."""
    try:
        return ZoneInfo(name)
    except ValueError, OSError, KeyError:
        return UTC


async def _is_right(turn: TurnWords, correction: CorrectionWords, understanding: Learning) -> bool:
    """Tell whether a corrected turn means what was meant: what that means now, or what it meant when it was said."""
    area_id = turn.area_id or None
    found = await meaning_of(readings(turn), understanding, area_id)
    intent = await understanding.match(correction.meant, area_id=area_id)
    return is_same(found, correction.meaning if intent is None else meaning(intent))
