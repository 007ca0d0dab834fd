from itertools import count

import msgspec
import pytest

from gateway.engines.learned import LearnedUnderstanding
from gateway.rules import RuleKind
from gateway.server import accuracy
from gateway.server.accuracy import measured
from gateway.server.learning import stats
from gateway.server.meanings import meaning
from gateway.wire.learning_words import MeaningWords
from gateway.wire.ledger_words import AskStats, AskTurns, CountsWords, DayWords, Stats, Turns, TurnWords
from tests.gateway.server.remembering import RememberedTurns, asker, corrected, knows, rule, turn

ASKED = AskStats(id=7, days=3)
COUNTS = Stats(id=7, total=CountsWords(turns=9, understood=8))


def meant(sentence: str, *readings: str) -> TurnWords:
    return corrected(turn(*readings), sentence, meaning(knows(sentence).meanings[sentence]))


async def test_corrected_turns_are_tried_again_as_things_are() -> None:
    turns = [
        meant("turn on lamp", "turn on lamb"),
        turn("turn on radio"),
        meant("turn on radio", "turn on ratio"),
        meant("turn on lamp", "turn on lamp"),
    ]
    ledger = RememberedTurns(turns, stats=COUNTS)
    understanding = LearnedUnderstanding(knows("turn on lamp", "turn on radio"))
    told = await stats(ASKED, by="home", ledger=ledger, understanding=understanding)
    assert (told.total, told.corrected, told.corrected_right, told.error) == (COUNTS.total, 3, 1, "")
    assert ledger.of(AskStats) == [ASKED]
    understanding.use_rules([rule(RuleKind.WORDS, "lamb", "lamp")])
    told = await stats(ASKED, by="home", ledger=ledger, understanding=understanding)
    assert (told.corrected, told.corrected_right) == (3, 2)


async def test_what_was_meant_may_mean_something_else_by_now() -> None:
    then = MeaningWords(text="turn on lamp", intent="turn on", slots={"name": "old name"}, entity_id="light.lamp")
    renamed = corrected(turn("turn on lamp"), "turn on lamp", then)
    gone = corrected(turn("turn on sun"), "turn on sun", then)
    ledger = RememberedTurns([renamed, gone], stats=COUNTS)
    told = await stats(ASKED, by="home", ledger=ledger, understanding=LearnedUnderstanding(knows("turn on lamp")))
    assert (told.corrected, told.corrected_right) == (2, 1)


async def test_by_day_it_is_as_the_clocks_there_show_it() -> None:
    late = msgspec.structs.replace(meant("turn on lamp", "turn on lamp"), at="2026-11-21T23:30:00+00:00")
    days = tuple(DayWords(day=day, counts=CountsWords(corrected=1)) for day in ("2026-11-21", "2026-11-22"))
    ledger = RememberedTurns([late], stats=Stats(id=7, days=days))
    understanding = LearnedUnderstanding(knows("turn on lamp"))
    for zone, expected in (("UTC", [1, 0]), ("Europe/Berlin", [0, 1]), ("Nowhere/At all", [1, 0])):
        told = await measured(AskStats(id=7, zone=zone), asker(ledger), understanding)
        assert [day.corrected_right for day in told.days] == expected, zone


async def test_so_many_are_tried_for_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = RememberedTurns([meant("turn on lamp", "turn on lamp") for _ in range(9)], stats=COUNTS)
    understanding = LearnedUnderstanding(knows("turn on lamp"))
    seconds = count(step=4)
    told = await measured(ASKED, asker(ledger), understanding, clock=lambda: float(next(seconds)))
    assert (told.corrected, told.corrected_right) == (4, 4)
    monkeypatch.setattr(accuracy, "MOST_TRIED", 2)
    told = await measured(ASKED, asker(ledger), understanding)
    assert told.corrected == 2


async def test_a_turn_whose_correction_was_just_forgotten_does_not_count() -> None:
    class Forgetful(RememberedTurns):
        def _page(self, question: AskTurns) -> Turns:
            return msgspec.structs.replace(super()._page(question), turns=(turn("x"), *self.turns))

    ledger = Forgetful([meant("turn on lamp", "turn on lamp")], stats=COUNTS)
    told = await measured(ASKED, asker(ledger), LearnedUnderstanding(knows("turn on lamp")))
    assert told.corrected == 1
