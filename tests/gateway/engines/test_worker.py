import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Iterator
from itertools import pairwise

import pytest

from gateway.engines.worker import MAX_WAITING_CALLS, Worker
from gateway.errors import EngineError
from gateway.turn.tasks import drop


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


class Sound:
    """Stands for what a call is given, and can be seen to be gone."""


async def test_a_call_whose_caller_was_cancelled_leaves_the_queue_at_once_and_never_runs(worker: Worker) -> None:
    free = threading.Event()
    ran: list[str] = []
    first = asyncio.ensure_future(worker.run(free.wait, 10))
    await asyncio.sleep(0)
    sound = Sound()
    is_there = weakref.ref(sound)
    dropped = [asyncio.ensure_future(worker.run(lambda _: ran.append("dropped"), sound)) for _ in range(10)]
    del sound
    kept = asyncio.ensure_future(worker.run(ran.append, "kept"))
    await asyncio.sleep(0)
    while dropped:
        await drop(dropped.pop())
    await asyncio.sleep(0)  # the event loop itself holds the last one until here
    gc.collect()
    assert is_there() is None, "what it was given is not kept until its turn would have come"
    more = [asyncio.ensure_future(worker.run(ran.append, "more")) for _ in range(MAX_WAITING_CALLS - 2)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in more), "the places of the cancelled ones are free"
    free.set()
    await asyncio.gather(first, kept, *more)
    assert ran == ["kept", *["more"] * (MAX_WAITING_CALLS - 2)]


async def test_rooms_that_ask_one_after_the_other_are_served_in_that_order_and_nobody_waits_for_a_second_of_another(
    worker: Worker,
) -> None:
    served: list[str] = []

    async def room(name: str, *, times: int) -> None:
        for _ in range(times):  # the next only after the last, as an ear does
            await worker.run(served.append, name)

    talkative = asyncio.create_task(room("kitchen", times=20))
    others = [asyncio.create_task(room(name, times=5)) for name in ("hall", "bath", "attic")]
    await asyncio.gather(talkative, *others)
    for name in ("hall", "bath", "attic"):
        turns = [index for index, who in enumerate(served) if who == name]
        for before, after in pairwise(turns):
            between = served[before + 1 : after]
            assert len(between) == len(set(between)), f"{name} waited for two of the same room: {between}"


async def test_what_is_nice_to_have_runs_where_nothing_else_does(worker: Worker) -> None:
    assert await worker.run_if_free(max, 1, 2) == 2


async def test_what_is_nice_to_have_is_left_out_while_anything_runs_or_waits(worker: Worker) -> None:
    free = threading.Event()
    first = asyncio.ensure_future(worker.run(free.wait, 10))
    await asyncio.sleep(0)
    assert await asyncio.wait_for(worker.run_if_free(max, 1, 2), 5) is None
    free.set()
    await first
    assert await worker.run_if_free(max, 1, 2) == 2


async def test_a_request_waits_for_one_glimpse_at_the_most_however_many_are_wished_for(worker: Worker) -> None:
    free = threading.Event()
    order: list[str] = []

    def glimpse() -> str:
        free.wait(10)
        order.append("glimpse")
        return "partial"

    glimpses = [asyncio.ensure_future(worker.run_if_free(glimpse)) for _ in range(8)]
    await asyncio.sleep(0)
    request = asyncio.ensure_future(worker.run(order.append, "request"))
    await asyncio.sleep(0)
    assert await worker.run_if_free(glimpse) is None, "nothing overtakes a request that waits, or delays it further"
    free.set()
    await request
    assert await asyncio.gather(*glimpses) == ["partial", *[None] * 7]
    assert order == ["glimpse", "request"]


async def test_how_many_may_wait_is_chosen_where_many_streams_share_a_model() -> None:
    worker = Worker("many", most_waiting=2 * MAX_WAITING_CALLS)
    free = threading.Event()
    try:
        calls = [asyncio.ensure_future(worker.run(free.wait, 10)) for _ in range(2 * MAX_WAITING_CALLS)]
        await asyncio.sleep(0)
        with pytest.raises(EngineError, match=f"{2 * MAX_WAITING_CALLS} calls wait"):
            await worker.run(max, 1, 2)
        free.set()
        assert all(await asyncio.gather(*calls))
    finally:
        free.set()
        worker.close()
