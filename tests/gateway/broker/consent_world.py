"""A broker's consent that can be killed, and a disk that fails, in a time of its own: for tests that go on for long.

Nothing in here waits: where an event loop would, its clock leaps.
"""

import asyncio
import inspect
import logging
import selectors
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import apsw

from gateway.broker.audit_chain import StoredRow
from gateway.broker.audit_rows import AuditRow, decoded
from gateway.errors import VoiceError
from gateway.wire.broker_words import AuditHead
from tests.gateway.broker.consenting import Consenting, chat_service, transcription_service, turns

IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - folders of our own in it
"""Where there is one; no test of these looks at what a power cut leaves."""


def fast_folder() -> str:
    """Make a folder on the quickest disk there is."""
    return tempfile.mkdtemp(prefix="consent-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None)


class _Leaping(selectors.SelectSelector):
    """Waits by turning its clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("nothing is ever going to happen")
        self.now_s += timeout
        return super().select(0)


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop without waiting."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now_s


class _Heard(logging.Handler):
    """Keeps what is logged."""

    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(self.format(record))


class World:
    """One gateway's consent from its first start to the end of the test, over crashes."""

    def __init__(self, template: Path) -> None:
        """Begin with a copy of `template` (`make_template`)."""
        self._root = Path(fast_folder())
        self._lives = 0
        self._is_dead = False
        self.failing = 0
        """So many of the next rows cannot be written."""
        self.unwritten: list[AuditRow] = []
        """Those that could not be."""
        self.logged: list[str] = []
        self.faults: list[str] = []
        """What nobody caught."""
        self._opened: list[tuple[LeapingLoop, Consenting]] = []
        self._handler = _Heard(self.logged)
        self._loggers = [logging.getLogger(name) for name in ("gateway", "asyncio")]
        self._levels = [(logger.level, logger.propagate) for logger in self._loggers]
        for logger in self._loggers:
            logger.addHandler(self._handler)
            logger.setLevel(logging.DEBUG)
            logger.propagate = False
        self.house: Consenting
        self._copy(template)
        self._open(None)

    @property
    def folder(self) -> Path:
        """Where it keeps its things now."""
        return self._root / str(self._lives)

    def run(self, act: Callable[[], object]) -> None:
        """Do something on the event loop, and let happen what it leads to without time."""

        async def done() -> None:
            try:
                outcome = act()
                if inspect.isawaitable(outcome):
                    await outcome
            finally:
                await turns()

        self._loop.run_until_complete(done())

    def die(self) -> None:
        """Be killed: of what happens from now on nothing is on disk. `crash` has to follow."""
        self._is_dead = True
        self._copy(self.folder)  # a killed process closes nothing

    def crash(self) -> None:
        """Lose everything that is not on disk, and start again."""
        if not self._is_dead:
            self.die()
        before, self._is_dead = self.house, False
        self._bury(self._loop, before)
        self._open(before)

    def restart(self) -> None:
        """End in good order, and start again."""
        before = self.house
        self.run(before.close)
        self._open(before)

    def close(self) -> None:
        """End the world."""
        for loop, house in reversed(self._opened):
            self._bury(loop, house)
        for logger, (level, propagates) in zip(self._loggers, self._levels, strict=True):
            logger.removeHandler(self._handler)
            logger.setLevel(level)
            logger.propagate = propagates
        shutil.rmtree(self._root)

    def _copy(self, folder: Path) -> None:
        self._lives += 1
        shutil.copytree(folder, self.folder, ignore=shutil.ignore_patterns("*-shm"))

    def _open(self, before: Consenting | None) -> None:
        self._loop = LeapingLoop()
        self._loop.set_exception_handler(lambda _, context: self.faults.append(str(context["message"])))
        while True:
            self.house = Consenting(self.folder)
            if before is not None:
                self.house.now, self.house.clock_s = before.now, before.clock_s
            self._opened.append((self._loop, self.house))
            self._let_fail(self.house)
            try:
                self.house.consent.settle()
                self.house.records.broker_started(version="1", configuration="c")
            except VoiceError:
                self.house.records.close()
            else:
                return

    def _let_fail(self, house: Consenting) -> None:
        database = house.records.audit._database
        add = database.add

        def failing_add(row: StoredRow, head: AuditHead, *, consumes: str = "") -> None:
            if self.failing:
                self.failing -= 1
                said = decoded(row.text)
                assert said is not None
                self.unwritten.append(said)
                raise apsw.FullError("the disk is full")
            add(row, head, consumes=consumes)

        database.add = failing_add  # type: ignore[method-assign]

    def _bury(self, loop: LeapingLoop, house: Consenting) -> None:
        """Let go of what a process had that is dead."""
        house.records.close()
        if loop.is_closed():
            return
        for wire in house.sender.wires:
            wire.is_stubborn = False
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks))
            loop.run_until_complete(turns())
        loop.close()


def make_template() -> Path:
    """Make a folder with two destinations and the switch on, to begin with; return it."""
    folder = Path(fast_folder())
    loop = LeapingLoop()
    house = Consenting(folder)
    loop.run_until_complete(house.add(chat_service(), transcription_service()))
    loop.run_until_complete(house.close())
    loop.close()
    return folder
