"""What was said before is kept for a minute, and only while it could be proposed."""

import asyncio

import pytest

from gateway.turn import earlier as module
from gateway.turn.earlier import Earlier
from gateway.turn.proposals import LONGEST_SOUND_BYTES, CloudState, Content
from tests.fakes import ScriptedCloud

PCM = b"\1\0" * 100


async def until_forgotten(earlier: Earlier) -> None:
    """Return when it is forgotten, without asking for it: that would have it forgotten."""
    async with asyncio.timeout(5):
        while earlier._pcm:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.001)


async def test_what_was_said_is_there_until_something_else_is() -> None:
    earlier, cloud = Earlier(), ScriptedCloud()
    assert earlier.pcm == b""
    earlier.keep(PCM, cloud)
    assert earlier.pcm == PCM
    earlier.keep(b"\2\0", cloud)
    assert earlier.pcm == b"\2\0"
    earlier.forget()
    assert earlier.pcm == b""


async def test_of_a_very_long_utterance_the_beginning_is_kept() -> None:
    earlier = Earlier()
    earlier.keep(bytes(LONGEST_SOUND_BYTES + 2), ScriptedCloud())
    assert len(earlier.pcm) == LONGEST_SOUND_BYTES
    earlier.forget()


@pytest.mark.parametrize("state", [CloudState.NOT_SET_UP, CloudState.SWITCHED_OFF])
async def test_where_it_could_not_be_proposed_it_is_not_kept(state: CloudState) -> None:
    cloud = ScriptedCloud(states={Content.TEXT: CloudState.READY, Content.AUDIO: state})
    earlier = Earlier()
    earlier.keep(PCM, cloud)
    assert earlier._pcm == b""


async def test_it_is_forgotten_by_itself_when_the_switch_goes_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.005)
    earlier, cloud = Earlier(), ScriptedCloud()
    earlier.keep(PCM, cloud)
    await asyncio.sleep(0.03)
    assert earlier.pcm == PCM
    cloud.states[Content.AUDIO] = CloudState.SWITCHED_OFF
    await until_forgotten(earlier)


async def test_it_is_forgotten_by_itself_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.005)
    monkeypatch.setattr(module, "KEPT_S", 0.02)
    earlier = Earlier()
    earlier.keep(PCM, ScriptedCloud())
    await until_forgotten(earlier)


async def test_who_asks_too_late_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_S", 0.01)
    earlier = Earlier()
    earlier.keep(PCM, ScriptedCloud())
    await asyncio.sleep(0.02)
    assert earlier.pcm == b""
