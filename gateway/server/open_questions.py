"""What was asked of a home and is not answered yet. Every question ends: answered, too late, or with the connection."""

import asyncio
from collections.abc import Callable
from typing import Final

from gateway.errors import HomeError, ProtocolError

MOST_OPEN: Final = 32
"""One for each satellite of a large house."""


class OpenQuestions[Answer]:
    """The questions of one kind to one home."""

    def __init__(self, deadline_s: float) -> None:
        """`deadline_s` is how long the home may take over one."""
        self._deadline_s = deadline_s
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._asked = 0
        self._is_over = False

    @property
    def deadline_ms(self) -> int:
        """The deadline, as it is told to the home."""
        return round(self._deadline_s * 1000)

    async def ask(self, say: Callable[[int], None]) -> Answer:
        """Have `say` ask under a number; return the answer.

        Raises HomeError: none in time, too many open, too much for a message, or the home is gone.
        """
        if self._is_over:
            raise _gone()
        if len(self._waiting) >= MOST_OPEN:
            raise HomeError(f"the home has {MOST_OPEN} questions to answer already")
        self._asked += 1
        number = self._asked
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            say(number)
            async with asyncio.timeout(self._deadline_s):
                return await answer
        except TimeoutError as error:
            raise HomeError(f"the home did not answer within {self._deadline_s:g} s") from error
        except ProtocolError as error:
            raise HomeError("more was to be asked than fits into a message") from error
        finally:
            del self._waiting[number]

    def answered(self, number: int, answer: Answer) -> None:
        """Take an answer; one that nobody waits for, or not any more, is ignored."""
        waiting = self._waiting.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def fail(self) -> None:
        """Fail all open questions, and every later one: the home is gone."""
        self._is_over = True
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(_gone())


def _gone() -> HomeError:
    return HomeError("the home is not connected")
