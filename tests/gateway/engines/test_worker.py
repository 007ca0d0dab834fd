import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from gateway.engines.worker import MAX_WAITING_CALLS, Worker
from gateway.errors import EngineError


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker("test")
    yield worker
    worker.close()


async def test_a_call_runs_in_another_thread_and_its_result_comes_back(worker: Worker) -> None:
    assert await worker.run(threading.get_ident) != threading.get_ident()
    assert await worker.run(max, 1, 2) == 2


async def test_an_error_comes_back_too(worker: Worker) -> None:
    with pytest.raises(ZeroDivisionError):
        await worker.run(divmod, 1, 0)


async def test_calls_run_in_the_order_in_which_they_were_made(worker: Worker) -> None:
    order: list[int] = []
    await asyncio.gather(*(worker.run(order.append, number) for number in range(20)))
    assert order == list(range(20))


async def test_the_event_loop_runs_on_while_a_call_takes_its_time(worker: Worker) -> None:
    release = threading.Event()
    task = asyncio.create_task(worker.run(release.wait, 10))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not task.done()
    release.set()
    assert await task


async def test_a_cancelled_caller_does_not_wait_for_the_call(worker: Worker) -> None:
    release = threading.Event()
    task = asyncio.create_task(worker.run(release.wait, 10))
    await asyncio.sleep(0)
    start_s = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - start_s < 5
    release.set()


async def test_too_many_waiting_calls_are_refused_and_it_recovers(worker: Worker) -> None:
    release = threading.Event()
    tasks = [asyncio.create_task(worker.run(release.wait, 10)) for _ in range(MAX_WAITING_CALLS)]
    await asyncio.sleep(0)
    with pytest.raises(EngineError, match=f"{MAX_WAITING_CALLS} calls wait"):
        await worker.run(max, 1, 2)
    release.set()
    await asyncio.gather(*tasks)
    assert await worker.run(max, 1, 2) == 2


async def test_a_brief_call_runs_here_where_the_thread_has_nothing_to_do(worker: Worker) -> None:
    assert await worker.run_brief(threading.get_ident) == threading.get_ident()


async def test_a_brief_call_waits_its_turn_in_the_thread_behind_another_call(worker: Worker) -> None:
    free = threading.Event()
    first = asyncio.ensure_future(worker.run(free.wait, 10))
    await asyncio.sleep(0)
    brief = asyncio.ensure_future(worker.run_brief(threading.get_ident))
    await asyncio.sleep(0)
    assert not brief.done()
    free.set()
    assert await first
    assert await brief != threading.get_ident()
