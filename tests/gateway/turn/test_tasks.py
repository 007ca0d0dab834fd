import asyncio

from gateway.turn.tasks import drop


async def test_a_dropped_task_is_over_when_drop_returns() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cleaned up")

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    await drop(task)
    assert task.cancelled()
    assert ended == ["cleaned up"]


async def test_what_a_dropped_task_had_to_say_is_dropped_too() -> None:
    async def fail() -> None:
        raise ValueError("nobody hears this")

    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    await drop(task)
    await drop(None)


async def test_several_are_cancelled_at_once_and_waited_for_together() -> None:
    first, second = (asyncio.create_task(asyncio.sleep(60)) for _ in range(2))
    await asyncio.sleep(0)
    await drop(first, second)
    assert first.cancelled()
    assert second.cancelled()


async def test_who_is_cancelled_while_dropping_lets_the_dropped_tidy_up_undisturbed() -> None:
    may_end, tidied = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await may_end.wait()
            tidied.set()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    dropping = asyncio.create_task(drop(task))
    await asyncio.sleep(0)
    dropping.cancel()
    await asyncio.wait({dropping})
    assert dropping.cancelled()
    may_end.set()
    await asyncio.wait_for(tidied.wait(), 1)
