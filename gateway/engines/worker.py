"""Runs a model's blocking calls in a thread of its own, in order, so that the event loop is never held up.

The order is that of arrival. Whoever asks has one call here at a time, so nobody waits for more than one of each other.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from gateway.errors import EngineError

MAX_WAITING_CALLS = 64
"""A model that is this far behind will not catch up: refuse, rather than let the queue grow."""


class Worker:
    """One thread for one model."""

    def __init__(self, name: str, *, most_waiting: int = MAX_WAITING_CALLS) -> None:
        """`most_waiting` is how many calls may wait or run at once."""
        self._name = name
        self._most_waiting = most_waiting
        self._calls: set[object] = set()
        """What waits, and what runs."""
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run[**P, T](self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `call` returns.

        A cancelled caller stops waiting at once. Its call leaves the queue, with what it was given, where it has not
        begun; one that is already running finishes and its result is dropped. Raises EngineError where too many calls
        wait.
        """
        if len(self._calls) >= self._most_waiting:
            raise EngineError(
                f"{self._name} is overloaded: {len(self._calls)} calls wait, at most {self._most_waiting} may"
            )
        held = [partial(call, *args, **kwargs)]
        future = self._threads.submit(_run, held)
        self._calls.add(future)

        def over(future: Future[T]) -> None:
            self._calls.discard(future)
            held.clear()  # the executor keeps a cancelled call until its turn comes; not the sound that it was for

        future.add_done_callback(over)
        return await asyncio.wrap_future(future)

    async def run_brief[**P, T](self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `call` returns, which takes no longer than a millisecond or two.

        It runs right here where no other call runs or waits: going to the thread and back costs several times as much.
        Otherwise as `run`.
        """
        return await self.run(call, *args, **kwargs) if self._calls else call(*args, **kwargs)

    async def run_if_free[**P, T](self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what `call` returns; None, at once, where another call runs or waits.

        For what is nice to have: at most one such call is here, and who comes after it waits for no more than that one.
        """
        return None if self._calls else await self.run(call, *args, **kwargs)

    def close(self) -> None:
        """Drop what waits; what runs finishes by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _run[T](held: list[partial[T]]) -> T:
    return held.pop()()
