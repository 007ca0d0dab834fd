"""What a gateway remembers, as a script: turns of several people, and answers to what is asked about them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tests.home_assistant.scripted_gateway import Json, Say, ScriptedGateway

KEPT: Final[Json] = {"type": "kept", "is_there": True, "transcripts_s": 604_800, "audio_s": 86_400}
OWN: Final = "0a" * 16
ANOTHERS: Final = "1b" * 16
NOBODYS: Final = "2c" * 16
"""Said at a satellite, which nobody logs in to."""
RULE_ID: Final = "3d" * 16
CANARY: Final = "gramophone quicksilver"
"""What was said: it must stand in no state, event or line of a log."""
CLIP: Final = b"\1\0\2\0" * 400
MEANING: Final[Json] = {"text": "turn on the lamp", "intent": "HassTurnOn", "slots": {}, "entity_id": "light.lamp"}
RULE: Final[Json] = {
    "rule_id": RULE_ID,
    "kind": "words",
    "said": CANARY,
    "meant": "turn on the lamp",
    "entity_id": "",
    "language": "en",
    "made_at": "2026-11-22T07:00:00+00:00",
    "turn_id": OWN,
    "by": "somebody",
}
ASKED: Final = frozenset(
    {
        "ask_turns",
        "play_turn",
        "ask_stats",
        "forget_turns",
        "correct_turn",
        "ask_rules",
        "remove_rule",
        "mark_wake",
        "ask_tuning",
        "set_sensitivity",
        "change_kept",
    }
)
"""All that can be asked of a ledger."""


class Remembered:
    """A gateway's memory. Turns that were forgotten are there again with the next question: it is a script."""

    def __init__(self, gateway: ScriptedGateway, owners: Mapping[str, str]) -> None:
        """`owners` has the user of each turn; none for what was said at a satellite."""
        self.owners = dict(owners)
        self.error: Json = {}
        """The `error` and `message` of every answer."""
        self._gateway = gateway
        for kind in ASKED:
            gateway.scripts[kind] = getattr(self, f"_to_{kind}")

    async def tell_kept(self, **changes: object) -> None:
        """Say how long things are kept."""
        await self._gateway.say({**KEPT, **changes})

    def asked(self) -> list[Json]:
        """Return everything that the gateway was asked about it."""
        return [message for message in self._gateway.heard if message["type"] in ASKED]

    def _known(self, asked: Json) -> list[str]:
        of_user = asked.get("of_user")
        return [turn_id for turn_id, owner in self.owners.items() if of_user in (None, owner)]

    def _answer(self, kind: str, asked: Json, **words: Any) -> Json:
        return {"type": kind, "id": asked["id"], **(self.error or words)}

    def _about(self, kind: str, asked: Json, **words: Any) -> Json:
        """Answer what is about one turn."""
        is_known = asked["turn_id"] in self._known(asked)
        return self._answer(kind, asked, **(words if is_known else {"error": "unknown_turn"}))

    def _to_ask_turns(self, asked: Json) -> Iterable[Say]:
        turns = [
            {"turn_id": turn_id, "at": "2026-11-22T07:00:00+00:00", "user_id": self.owners[turn_id], "heard": CANARY}
            for turn_id in self._known(asked)
        ]
        yield self._answer("turns", asked, turns=turns, before=17, unreadable=1)

    def _to_play_turn(self, asked: Json) -> Iterable[Say]:
        last = self._about("spoken", asked)
        if "error" not in last:
            yield {"type": "speaking", "id": asked["id"], "rate_hz": 16_000}
            yield asked["id"].to_bytes(4) + CLIP
        yield last

    def _to_ask_stats(self, asked: Json) -> Iterable[Say]:
        yield self._answer(
            "stats",
            asked,
            total={"turns": 3, "understood": 2},
            days=[{"day": "2026-11-22", "counts": {"turns": 3, "understood": 2}}],
            stages={"stt": {"turns": 3, "median_ms": 310.5, "p95_ms": 700.0}},
        )

    def _to_forget_turns(self, asked: Json) -> Iterable[Say]:
        named = asked.get("selection", {}).get("turn_ids")
        gone = [turn_id for turn_id in self._known(asked) if named is None or turn_id in named]
        yield self._answer("turns_forgotten", asked, turns=len(gone), clips=len(gone), rules=0)
        if gone:
            yield {"type": "something_forgotten", "everything": asked.get("everything", False)}

    def _to_correct_turn(self, asked: Json) -> Iterable[Say]:
        harmed = [{"turn_id": ANOTHERS, "heard": CANARY, "before": MEANING, "after": {}}]
        yield self._about(
            "turn_corrected",
            asked,
            rule=RULE,
            before={},
            after=MEANING,
            from_sound=True,
            replayed=2,
            harmed=harmed,
            harmed_count=1,
            is_kept=asked.get("keep", False),
        )

    def _to_ask_rules(self, asked: Json) -> Iterable[Say]:
        yield self._answer("rules", asked, rules=[RULE], before=5)

    def _to_mark_wake(self, asked: Json) -> Iterable[Say]:
        yield self._about("tuning", asked, satellite_id="satellite-kitchen", sensitivity=45, is_changed=True)

    def _to_ask_tuning(self, asked: Json) -> Iterable[Say]:
        option = {"sensitivity": 45, "false_wakes": 1, "missed": 2}
        yield self._answer("tuning", asked, satellite_id=asked["satellite_id"], options=[option], suggested=45)

    def _done(self, asked: Json) -> Iterable[Say]:
        yield self._answer("ledger_done", asked)

    _to_remove_rule = _done
    _to_set_sensitivity = _done
    _to_change_kept = _done
