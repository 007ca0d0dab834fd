"""How the most that a gateway sustains is found, and what counts as sustained."""

from collections import deque

import pytest

from bench import hall as halls
from bench import scale
from bench.hall import MOST_WAIT_MS, Step
from bench.scale import GRAIN, MOST_STEPS
from gateway.wire.broker_words import MOST_PEERS


def step(satellites: int, *, wait_ms: float = 5.0, dropped: int = 0, lost: int = 0, cpu: float = 0.5) -> Step:
    return Step(
        satellites=satellites,
        cpu=cpu,
        queued=0.0,
        waits_ms=(wait_ms,) * 40,
        dropped=dropped,
        lost=lost,
        late_ms=1.0,
        mib=5.0 * satellites,
    )


class Hall:
    """A gateway of which we know what it sustains."""

    def __init__(self, most: int, each: float) -> None:
        self.most, self.each = most, each
        self.tried: list[int] = []

    def step(self, satellites: int, seconds: float) -> Step:
        del seconds
        self.tried.append(satellites)
        wait_ms = 5.0 if satellites <= self.most else 10 * MOST_WAIT_MS
        return step(satellites, wait_ms=wait_ms, cpu=min(satellites * self.each, 1.0))


@pytest.mark.parametrize(("most", "each"), [(70, 0.011), (100, 0.009), (40, 0.011), (128, 0.004), (120, 0.009)])
def test_the_most_is_found_in_a_few_steps_and_never_beyond_what_can_be_paired(most: int, each: float) -> None:
    hall = Hall(most, each)
    steps = scale._search(hall)  # type: ignore[arg-type]
    assert len(steps) <= MOST_STEPS
    assert max(hall.tried) <= MOST_PEERS
    found = scale._most(steps)
    assert 0.75 * most - GRAIN <= found <= most
    assert [one.satellites for one in steps] == sorted(one.satellites for one in steps)


def test_a_gateway_that_sustains_nothing_ends_the_search_as_well() -> None:
    steps = scale._search(Hall(0, 0.03))  # type: ignore[arg-type]
    assert scale._most(steps) == 0


@pytest.mark.parametrize(
    ("one", "is_sustained"),
    [
        (step(64), True),
        (step(64, dropped=1), False),
        (step(64, lost=1), False),
        (step(64, wait_ms=MOST_WAIT_MS + 1), False),
    ],
)
def test_sustained_is_where_nothing_is_dropped_nobody_goes_and_answers_come_soon(one: Step, is_sustained: bool) -> None:
    assert one.is_sustained is is_sustained


def test_what_was_dropped_and_heard_is_read_from_the_log_since_then() -> None:
    log = deque(["a: 5 frames were dropped", "b: 7 frames were dropped", "c: turn: action; ms: stt 412, intent 420"])
    assert halls._dropped(log, 1) == 7
    assert halls._transcripts_ms(log, 0) == (412.0,)
    assert halls._transcripts_ms(log, 3) == ()
