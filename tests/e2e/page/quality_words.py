"""What is told of how well it does, and of the rules of a household."""

from datetime import date, timedelta
from typing import Any, Final

from tests.e2e.page.opened_page import Answer, Words

TODAY: Final = date(2026, 11, 3)


def counts(turns: int = 0, **other: int) -> Words:
    """Return what happened in some time: where nothing else is said, each turn was understood."""
    words = {
        "turns": turns, "understood": turns, "not_understood": 0, "cloud": 0, "failed": 0, "false_wakes": 0,
        "corrected": 0,
    }  # fmt: skip
    return words | other


def stats(days: int = 30, **other: Any) -> Words:
    """Return how well it did: each day 8 turns, 6 of them understood; yesterday nobody was there."""
    told = [_day(days - 1 - number) for number in range(days)]
    spoken = sum(day["counts"]["turns"] > 0 for day in told)
    words = {
        "total": counts(8 * spoken, understood=6 * spoken, not_understood=1 * spoken, false_wakes=4, corrected=9),
        "days": told,
        "stages": {
            "first_sound": {"turns": 200, "median_ms": 520.0, "p95_ms": 1400.0},
            "endpoint": {"turns": 200, "median_ms": 480.0, "p95_ms": 620.0},
            "stt": {"turns": 200, "median_ms": 310.0, "p95_ms": 900.0},
        },
        "corrected": 9, "corrected_right": 8,
    }  # fmt: skip
    return words | other


def _day(ago: int) -> Words:
    day = (TODAY - timedelta(days=ago)).isoformat()
    if ago == 1:
        return {"day": day, "counts": counts(), "reply_ms": None, "corrected_right": 0}
    told = counts(8, understood=6, not_understood=1, false_wakes=ago % 9 // 8, corrected=ago % 5 // 4)
    return {"day": day, "counts": told, "reply_ms": 450.0 + 37 * (ago % 7), "corrected_right": ago % 10 // 9}


def rule(number: int = 1, **other: Any) -> Words:
    """Return a rule: how something is misheard here."""
    words = {
        "rule_id": f"{number:032x}", "kind": "words", "said": "the lump", "meant": "the lamp", "entity_id": "",
        "language": "en", "made_at": "2026-11-02T18:30:00+00:00", "turn_id": f"{number:032x}", "by": "ada",
    }  # fmt: skip
    return words | other


RULES: Final = (
    rule(1),
    rule(2, kind="alias", said="the big light", meant="", entity_id="light.ceiling", by="owner", turn_id=""),
    rule(3, kind="sentence", said="good night everybody", meant="turn off all lights in the bedroom", by="unknown"),
)
ANSWERS: Final[dict[str, Answer]] = {
    "ledger/stats": lambda asked: stats(asked["days"]),
    "ledger/rules": {"rules": list(RULES), "before": None},
}
