"""A ledger of made-up turns in the gateway's place: it answers with pages of them, and forgets them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.e2e.page.opened_page import NOW_MS, Answer, AskError, Words, turn

NOW: Final = datetime.fromtimestamp(NOW_MS / 1_000, UTC)
OWN: Final = ("outcome", "kind", "area_id", "satellite_id")
"""Of a selection, what a turn has itself."""


@dataclass
class ManyTurns:
    """Turns, the newest first; each has its place for good, as on the gateway."""

    turns: list[Words] = field(default_factory=list)
    asked: list[Words] = field(default_factory=list)
    fails_with: AskError | None = None
    empty_pages: int = 0
    """How many pages of a search are empty before it has come to where its words are."""
    _places: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for one in reversed(self.turns):
            self._places[one["turn_id"]] = len(self._places)

    @property
    def answers(self) -> dict[str, Answer]:
        """Return the answers to the page's commands."""
        return {"ledger/turns": self.page, "ledger/forget": self.forget}

    def add(self, *turns: Words) -> None:
        """Have something said: the last of these is the newest."""
        for one in turns:
            self._places[one["turn_id"]] = len(self._places)
            self.turns.insert(0, one)

    def remove(self, *turn_ids: str) -> None:
        """Have turns forgotten."""
        self.turns = [one for one in self.turns if one["turn_id"] not in turn_ids]

    def page(self, asked: Words) -> Words | AskError:
        """Return a page; `before` is the place of the last turn of the page before."""
        self.asked.append(asked)
        if self.fails_with:
            return self.fails_with
        before = asked.get("before")
        if asked.get("words") and self.empty_pages:
            if before is None:
                return {"turns": [], "before": len(self._places), "unreadable": 0}
            self.empty_pages -= 1
            if self.empty_pages:
                return {"turns": [], "before": before, "unreadable": 0}
        found = self._selected(asked.get("selection", {}), asked.get("words", ""))
        found = [one for one in found if before is None or self._places[one["turn_id"]] < before]
        shown = found[: asked["limit"]]
        goes_on = len(found) > len(shown)
        return {
            "turns": shown, "before": self._places[shown[-1]["turn_id"]] if goes_on else None, "unreadable": 0,
        }  # fmt: skip

    def forget(self, asked: Words) -> Words:
        """Forget what is selected."""
        gone = self._selected(asked["selection"])
        self.remove(*(one["turn_id"] for one in gone))
        return {"turns": len(gone), "clips": 0, "rules": 0}

    def _selected(self, selection: Words, words: str = "") -> list[Words]:
        since, until = selection.get("since", ""), selection.get("until", "")
        if last_s := selection.get("last_s"):
            since = (NOW - timedelta(seconds=last_s)).isoformat()
        return [
            one
            for one in self.turns
            if all(selection.get(name) in (None, one[name]) for name in OWN)
            and ("turn_ids" not in selection or one["turn_id"] in selection["turn_ids"])
            and (not since or datetime.fromisoformat(one["at"]) >= datetime.fromisoformat(since))
            and (not until or datetime.fromisoformat(one["at"]) < datetime.fromisoformat(until))
            and ("corrected" not in selection or bool(one["correction"]) == selection["corrected"])
            and words in one["heard"]
        ]


def some_turns(count: int) -> list[Words]:
    """Return turns of many kinds, two minutes apart, the newest first; the first three are of this hour."""
    return [_kinds(number) for number in range(1, count + 1)]


def _kinds(number: int) -> Words:
    at = (NOW - timedelta(minutes=2 * number)).isoformat()
    common = {"at": at, "area_id": ("kitchen", "bed")[number // 5 % 2], "clip_until": ""}
    match number % 7:
        case 2:
            return turn(
                number, **common, heard="turn on the lamb", used="", intent="", outcome="not_understood", changes=[],
                reply="Sorry, I couldn't understand that",
            )  # fmt: skip
        case 3:
            return turn(
                number, **common, heard="what time is it", used="what time is it", outcome="answer", changes=[],
                reply="It is 11:54",
            )  # fmt: skip
        case 4:
            return turn(number, **common, heard="", used="", outcome="nothing_heard", kind="false_wake", reply="",
                        changes=[])  # fmt: skip
        case 5:
            return turn(
                number, **common, heard="who wrote the book about the white whale", used="", outcome="consent_asked",
                changes=[], reply="May I ask the cloud?",
            )  # fmt: skip
        case 6:
            said = {"heard": "turn on the kitchen lump", "correction": CORRECTION}
            return turn(number, **common | said | {"clip_until": "2026-11-10T12:00:00+00:00"})
        case _:
            return turn(number, **common)


CORRECTION: Final[Words] = {
    "meant": "turn on the kitchen light", "corrected_at": "2026-11-03T11:59:00+00:00",
    "rule_id": "ab" * 16, "by": "ada",
    "meaning": {"text": "turn on the kitchen light", "intent": "HassTurnOn", "slots": {}, "entity_id": "light.kitchen"},
}  # fmt: skip
