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
