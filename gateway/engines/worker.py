"""Runs a model's blocking calls in a thread of its own, in order, so that the event loop is never held up."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from gateway.errors import EngineError

MAX_WAITING_CALLS = 64
"""A model that is this far behind will not catch up: refuse, rather than let the queue grow."""


class Worker:
    """One thread for one model."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._waiting = 0
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run[**P, T](self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `call` returns.

        A cancelled caller stops waiting at once; a call that is already running finishes and its result is dropped.
        Raises EngineError where too many calls wait.
        """
        if self._waiting >= MAX_WAITING_CALLS:
            raise EngineError(
                f"{self._name} is overloaded: {self._waiting} calls wait, at most {MAX_WAITING_CALLS} may"
            )
        future = self._threads.submit(call, *args, **kwargs)
        self._waiting += 1
        future.add_done_callback(lambda _: self._one_less())
        return await asyncio.wrap_future(future)

    async def run_brief[**P, T](self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `call` returns, which takes no longer than a millisecond or two.

        It runs right here where no other call runs or waits: going to the thread and back costs several times as much.
        Otherwise as `run`.
        """
        return await self.run(call, *args, **kwargs) if self._waiting else call(*args, **kwargs)

    def close(self) -> None:
        """Drop what waits; what runs finishes by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _one_less(self) -> None:
        self._waiting -= 1
