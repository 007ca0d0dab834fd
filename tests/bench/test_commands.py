from pathlib import Path

import pytest

from bench.commands import Case, Verdict, rate, rate_by_sentence
from bench.manifest import Recording
from gateway.events import Intent, Slots


def case(said: str, name: str = "HassTurnOn", slots: Slots | None = None) -> Case:
    """Return a recording of `said`, which means turning the lamp on, and was understood as `name` with `slots`."""
    return Case(
        recording=Recording(
            path=Path("a.wav"), name="a.wav", kind="command", language="en", label="", transcript=said, is_human=True
        ),
        meant=Intent(name="HassTurnOn", slots={"name": "lamp"}),
        heard=said,
        name=name,
        slots={"name": "lamp"} if slots is None else slots,
    )


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (case("on"), Verdict.RIGHT),
        (case("on", slots={"name": "fan"}), Verdict.WRONG),
        (case("on", slots={}), Verdict.WRONG),
        (case("on", "HassTurnOff"), Verdict.WRONG),
        (case("on", "", {}), Verdict.REFUSED),
    ],
)
def test_right_is_the_same_intent_with_the_same_slots(found: Case, verdict: Verdict) -> None:
    assert found.verdict is verdict


def test_a_sentence_that_was_recorded_often_counts_once_among_sentences() -> None:
    cases = [case("Turn on the lamp."), case("turn on the lamp"), case("Turn on THE lamp!"), case("lamp on", "")]
    assert rate(cases) == 0.75
    assert rate_by_sentence(cases) == 0.5


def test_nothing_is_not_right() -> None:
    assert rate([]) == rate_by_sentence([]) == 0
