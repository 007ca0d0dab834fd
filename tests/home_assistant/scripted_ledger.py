"""What a gateway says of what it remembers, as a script. Plain JSON, as on the wire."""

from collections.abc import Iterator
from typing import Any, Final

type Json = dict[str, Any]

DAY_S: Final = 24 * 3_600
TURN: Final = "0123456789abcdef0123456789abcdef"
RULE: Final = "fedcba9876543210fedcba9876543210"
CLIP: Final = b"\1\2" * 16_000
"""A second of what was said."""
PIECE_BYTES: Final = 8 * 1024 - 4
TURN_WORDS: Final[Json] = {
    "turn_id": TURN,
    "at": "2026-11-22T18:03:07+00:00",
    "satellite_id": "satellite-kitchen",
    "area_id": "kitchen",
    "outcome": "action",
    "heard": "turn on the lump",
    "used": "turn on the lamp",
}


class ScriptedLedger:
    """Attributes are the script: a test sets them, and has `kept` told."""

    def __init__(self) -> None:
        """Remember one turn for a week, and its recording not."""
        self.is_older = False
        """Whether none of this is known."""
        self.is_there = True
        self.transcripts_s: int | None = 7 * DAY_S
        self.audio_s: int | None = None
        self.false_wakes_s = 60
        self.deletions = 0
        self.error: Json = {}
        """Why nothing that is asked is done: `error` and `message`."""
        self.answers: dict[str, Json] = {}
        """What is answered to a type of question, besides the usual, or instead of it."""
        self.turns: list[Json] = [dict(TURN_WORDS)]
        self.clip = CLIP
        self.rate_hz = 16_000

    def kept(self) -> Json:
        """Return how long things are kept."""
        return {
            "type": "kept",
            "is_there": self.is_there,
            "transcripts_s": self.transcripts_s,
            "audio_s": self.audio_s,
            "false_wakes_s": self.false_wakes_s,
            "deletions": self.deletions,
        }

    def knows(self, kind: str) -> bool:
        """Tell whether this is a question to it."""
        return kind == "play_turn" or kind in _ANSWERED

    def answer(self, heard: Json) -> Iterator[Json | bytes]:
        """Return what is said to a question."""
        if self.is_older:
            yield {"type": "refused", "code": "unknown_type", "message": "no such message", "about": heard["type"]}
        elif heard["type"] == "play_turn":
            yield from self._play(heard["id"])
        else:
            done = {} if self.error else self._does(heard)
            answer = {"type": _ANSWERED[heard["type"]], "id": heard["id"], **done}
            yield answer | self.answers.get(heard["type"], {}) | self.error
            if self.error:
                return
            if heard["type"] == "change_kept":
                yield self.kept()
            if heard["type"] == "forget_turns":
                self.deletions += 1
                yield {"type": "something_forgotten", "everything": heard.get("everything", False)}
                yield self.kept()

    def _does(self, heard: Json) -> Json:
        if heard["type"] == "change_kept":
            self.transcripts_s, self.audio_s = heard["transcripts_s"], heard["audio_s"]
        if heard["type"] == "ask_turns":
            return {"turns": self.turns}
        if heard["type"] == "forget_turns":
            count, self.turns = len(self.turns), []
            return {"turns": count}
        return {}

    def _play(self, request_id: int) -> Iterator[Json | bytes]:
        if not self.error:
            yield {"type": "speaking", "id": request_id, "rate_hz": self.rate_hz}
            for start in range(0, len(self.clip), PIECE_BYTES):
                yield request_id.to_bytes(4) + self.clip[start : start + PIECE_BYTES]
        yield {"type": "spoken", "id": request_id, **self.error}


_ANSWERED: Final = {
    "ask_turns": "turns",
    "ask_stats": "stats",
    "forget_turns": "turns_forgotten",
    "correct_turn": "turn_corrected",
    "ask_rules": "rules",
    "remove_rule": "ledger_done",
    "mark_wake": "tuning",
    "ask_tuning": "tuning",
    "set_sensitivity": "ledger_done",
    "change_kept": "ledger_done",
}
"""What answers what."""
