"""Ending tasks that nobody waits for any more."""

import asyncio


async def drop(*tasks: asyncio.Task[object] | None) -> None:
    """Cancel all `tasks`, then wait until they are over; whatever they had to say is dropped.

    Who waits here may be cancelled: the tasks are cancelled only once, and tidy up undisturbed.
    """
    there = [task for task in tasks if task is not None]
    for task in there:
        task.cancel()
    await asyncio.shield(asyncio.gather(*there, return_exceptions=True))
