from typing import Any

import pytest

from gateway.processes.ledger_words import MarkTurn, WakeWords
from gateway.server.learning import tuning
from gateway.server.tuning import FEWEST_REAL_WAKES, LOWEST_TUNED, would_wake
from gateway.turn.wake import Thresholds
from gateway.wire.learning_words import AskTuning, MarkWake, SetSensitivity, Tuning
from tests.gateway.server.remembering import RememberedTurns, turn

CLEAR = WakeWords(wake_word="alexa", score=0.99, second_score=0.95, verdict="real")
DOUBTFUL = WakeWords(wake_word="alexa", score=0.8, second_score=0.4, verdict="false")
UNKNOWN = WakeWords(wake_word="alexa", score=0.5, second_score=0.4)
WOKEN = turn("", kind="false_wake", wake_word="alexa", wake_score=0.6, second_score=0.5)


def ledger(*wakes: WakeWords, **more: Any) -> RememberedTurns:
    return RememberedTurns([WOKEN], wakes=wakes, **more)


async def asked(there: RememberedTurns, *, usual: int = 50) -> Tuning:
    return await tuning(AskTuning(id=7, satellite_id="shelf"), by="home", ledger=there, usual=usual)


async def marked(
    there: RememberedTurns, *, is_false: bool = True, usual: int = 50, of_user: str | None = None
) -> Tuning:
    question = MarkWake(id=7, turn_id=WOKEN.turn_id, is_false=is_false, user_id="anna", of_user=of_user)
    return await tuning(question, by="home", ledger=there, usual=usual)


@pytest.mark.parametrize(
    ("wake", "sensitivity", "wakes"),
    [
        (WakeWords(wake_word="alexa", score=0.6, second_score=0.4), 50, True),
        (WakeWords(wake_word="alexa", score=0.19, second_score=0.9), 50, False),
        (WakeWords(wake_word="alexa", score=0.9, second_score=0.04), 50, False),
        (WakeWords(wake_word="alexa", score=0.5, second_score=0.4), 50, False),
        (WakeWords(wake_word="alexa", score=0.3, second_score=0.8), 50, True),
        (WakeWords(wake_word="alexa", score=0.5), 50, True),
        (WakeWords(wake_word="alexa", score=0.5), 45, False),
        (WakeWords(wake_word="okay_nabu", score=0.98, second_score=0.0), 50, True),
        (WakeWords(wake_word="okay_nabu", score=0.96, second_score=0.0), 50, False),
        (WakeWords(wake_word="okay_nabu", score=0.98, second_score=0.0), 0, False),
        (WakeWords(wake_word="unheard_of", score=0.6, second_score=0.4), 50, True),
    ],
)
def test_a_wake_is_judged_by_the_thresholds_of_its_word(wake: WakeWords, sensitivity: int, wakes: bool) -> None:
    assert would_wake(wake, sensitivity) is wakes


async def test_every_sensitivity_is_shown_with_what_it_would_have_spared_and_cost() -> None:
    told = await asked(ledger(CLEAR, CLEAR, DOUBTFUL, UNKNOWN))
    assert (told.satellite_id, told.sensitivity, told.is_own) == ("shelf", 50, False)
    assert (told.real_wakes, told.false_wakes, told.is_changed, told.error) == (2, 1, False, "")
    assert [option.sensitivity for option in told.options] == list(range(0, 101, 5))
    by = {option.sensitivity: (option.false_wakes, option.missed) for option in told.options}
    assert (by[100], by[50], by[35], by[0]) == ((1, 0), (1, 0), (0, 0), (0, 0))
    assert told.suggested == 35, "the most eager one that spares it"


async def test_nothing_is_suggested_that_costs_a_real_wake_or_spares_none() -> None:
    soft = WakeWords(wake_word="alexa", score=0.8, second_score=0.4, verdict="real")
    assert (await asked(ledger(soft, DOUBTFUL))).suggested is None
    certain = WakeWords(wake_word="alexa", score=0.99, second_score=0.99, verdict="false")
    assert (await asked(ledger(CLEAR, certain))).suggested is None
    assert (await asked(ledger())).suggested is None


