import asyncio
from functools import partial

import pytest

from gateway.errors import EngineError
from gateway.wyoming.services import Turnstile


async def test_one_is_let_in_at_a_time_in_order() -> None:
    turnstile, order = Turnstile(5.0), list[str]()

    async def work(name: str) -> str:
        order.append(f"{name} in")
        await asyncio.sleep(0)
        order.append(f"{name} out")
        return name

    assert await asyncio.gather(*(turnstile.run(partial(work, name)) for name in "abc")) == ["a", "b", "c"]
    assert order == ["a in", "a out", "b in", "b out", "c in", "c out"]


async def test_waiting_and_work_have_one_deadline() -> None:
    turnstile = Turnstile(0.05)
    forever = asyncio.Event()
    results = await asyncio.gather(*(turnstile.run(forever.wait) for _ in range(2)), return_exceptions=True)
    assert [type(result) for result in results] == [EngineError, EngineError]
    forever.set()
    assert await turnstile.run(forever.wait), "whoever came too late does not block the way"


async def test_what_fails_lets_the_next_in() -> None:
    turnstile = Turnstile(1.0)

    async def fail() -> None:
        raise EngineError("scripted")

    for _ in range(2):
        with pytest.raises(EngineError, match="scripted"):
            await turnstile.run(fail)
