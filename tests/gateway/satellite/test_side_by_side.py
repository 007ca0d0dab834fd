import asyncio

import pytest

from gateway.satellite.side_by_side import until_first


async def for_ever(ended: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("cancelled")


async def at_once() -> None:
    return


async def fails() -> None:
    raise KeyError


async def test_the_first_to_end_ends_the_others() -> None:
    ended: list[str] = []
    await until_first(for_ever(ended), at_once(), for_ever(ended))
    assert ended == [] or ended == ["cancelled"] * 2


async def test_what_goes_wrong_is_raised() -> None:
    with pytest.raises(KeyError):
        await until_first(for_ever([]), fails())


async def test_who_is_cancelled_leaves_nothing_running() -> None:
    ended: list[str] = []
    running = asyncio.create_task(until_first(for_ever(ended), for_ever(ended)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended == ["cancelled"] * 2
