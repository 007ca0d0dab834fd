"""Timers that outlast the program, kept by a real ledger."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from gateway.home.timers import Timers
from gateway.processes.ledger_words import AskTimers, KeepTimers
from gateway.server import timer_keeping as module
from gateway.server.timer_keeping import TimerKeeping
from gateway.timers import TimerFinished
from gateway.wire.ledger_words import ForgetTurns, LedgerDone
from gateway.wire.messages import Message
from tests.gateway.home.manual_clock import ManualClock
from tests.gateway.home.rooms import HOUSE, request
from tests.gateway.server.kept_ledger import USUAL, NotingLedger, real_ledger


class Program:
    """The timers of one run of the gateway."""

    def __init__(self, ledger: NotingLedger) -> None:
        self.clock = ManualClock()
        self.finished: list[TimerFinished] = []
        self.timers = Timers(self.clock, self.finished.append)
        self.keeping = TimerKeeping(self.timers, ledger)

    def set(self, name: str, **said: int) -> None:
        """Set a timer."""
        self.timers.perform(request("HassStartTimer", {"name": name, **said}), HOUSE)

    @property
    def names(self) -> list[str | None]:
        """Of what runs."""
        return [timer.name for timer in self.timers.running()]


@asynccontextmanager
async def running(ledger: NotingLedger) -> AsyncIterator[Program]:
    """Have a program run; what it has not handed over when the block ends is lost, as with a kill."""
    program = Program(ledger)
    program.keeping.start()
    try:
        yield program
    finally:
        await program.keeping.close()
        program.timers.close()


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so: a ledger has no event."""
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_what_runs_is_there_again_and_what_is_over_is_not(tmp_path: Path) -> None:
    async with real_ledger(tmp_path) as ledger:
        async with running(ledger) as program:
            program.set("egg", minutes=5)
            program.set("bread", hours=1)
            await until(lambda: len(ledger.ledger.timers()) == 2)
            program.clock.advance(300)
            await until(lambda: [timer.name for timer in ledger.ledger.timers()] == ["bread"])
        async with running(ledger) as after:
            await until(lambda: after.names == ["bread"])
            (bread,) = after.timers.running()
            assert 3_290 <= bread.left_s <= 3_300
            assert after.finished == []
            after.timers.cancel(bread.number)
            await until(lambda: ledger.ledger.timers() == ())


async def test_forgetting_everything_forgets_timers_here_and_there(tmp_path: Path) -> None:
    async with real_ledger(tmp_path) as ledger, running(ledger) as program:
        program.set("egg", minutes=5)
        await until(lambda: len(ledger.ledger.timers()) == 1)
        ledger.forget(everything=False)
        assert program.names == ["egg"]
        await ledger.ask(ForgetTurns(id=1, everything=True), by="home")
        assert program.names == []
        assert ledger.ledger.timers() == ()
        program.clock.advance(600)
        assert program.finished == []


async def test_nothing_is_kept_before_what_was_kept_is_back_and_a_ledger_that_comes_later_gets_all(
    tmp_path: Path,
) -> None:
    async with real_ledger(tmp_path) as ledger:
        async with running(ledger) as program:
            program.set("egg", minutes=5)
            await until(lambda: len(ledger.ledger.timers()) == 1)
        ledger.asked.clear()
        ledger.kept = msgspec.structs.replace(USUAL, is_there=False)
        async with running(ledger) as after:
            after.set("bread", hours=1)
            await asyncio.sleep(0.01)
            assert (ledger.asked, after.names) == ([], ["bread"])
            ledger.change(kept=USUAL)
            await until(lambda: len(ledger.ledger.timers()) == 2)
            assert after.names == ["bread", "egg"]
            assert isinstance(ledger.asked[0][0], AskTimers)


async def test_a_ledger_that_began_anew_is_told_what_runs(tmp_path: Path) -> None:
    async with real_ledger(tmp_path) as ledger, running(ledger) as program:
        program.set("egg", minutes=5)
        await until(lambda: len(ledger.ledger.timers()) == 1)
        ledger.ledger.keep_timers(())
        ledger.change()
        await until(lambda: len(ledger.ledger.timers()) == 1)


async def test_a_ledger_that_refuses_is_asked_again_with_what_runs_by_then(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "AGAIN_S", 0.01)
    ledger = NotingLedger()
    kept: list[KeepTimers] = []

    def answers(question: Message) -> tuple[Message, bytes]:
        if isinstance(question, KeepTimers):
            kept.append(question)
        program.set("egg", minutes=5)
        return LedgerDone(id=1, error="" if len(kept) >= 3 else "too_many"), b""

    async with running(ledger) as program:
        await until(lambda: len(ledger.asked) > 2)
        assert caplog.messages == ["timers are not kept yet: away"]
        ledger.answers = lambda _: (LedgerDone(id=1), b"")
        await until(lambda: isinstance(ledger.asked[-1][0], KeepTimers))
        ledger.answers = answers
        program.set("bread", hours=1)
        await until(lambda: len(kept) >= 3)
    assert [len(one.timers) for one in kept[:3]] == [1, 2, 3]
    assert caplog.messages.count("timers are not kept yet: too_many") == 1
