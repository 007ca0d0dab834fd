"""A process of ours, from its start to its end."""

import asyncio
import os
import signal
import socket
import sys

import msgspec
import pytest

from gateway.errors import ProcessError
from gateway.processes import child as children
from gateway.processes.child import Child, started
from gateway.processes.words import Failed, Pong, Serve, Serving, Stop
from tests.e2e.program import is_alive
from tests.gateway.processes.pairs import HEARD, descriptors

MODULE = "tests.gateway.processes.pairs"


async def told(child: Child[object]) -> dict[str, object]:  # type: ignore[type-var]
    heard = await child.link.hear()
    assert isinstance(heard, Failed)
    return msgspec.json.decode(heard.message, type=dict[str, object])


async def test_it_gets_what_it_is_given_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.1")
    with socket.socket() as port, socket.socket() as canary, socket.socket() as other:
        other.set_inheritable(True)
        async with started(MODULE, HEARD, {"port": port.fileno()}, more=[canary.fileno()]) as child:
            said = await told(child)
            inherited = said["descriptors"]
            assert isinstance(inherited, list)
            assert {port.fileno(), canary.fileno()} <= set(inherited)
            assert other.fileno() not in inherited
            assert said["session"] == child.process.pid, "it has no terminal"
            assert said["proxy"] == ""
            child.link.say(Serve())
            assert await child.link.hear() == Serving()
    assert child.process.returncode is not None


async def test_it_is_asked_to_end_and_does() -> None:
    async with started(MODULE, HEARD, {}) as child:
        await told(child)
        await child.end()
        assert child.process.returncode == 0


async def test_one_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "GOODBYE_S", 0.2)
    async with started(MODULE, HEARD, {}) as child:
        await told(child)
        child.link.say(Failed(code="hang", message=""))
        await child.end()
        assert child.process.returncode == -9


async def test_what_goes_wrong_ends_it() -> None:
    seen: list[int] = []

    async def go_wrong() -> None:
        async with started(MODULE, HEARD, {}) as child:
            await told(child)
            seen.append(child.process.pid)
            raise RuntimeError("wrong")

    with pytest.raises(RuntimeError, match="wrong"):
        await go_wrong()
    assert not is_alive(seen[0])


async def test_how_it_ended_is_told() -> None:
    async with started(MODULE, HEARD, {}) as child:
        await told(child)
        child.link.say(Failed(code="crash", message=""))
        assert await child.link.hear() is None
        assert await child.ended() == "signal 9"


async def test_one_that_hangs_up_and_stays_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "DYING_S", 0.2)
    async with started(MODULE, HEARD, {}) as child:
        await told(child)
        child.link.say(Failed(code="hang up", message=""))
        assert await child.link.hear() is None
        assert await child.ended() == "signal 9"


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "PING_S", 0.05)
    monkeypatch.setattr(children, "MOST_SILENT_S", 1.0)


@pytest.mark.usefixtures("_impatient")
async def test_one_that_gives_signs_of_life_is_left_alone() -> None:
    async with started(MODULE, HEARD, {}) as child:
        await told(child)
        over_s = asyncio.get_running_loop().time() + 2.0
        while asyncio.get_running_loop().time() < over_s:
            assert isinstance(await child.link.hear(), Pong)
        assert child.process.returncode is None


@pytest.mark.usefixtures("_impatient")
async def test_one_that_hangs_is_killed(caplog: pytest.LogCaptureFixture) -> None:
    async with started(MODULE, HEARD, {}) as child:
        await told(child)
        child.process.send_signal(signal.SIGSTOP)
        while await child.link.hear() is not None:
            pass
        assert await child.ended() == "signal 9"
    assert f"{child.process.pid}: no sign of life for 1 s; it is killed" in caplog.text


@pytest.mark.usefixtures("_impatient")
async def test_one_that_has_ended_is_not_killed_again() -> None:
    async with started(MODULE, HEARD, {}) as child:
        await told(child)
        child.link.say(Stop())
        await child.process.wait()
        await asyncio.sleep(1.5)
        assert await child.ended() == "exit code 0"


async def test_one_that_cannot_be_started_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ProcessError, match="cannot be started"):
        async with started(MODULE, HEARD, {}):
            pass


async def test_one_that_is_cancelled_while_it_starts_leaves_nothing_open() -> None:
    before = len(descriptors())

    async def start() -> None:
        async with started(MODULE, HEARD, {}):
            await asyncio.sleep(60)

    task = asyncio.create_task(start())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    await asyncio.sleep(0.2)
    assert len(descriptors()) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process as somebody else")
async def test_it_is_started_as_another_user() -> None:
    async with started(MODULE, HEARD, {}, user=65_000) as child:
        assert (await told(child))["user"] == 65_000
