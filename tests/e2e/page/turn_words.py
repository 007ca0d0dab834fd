"""One turn and what is answered about it, as the gateway tells it."""

import math
import struct
from collections.abc import Sequence
from typing import Any, Final

from tests.e2e.page.opened_page import Words, turn

RATE_HZ: Final = 16_000
RULE_ID: Final = "ab" * 16
NOTHING: Final = {"text": "turn on the lump", "intent": "", "slots": {}, "entity_id": ""}
LAMP_ON: Final = {
    "text": "turn on the lamp", "intent": "HassTurnOn", "slots": {"name": "Lamp"}, "entity_id": "light.lamp",
}  # fmt: skip
THINGS: Final = [
    {"entity_id": "light.lamp", "name": "Lamp", "area_id": "kitchen"},
    {"entity_id": "light.desk", "name": "Desk light", "area_id": "bed"},
    {"entity_id": "cover.blind", "name": "Blind", "area_id": "kitchen"},
    {"entity_id": "event.bell", "name": "Bell", "area_id": None},
]


def misheard(**other: Any) -> Words:
    """Return a turn in which "lamp" was heard as "lump", which means nothing."""
    words = {
        "outcome": "not_understood", "heard": "turn on the lump", "used": "", "intent": "", "slots": {}, "changes": [],
        "hypotheses": [
            {"text": "turn on the lump", "score": -0.2}, {"text": "turn on the land", "score": -1.2},
        ],
        "reply": "Sorry, I couldn't understand that",
        "why": 'heard "turn on the lump"; no reading of it means anything that can be done here',
        "stages_ms": {"endpoint": 480.0, "stt": 790.0, "intent": 850.0, "first_sound": 990.0},
    }  # fmt: skip
    return turn(1, **words | other)


def correction(**other: Any) -> Words:
    """Return what that turn was corrected to."""
    words = {
        "meant": "turn on the lamp", "meaning": LAMP_ON, "corrected_at": "2026-11-03T12:00:00+00:00",
        "rule_id": RULE_ID, "by": "ada",
    }  # fmt: skip
    return words | other


def corrected(**other: Any) -> Words:
    """Return what a correction comes to."""
    words = {
        "rule": {
            "rule_id": RULE_ID, "kind": "words", "said": "the lump", "meant": "the lamp", "entity_id": "",
            "language": "en", "made_at": "2026-11-03T12:00:00+00:00", "turn_id": f"{1:032x}", "by": "ada",
        },
        "before": NOTHING, "after": LAMP_ON, "from_sound": True, "replayed": 212, "harmed": [], "harmed_count": 0,
        "is_kept": False,
    }  # fmt: skip
    return words | other


def tuning(**other: Any) -> Words:
    """Return how eagerly a satellite wakes."""
    words = {
        "satellite_id": "s1", "sensitivity": 45, "is_own": True, "false_wakes": 3, "real_wakes": 40, "options": [],
        "suggested": None, "is_changed": True,
    }  # fmt: skip
    return words | other


class Remembered:
    """Answers with these turns; a test may put others in their places."""

    def __init__(self, turns: Sequence[Words]) -> None:
        self.turns = list(turns)

    def __call__(self, asked: Words) -> Words:
        ids = asked.get("selection", {}).get("turn_ids")
        turns = [one for one in self.turns if ids is None or one["turn_id"] in ids]
        return {"turns": turns, "before": None, "unreadable": 0}


def wav(seconds: float) -> bytes:
    """Return a tone as the gateway's recordings are."""
    count = int(seconds * RATE_HZ)
    pcm = b"".join(struct.pack("<h", int(9_000 * math.sin(at / 9))) for at in range(count))
    head = struct.pack("<IHHIIHH", 16, 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16)
    body = b"WAVEfmt " + head + b"data" + struct.pack("<I", len(pcm)) + pcm
    return b"RIFF" + struct.pack("<I", len(body)) + body