async def test_a_wake_that_is_missed_already_costs_nothing_more() -> None:
    faint = WakeWords(wake_word="alexa", score=0.15, second_score=0.3, verdict="real")
    told = await asked(ledger(CLEAR, faint, DOUBTFUL))
    assert told.suggested == 35


async def test_a_mark_makes_a_satellite_less_eager_where_enough_is_known() -> None:
    there = ledger(*[CLEAR] * FEWEST_REAL_WAKES, DOUBTFUL)
    told = await marked(there)
    assert (told.is_changed, told.sensitivity, told.is_own, told.suggested) == (True, 35, True, None)
    (mark,) = there.of(MarkTurn)
    assert mark == MarkTurn(id=7, turn_id=WOKEN.turn_id, is_false=True, user_id="anna")
    (change,) = there.of(SetSensitivity)
    assert change == SetSensitivity(id=7, satellite_id="shelf", sensitivity=35, user_id="anna")


async def test_where_little_is_known_it_is_only_shown() -> None:
    there = ledger(*[CLEAR] * (FEWEST_REAL_WAKES - 1), DOUBTFUL)
    told = await marked(there)
    assert (told.is_changed, told.sensitivity, told.suggested) == (False, 50, 35)
    assert not there.of(SetSensitivity)


async def test_a_mark_that_is_taken_back_changes_nothing_by_itself() -> None:
    there = ledger(*[CLEAR] * FEWEST_REAL_WAKES, DOUBTFUL)
    assert not (await marked(there, is_false=False)).is_changed
    assert not there.of(SetSensitivity)


async def test_a_satellite_of_its_own_is_tuned_from_there_and_never_made_deaf() -> None:
    there = ledger(*[CLEAR] * FEWEST_REAL_WAKES, DOUBTFUL, own={"shelf": 30})
    told = await marked(there)
    assert (told.sensitivity, told.is_own, told.is_changed) == (30, True, False), "it would not wake any more"
    loud = WakeWords(wake_word="x", score=0.86, second_score=0.9, verdict="false")
    certain = WakeWords(wake_word="x", score=1.0, second_score=1.0, verdict="real")
    there = ledger(*[certain] * FEWEST_REAL_WAKES, loud)
    told = await marked(there)
    by = {option.sensitivity: option.false_wakes for option in told.options}
    assert (by[LOWEST_TUNED - 15], by[LOWEST_TUNED]) == (0, 1)
    assert not told.is_changed, "only a person may make it that deaf"


async def test_thresholds_are_those_that_are_given() -> None:
    deaf = {"alexa": Thresholds(first=0.95, second=0.95)}
    told = await tuning(
        AskTuning(id=7, satellite_id="shelf"), by="home", ledger=ledger(CLEAR, DOUBTFUL), usual=50, thresholds=deaf
    )
    by = {option.sensitivity: (option.false_wakes, option.missed) for option in told.options}
    assert by[50] == (0, 0)


async def test_only_a_turn_that_began_with_a_wake_word_is_marked() -> None:
    plain = turn("typed")
    there = RememberedTurns([plain])
    question = MarkWake(id=7, turn_id=plain.turn_id)
    assert (await tuning(question, by="home", ledger=there, usual=50)).error == "malformed"
    assert (await marked(RememberedTurns())).error == "unknown_turn"
    assert (await marked(ledger(), of_user="anna")).error == "unknown_turn"
    assert not there.of(MarkTurn)


async def test_what_the_ledger_refuses_is_not_done() -> None:
    there = ledger(*[CLEAR] * FEWEST_REAL_WAKES, DOUBTFUL)
    there.refusals[SetSensitivity] = ("full", "so many satellites")
    assert (await marked(there)).error == "full"
    assert (await asked(ledger(is_away=True))).error == "away"
