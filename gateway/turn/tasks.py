"""Ending a task that nobody waits for any more."""

import asyncio


async def drop(task: asyncio.Task[object] | None) -> None:
    """Cancel `task` and wait until it is over; whatever it had to say is dropped."""
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
