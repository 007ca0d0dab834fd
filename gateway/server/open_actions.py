"""What was asked of a home and is not answered yet. Every question ends: answered, too late, or with the connection."""

import asyncio
from collections.abc import Callable
from typing import Final

from gateway.errors import HomeError, ProtocolError
from gateway.events import ActionRequest, ActionResult
from gateway.server.translate import asked
from gateway.turn.run import ACTION_DEADLINE_S
from gateway.wire.voice_words import ActionAsked

MOST_OPEN: Final = 32
"""One for each satellite of a large house."""


class OpenActions:
    """The questions to one home."""

    def __init__(self, say: Callable[[ActionAsked], None], *, deadline_s: float = ACTION_DEADLINE_S) -> None:
        """`say` sends a question on its way."""
        self._say = say
        self._deadline_s = deadline_s
        self._waiting: dict[int, asyncio.Future[ActionResult]] = {}
        self._asked = 0
        self._is_over = False

    async def ask(self, request: ActionRequest) -> ActionResult:
        """Ask for `request`; return the answer. Raises HomeError: none in time, too many open, or the home is gone."""
        if self._is_over:
            raise _gone()
        if len(self._waiting) >= MOST_OPEN:
            raise HomeError(f"the home has {MOST_OPEN} actions to do already")
        self._asked += 1
        number = self._asked
        answer: asyncio.Future[ActionResult] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._say(asked(request, number=number, deadline_ms=round(self._deadline_s * 1000)))
            async with asyncio.timeout(self._deadline_s):
                return await answer
        except TimeoutError as error:
            raise HomeError(f"the home did not answer within {self._deadline_s:g} s") from error
        except ProtocolError as error:
            raise HomeError("more was to be done than fits into a message") from error
        finally:
            del self._waiting[number]

    def answered(self, number: int, result: ActionResult) -> None:
        """Take an answer; one that nobody waits for, or not any more, is ignored."""
        answer = self._waiting.get(number)
        if answer is not None and not answer.done():
            answer.set_result(result)

    def fail(self) -> None:
        """Fail all open questions, and every later one: the home is gone."""
        self._is_over = True
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(_gone())


def _gone() -> HomeError:
    return HomeError("the home is not connected")
