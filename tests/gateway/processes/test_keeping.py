"""A process that is kept alive."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from gateway.errors import ProcessError
from gateway.processes import keeping
from gateway.processes.keeping import LONGEST_PAUSE_S, MOST_QUICK, QUICK_PAUSE_S, Lives


class Clock:
    """Time that passes only where somebody waits, or lives."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1_000.0
        self.pauses_s: list[float] = []
        monkeypatch.setattr(keeping, "monotonic", lambda: self.now_s)
        monkeypatch.setattr(asyncio, "sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.pauses_s.append(seconds)
        self.now_s += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def living(clock: Clock, lives: Lives, *seconds: float) -> Callable[[], Awaitable[str]]:
    """Return what serves for so many seconds each time, and then never again."""
    left = list(seconds)

    async def live() -> str:
        if not left:
            raise asyncio.CancelledError
        lives.serving()
        clock.now_s += left.pop(0)
        return "ended by itself (signal 9)"

    return live


async def kept(lives: Lives, live: Callable[[], Awaitable[str]]) -> None:
    with pytest.raises(asyncio.CancelledError):
        await lives.keep(live)


async def test_one_that_is_not_needed_is_tried_for_ever_and_how_it_fails_is_told_once(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    lives = Lives("ledger", is_needed=False)
    ends = [ProcessError("a newer version made it")] * 9 + [ProcessError("killed")] * 3

    async def live() -> str:
        if not ends:
            raise asyncio.CancelledError
        raise ends.pop(0)

    await kept(lives, live)
    assert [message.partition(";")[0] for message in caplog.messages] == [
        "ledger: a newer version made it",
        "ledger: killed",
    ]
    assert clock.pauses_s[-1] == LONGEST_PAUSE_S


async def test_what_ends_is_started_again_at_once_some_times_and_then_later_and_later(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    lives = Lives("voice")
    with caplog.at_level(logging.INFO):
        await kept(lives, living(clock, lives, *[1.0] * (MOST_QUICK + 8)))
    assert clock.pauses_s == [*[QUICK_PAUSE_S] * MOST_QUICK, 2, 4, 8, 16, 32, *[LONGEST_PAUSE_S] * 3]
    assert QUICK_PAUSE_S < 0.5
    assert "voice: ended by itself (signal 9); it is started again" in caplog.messages
    assert "voice: ended by itself (signal 9); it is started again in 2 s" in caplog.messages
    assert "voice: serving again after 0.1 s" in caplog.messages


async def test_who_has_served_for_a_while_is_started_again_at_once(clock: Clock) -> None:
    lives = Lives("voice")
    await kept(lives, living(clock, lives, *[1.0] * 8, 61.0, 1.0))
    assert clock.pauses_s[-3:] == [8, QUICK_PAUSE_S, QUICK_PAUSE_S]


async def test_what_never_served_because_of_an_error_is_not_tried_again(clock: Clock) -> None:
    async def live() -> str:
        raise ProcessError("no model")

    lives = Lives("voice")
    with pytest.raises(ProcessError, match="no model"):
        await lives.keep(live)
    assert not lives.has_served.is_set()
    assert clock.pauses_s == []


async def test_what_ends_again_and_again_and_has_never_served_is_given_up(clock: Clock) -> None:
    async def live() -> str:
        return "ended by itself (exit code 1)"

    with pytest.raises(ProcessError, match=r"voice: ended by itself \(exit code 1\), again and again"):
        await Lives("voice").keep(live)
    assert clock.pauses_s == [QUICK_PAUSE_S] * MOST_QUICK


async def test_what_served_once_is_tried_again_whatever_it_says(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    lives = Lives("voice")
    lives.serving()
    errors = [ProcessError("no model")] * 3

    async def live() -> str:
        if not errors:
            raise asyncio.CancelledError
        raise errors.pop()

    await kept(lives, live)
    assert clock.pauses_s == [QUICK_PAUSE_S] * 3
    assert caplog.messages == ["voice: no model; it is started again"] * 3
