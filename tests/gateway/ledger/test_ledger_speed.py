"""How long a person waits with ten thousand rows in the ledger."""

import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

import pytest

from gateway.ballast import Ballast
from gateway.events import Hypothesis
from gateway.ledger.ledger import Ledger
from gateway.ledger.selection import Selection
from tests.gateway.ledger.ledgers import BEGIN, Hands, opened, turn

ROWS: Final = 10_000
WORDS: Final = ("turn", "on", "the", "light", "in", "living", "room", "please", "set", "brightness", "to", "fifty")
PAGE_S, FILTER_S, SEARCH_S, DELETE_S = 0.2, 0.3, 1.0, 5.0


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    chance = random.Random(1)  # noqa: S311
    with pytest.MonkeyPatch.context() as patch, opened(tmp_path_factory.mktemp("ledger"), Hands()) as ledger:
        patch.setattr(Ballast, "refill", lambda _: None)
        assert ledger._database is not None
        ledger._database.execute("PRAGMA synchronous = OFF")
        for number in range(ROWS):
            said = [" ".join(chance.choices(WORDS, k=8)) for _ in range(10)]
            ledger.record(
                turn(
                    at=BEGIN - timedelta(seconds=number),
                    area_id=f"room {number % 7}",
                    outcome=chance.choice(("action", "answer", "error")),
                    heard=said[0],
                    used=said[1],
                    hypotheses=tuple(Hypothesis(text=text, score=-0.5) for text in said),
                    reply="zebra" if number == 3 else "Done.",
                )
            )
        ledger._database.execute("PRAGMA synchronous = FULL")
        yield ledger


def test_nobody_waits_long_with_ten_thousand_rows(ledger: Ledger, state: Callable[[str], None]) -> None:
    took_ms: dict[str, float] = {}

    def within(limit_s: float, name: str, do: Callable[[], int]) -> int:
        began = time.perf_counter()
        found = do()
        took_s = time.perf_counter() - began
        took_ms[name] = took_s * 1000
        assert took_s <= limit_s, name
        return found

    assert within(PAGE_S, "page", lambda: len(ledger.page(limit=200).entries)) == 200
    assert within(PAGE_S, "page in the middle", lambda: len(ledger.page(before=5_000, limit=200).entries)) == 200
    one_room = Selection(area_id="room 3", outcome="error")
    assert within(FILTER_S, "filter", lambda: len(ledger.page(one_room, limit=200).entries)) == 200
    a_minute = Selection(since=BEGIN - timedelta(seconds=9_059), until=BEGIN - timedelta(seconds=8_999))
    assert within(FILTER_S, "an early minute", lambda: len(ledger.page(a_minute, limit=200).entries)) == 60
    assert within(FILTER_S, "nothing", lambda: len(ledger.page(Selection(area_id="attic")).entries)) == 0
    assert within(SEARCH_S, "words", lambda: len(ledger.search("ZEBRA").entries)) == 1
    assert within(DELETE_S, "delete one room", lambda: ledger.delete(Selection(area_id="room 3")).count) == 1_429
    state(f"ledger of {ROWS} rows: " + ", ".join(f"{name} {ms:.0f} ms" for name, ms in took_ms.items()))
