"""Several things that go on at the same time, until the first of them ends."""

import asyncio
from collections.abc import Coroutine


async def until_first(*doings: Coroutine[None, None, None]) -> None:
    """Let all `doings` go on until one ends; the others are cancelled then. Raises what ended it."""
    tasks = [asyncio.create_task(doing) for doing in doings]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
